/* How the story of a pmemobj pool is put together; obj_story.c is its beginning. */
#ifndef ANALYZER_FACTS_OBJ_TALE_H
#define ANALYZER_FACTS_OBJ_TALE_H

#include "analyzer/facts/story.h"
#include "formats/obj/find.h"
#include "formats/obj/lane_old.h"

struct obj_tale {
	struct arena *arena;
	const struct obj_pool *pool;
	struct story *story;
	struct obj_finder *finder;
	struct image *so_far; /* an overlay: the pool with the redo entries told so far carried out */
	uint64_t budget;      /* bytes of logs that may still be read */
	uint32_t past_kept;   /* changes of activities that are over */
};
enum { OBJ_TALE_PAST_KEPT = 4096 }; /* of all lanes; the rest is counted */

/* A new activity, at the end. NULL without memory. */
struct activity *obj_tale_activity(struct obj_tale *t, enum activity_state state, const struct obj_lane *lane,
				   const char *stage);
/* In words: whose byte lies at `at`. */
const char *obj_tale_place(struct obj_tale *t, uint64_t at, bool *user_data);
/* Counts, and keeps the first. before_at, after_at: in image, where the bytes then and later lie. */
void obj_tale_change(struct obj_tale *t, struct activity *a, uint64_t at, uint64_t len, struct image *before,
		     uint64_t before_at, struct image *after, uint64_t after_at);
/* One word, whose values are known. */
void obj_tale_word(struct obj_tale *t, struct activity *a, uint64_t at, uint64_t before, uint64_t after);

/* What kind of operation stored these redo entries, told from their pattern. */
struct obj_deed {
	uint64_t sets, allocs, frees; /* words set; blocks taken; blocks given back */
	uint64_t oid_at, oid_off;     /* a persistent pointer that is set, and to what */
	bool oid, oid_null, generation, root, links, unlinks;
};
void obj_tale_deed_add(struct obj_tale *t, const struct obj_lane *lane, const struct obj_ulog_entry *e,
		       struct obj_deed *d);
const char *obj_tale_deed_name(const struct obj_deed *d, enum obj_log_kind kind);
/* "takes 1 block, gives 2 back, sets 3 words" */
const char *obj_tale_deed_text(struct obj_tale *t, const struct obj_deed *d);

void obj_tale_past(struct obj_tale *t); /* majors 5 and 6 */
void obj_tale_old(struct obj_tale *t);  /* majors 1 to 4 */

#endif
