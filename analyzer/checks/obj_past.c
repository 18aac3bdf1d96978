/* What is no fault and told only when asked for: a lane's last transaction, which its undo log still remembers. */
#include "analyzer/checks/tables.h"
#include "analyzer/facts/facts.h"
#include "analyzer/facts/obj_past.h"
#include "analyzer/repair/obj_past.h"

#include <inttypes.h>

static void past_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const uint32_t *asked = out->facts->take_back;
	const struct obj_lanes *l = m->obj ? m->obj->lanes : NULL;
	const struct obj_lane *lane = l && asked && !l->old ? obj_lane_find(l, *asked) : NULL;
	uint64_t budget = m->obj ? m->obj->size : 0, bytes = 0;
	struct obj_past past = { 0 };
	bool all = false;

	if (l == NULL || asked == NULL)
		return;
	if (lane && lane->busy) {
		findings_unchecked(out, self, l->node, "the lane has work pending, which comes first");
		return;
	}
	if (lane && !obj_past(out->arena, m->obj, &lane->log[OBJ_LOG_UNDO], &budget, &past))
		return;
	if (past.nr == 0) {
		findings_unchecked(out, self, l->node, "the lane's undo log remembers no transaction that is over");
		return;
	}
	size_t nr = obj_past_last(&past, &all);
	for (size_t i = 0; i < nr; i++)
		bytes += past.image[i].e.data_len;
	struct finding f = { .by = self, .verdict = UNVERIFIED, .node = lane->node ? lane->node : l->node,
			     .at = lane->log[OBJ_LOG_UNDO].at, .len = OBJ_ULOG_HDR_LEN, .idx = *asked,
			     .numbered = lane->node == NULL, .repair = all ? REPAIR_ADVANCED : REPAIR_NONE };
	f.detail = arena_printf(out->arena, "lane %" PRIu32 " keeps %zu before-images, %" PRIu64 " bytes, of its transaction number %"
				PRIu64 "%s", *asked, nr, bytes, past.image[0].gen,
				all ? "" : "; not all that it took, so it cannot be undone");
	findings_add(out, f);
}

static const struct check checks[] = {
	{ .id = "obj.lane.past", .covers = "L-5", .severity = NOTE,
	  .says = "a lane's last transaction could be undone",
	  .means = "Nothing is wrong. The before-images of that transaction are still in the lane's undo log, proved by their "
		   "checksums; putting them back gives these bytes as they were before it began.",
	  .remedy = "Only when the transaction itself was the mistake: repair --take-back LANE --advanced, to a copy.",
	  .source = "PMDK src/libpmemobj/ulog.c ulog_entry_buf_create", .verify = past_verify,
	  .repair = obj_past_repair },
};
const struct check_table obj_past_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
