/* The inside of undo logs of major 6: what the library, which stops at the first entry that does not hold, does not see. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "formats/obj/lane.h"

#include <inttypes.h>

static void entry_look(const struct check *self, const struct obj_lanes *l, const struct obj_lane *lane, uint64_t *budget,
		       struct findings *out)
{
	const struct obj_log *log = &lane->log[OBJ_LOG_UNDO];
	struct obj_ulog_entry e, later;
	struct obj_ulog_walk w;

	if (log->state == OBJ_LOG_LOST)
		return;
	obj_lane_walk(l, log, &w, budget);
	while (obj_ulog_walk_next(&w, &e))
		;
	/* where nothing counts, only a budget that ran out stops the search early */
	if (!obj_ulog_later(&w, &later))
		return;
	findings_add(out, (struct finding){
		.by = self, .verdict = CORRUPT, .node = log->node ? log->node : l->array[OBJ_LOG_UNDO], .at = w.stop_at,
		.len = OBJ_ULOG_ALIGN, .idx = log->node ? w.entries : lane->idx, .numbered = true,
		.detail = arena_printf(out->arena, "lane %" PRIu32 ": entry %" PRIu64 ", at 0x%" PRIx64 ", does not hold, and the one at "
				       "0x%" PRIx64 ", a before-image of %" PRIu64 " bytes of 0x%" PRIx64 ", does", lane->idx, w.entries,
				       w.stop_at, later.at, later.data_len, later.target) });
}

static void entry_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = m->obj && !m->obj->lanes->old && m->obj->major >= 6 ? m->obj->lanes : NULL;
	uint64_t budget = l ? 2 * m->obj->size : 0;

	for (uint32_t i = 0; l && i < l->lane_nr; i++)
		entry_look(self, l, &l->lane[i], &budget, out);
}

static const struct check checks[] = {
	{ .id = "obj.undo.entry", .covers = "L-5", .severity = ERROR,
	  .says = "a before-image is damaged, and behind it are others of the same transaction",
	  .means = "The library puts back what stands before it and takes the transaction for taken back: the ranges of this "
		   "entry and of all behind it keep what the transaction had half done.",
	  .remedy = "Do not open the pool. Take the log from another replica or capture; else check the ranges that the later "
		    "entries name, which 'show' lists, against them.",
	  .source = "PMDK src/libpmemobj/ulog.c ulog_entry_buf_create, ulog_foreach_entry", .verify = entry_verify },
};

const struct check_table obj_undo_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
