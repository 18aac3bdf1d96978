/*
 * What many structures say together, found out once and shared by all checks that ask. Computed
 * when first asked for; owned by the run's arena.
 */
#ifndef ANALYZER_FACTS_FACTS_H
#define ANALYZER_FACTS_FACTS_H

#include "analyzer/facts/btt_blocks.h"
#include "analyzer/facts/obj_heap.h"
#include "analyzer/facts/obj_lists.h"

struct counters;
struct facts_btt;

struct facts {
	struct arena *arena;
	uint32_t keep; /* places kept of each kind */
	const struct counters *counters; /* facts/ending.h: the device now; NULL: not known */
	struct facts_btt *btt;   /* one for each BTT that was asked about */
	struct obj_account *obj_account;
	struct obj_refs *obj_refs;
	struct obj_lists *obj_lists;
	const struct obj_type_range *root_types; /* of objects that the application keeps by type; root_types_nr */
	size_t root_types_nr;
	const uint32_t *take_back; /* the lane whose last transaction is asked for; NULL: none is */
};

/* Who owns each media block of arena idx of b; NULL without memory. */
const struct btt_blocks *facts_btt_blocks(struct facts *f, const struct btt *b, uint32_t idx);

/*
 * The account of a pmemobj heap, with every object when deep. NULL without memory. h is the model's
 * one heap, and deep the same at every call.
 */
const struct obj_account *facts_obj_heap(struct facts *f, const struct obj_heap *h, bool deep);
/* Who refers to whom in the model's one pmemobj pool: reads its user data. NULL without memory. */
const struct obj_refs *facts_obj_refs(struct facts *f, const struct obj_pool *p);
/* The lists among them. */
const struct obj_lists *facts_obj_lists(struct facts *f, const struct obj_pool *p);

#endif
