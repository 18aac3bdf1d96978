/*
 * A new pmemobj pool of what can be read of one that cannot be made whole. Pointers in its objects are the pool's id and an
 * offset, so every object stays at its own place under the same id, and the root where it is; the file is as long as the pool
 * was, in one piece. Header and lanes are made anew. Heap and words are mended by all repairs there are, those that lose
 * something too, until nothing is left to mend; what could not be read is zero.
 */
#ifndef ANALYZER_REPAIR_SALVAGE_OBJ_H
#define ANALYZER_REPAIR_SALVAGE_OBJ_H

#include "analyzer/facts/obj_fates.h"
#include "analyzer/repair/rounds.h"

struct salvage_pass {
	bool open;
	struct result was;
	struct repair repair;     /* what mended it, steps that lose something among them */
};

enum { SALVAGE_PASSES = 2 };
struct salvage_obj {
	struct image *image;      /* of the new pool */
	struct salvage_pass pass[SALVAGE_PASSES]; /* what is lost is known as such; and then it is zero */
	const struct result *is;  /* the analysis of the new pool, in the last pass */
	struct obj_fates *fates;  /* of the objects of the evidence; NULL: no heap was to be seen in it */
	struct image *lost;       /* the evidence, with what could not be read of it */
	uint32_t logs_dropped;   /* lanes whose logs make no sense: nothing of them was carried out */
	uint64_t added;           /* bytes at the end that the evidence did not have, a file cut short */
};

/*
 * r: of the evidence. after: of what its plan makes, or r. Not STATUS_OK: told in p. All that *out holds lives in r's arena,
 * but for what salvage_obj_close closes.
 */
enum status salvage_obj(const struct result *r, const struct result *after, const struct analyze_options *o,
			struct salvage_obj *out, struct problem *p);
void salvage_obj_close(struct salvage_obj *s);

#endif
