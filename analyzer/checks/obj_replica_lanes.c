/*
 * The lanes of a pmemobj pool's further replicas. The library copies the master's over them at every open, but checks each
 * replica before: it walks every internal log that says it holds entries, whether its checksum holds or not, and lacks the
 * replica's base address there. Source: PMDK src/libpmemobj/obj.c obj_replicas_check_basic, lane.c lane_check, ulog.c
 * ulog_foreach_entry; seen with 1.12.1, after a power failure, too.
 */
#include "analyzer/checks/tables.h"
#include "analyzer/repair/obj_lanes.h"
#include "formats/obj/lane.h"
#include "formats/pool/set.h"

#include <inttypes.h>

static void replica_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->obj && !m->obj->lanes->old ? m->pool : NULL;

	for (uint32_t i = 1; s && i < s->nr; i++) {
		const struct pool_replica *r = s->replicas[i];
		uint64_t first = 0;
		uint32_t nr = 0, lost = 0;

		if (r->remote || r->logical == NULL) {
			findings_unchecked(out, self, r->node, "a replica is remote or has no parts");
			continue;
		}
		for (uint32_t k = 0; k < m->obj->lanes_nr; k++) {
			uint64_t at = m->obj->lanes_at + (uint64_t)k * OBJ_LANE_LEN;

			switch (obj_lane_walked(r->logical, at)) {
			case OBJ_LOG_PENDING: first = nr++ ? first : at; break;
			case OBJ_LOG_LOST: lost++; break;
			default: break;
			}
		}
		if (lost)
			findings_unchecked(out, self, r->node, "lanes of a replica could not be read");
		if (nr)
			findings_add(out, (struct finding){
				.by = self, .verdict = CORRUPT, .node = r->node, .at = first, .len = OBJ_ULOG_HDR_LEN,
				.repair = REPAIR_SAFE, .detail = arena_printf(out->arena, "%" PRIu32 " of %" PRIu32 " lanes", nr,
									      m->obj->lanes_nr) });
	}
}

static const struct check checks[] = {
	{ .id = "obj.replica.lanes", .after = "poolset.parts.order", .covers = "X-7", .severity = ERROR,
	  .says = "a lane of a replica holds entries that make the library crash when it opens the pool",
	  .means = "Nothing is lost: the master's lanes are the ones that count. But libpmemobj walks the replica's before it "
		   "copies the master's over them, and ends by a signal; pmempool sync does not mend it while the replica's "
		   "headers hold.",
	  .remedy = "Let pmemscope repair clear these logs in the replica; the pool opens then.",
	  .source = "PMDK src/libpmemobj/obj.c obj_replicas_check_basic, lane.c lane_check", .verify = replica_verify,
	  .repair = obj_lanes_repair_replica },
};

const struct check_table obj_replica_lanes_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
