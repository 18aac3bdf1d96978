/*
 * What an undo log of major 6 still remembers of transactions that are over. An entry's checksum tells for which
 * generation it was made, so before-images that were used up can be told apart from chance.
 * Source: PMDK src/libpmemobj/ulog.c, ulog_entry_buf_create; memops.c, operation_process_persistent_redo.
 */
#ifndef ANALYZER_FACTS_OBJ_PAST_H
#define ANALYZER_FACTS_OBJ_PAST_H

#include "formats/obj/lane.h"

struct obj_past_image {
	uint64_t gen;
	struct obj_ulog_entry e;
};
enum { OBJ_PAST_MAX = 1024 }; /* looked at in a lane and the one extension that is kept */

struct obj_past {
	struct obj_past_image *image; /* the newest generation first, in it as they lie */
	size_t nr;
	struct { uint64_t start, end; } room[2]; /* of entries, in the lane and in the extension; 0: there is none */
};

/*
 * The images of generations before the log's own, into arena memory. budget: bytes of entries that may be read. False
 * without memory.
 */
bool obj_past(struct arena *a, const struct obj_pool *p, const struct obj_log *undo, uint64_t *budget, struct obj_past *out);

/*
 * How many of these belong to the newest generation. *all: they are all that its transaction kept: they begin at the
 * log's start, lie one behind the other, and did not go on in an extension that is gone.
 */
size_t obj_past_last(const struct obj_past *past, bool *all);

#endif
