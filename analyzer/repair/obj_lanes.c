#include "analyzer/repair/obj_lanes.h"

#include "formats/obj/lane.h"
#include "formats/pool/set.h"

#include <inttypes.h>
#include <string.h>

static bool put_le64(struct plan *plan, struct step *s, struct image *im, uint64_t at, uint64_t value, const char *why)
{
	uint8_t bytes[8];

	span_put_le(bytes, 8, value);
	return plan_put(plan, s, im, at, bytes, sizeof(bytes), why);
}

static const struct obj_log *log_of(const struct model *m, const struct node *node)
{
	const struct obj_lanes *l = m->obj->lanes;

	for (uint32_t i = 0; i < l->lane_nr; i++)
		for (int k = 0; k < OBJ_LOGS; k++)
			if (l->lane[i].log[k].node == node)
				return &l->lane[i].log[k];
	return NULL;
}

/* A converted pool: every lane lacks its capacities, and the first snapshot destroys it. */
void obj_lanes_repair_zeroed(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_lanes *l = m->obj->lanes;
	const struct field *capacity = layout_field(&obj_ulog_layout, "capacity");
	struct step *s = plan_step(plan, f, REPAIR_SAFE, "writes the capacities of all logs that are zero throughout");

	(void)by;
	for (uint32_t i = 0; s && i < l->nr; i++)
		for (int k = 0; k < OBJ_LOGS; k++) {
			uint64_t at = l->pool->lanes_at + (uint64_t)i * OBJ_LANE_LEN + obj_lane_log_off((enum obj_log_kind)k);
			uint8_t hdr[64], lost[64];

			if (!image_read(m->obj->image, at, sizeof(hdr), hdr, lost) || memchr(lost, 1, sizeof(lost)) ||
			    hdr[0] || memcmp(hdr, hdr + 1, sizeof(hdr) - 1) != 0)
				continue;
			if (!put_le64(plan, s, m->obj->image, at + capacity->off, obj_lane_log_len((enum obj_log_kind)k),
				      "a constant of the format"))
				return;
		}
}

void obj_lanes_repair_capacity(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_log *log = log_of(m, f->node);

	(void)by;
	if (log == NULL || f->field == NULL)
		return;
	/* of a redo log it says how much is stored: idle logs have none */
	uint64_t value = log->kind == OBJ_LOG_UNDO ? OBJ_LANE_UNDO_LEN : 0;
	struct step *s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "sets the capacity to %" PRIu64, value));
	if (s)
		plan_put_value(plan, s, f->node, f->field, value,
			       log->kind == OBJ_LOG_UNDO ? "a constant of the format" : "nothing is stored in this log");
}

/* Words that no library writes, and the remains of a store that was cut off: the next link stays. */
void obj_lanes_repair_zero(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[64];
	struct step *s;

	(void)by;
	(void)m;
	if (f->field == NULL || f->field->width > sizeof(zeros))
		return;
	s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "zeroes %s", f->field->name));
	if (s)
		plan_put_bytes(plan, s, f->node, f->field, zeros, "the library ignores or never writes it");
}

void obj_lanes_repair_next(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_log *log = log_of(m, f->node);
	struct step *s;

	(void)by;
	if (log == NULL || f->field == NULL)
		return;
	/* a chain in use ends here for want of anything better: what it held behind this is not put back */
	bool used = log->state == OBJ_LOG_PENDING && log->chain_nr;
	s = plan_step(plan, f, used ? REPAIR_ADVANCED : REPAIR_ASK, "cuts the chain of this log: next becomes 0");
	if (s == NULL)
		return;
	s->loses = used ? "entries behind the break, if there were any; and the space of the extensions"
			: "the space of an extension, which stays allocated";
	plan_put_value(plan, s, f->node, f->field, 0, "the link leads to no log");
}

/* The link that leads to an extension at `at`, and the log it belongs to. */
static const struct obj_log *extension_find(const struct model *m, uint64_t at, uint64_t *link_at)
{
	const struct obj_lanes *l = m->obj->lanes;
	uint64_t budget = m->obj->size;

	for (uint32_t i = 0; i < l->lane_nr; i++)
		for (int k = 0; k < OBJ_LOGS; k++) {
			const struct obj_log *log = &l->lane[i].log[k];
			struct obj_ulog_chain c;
			struct obj_ulog_ext ext;

			if (log->state == OBJ_LOG_LOST)
				continue;
			obj_ulog_chain_start(&c, m->obj->image, log->at, log->hdr.next, &budget);
			while (c.nr < log->chain_nr && obj_ulog_chain_next(&c, &ext))
				if (ext.at == at) {
					*link_at = ext.link_at;
					return log;
				}
		}
	return NULL;
}

/* What is no extension is not freed as one: the log ends before it. */
void obj_lanes_repair_extension(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	uint64_t link_at;
	const struct obj_log *log = extension_find(m, f->at, &link_at);

	(void)by;
	if (log == NULL)
		return;
	bool used = log->state == OBJ_LOG_PENDING;
	struct step *s = plan_step(plan, f, used ? REPAIR_ADVANCED : REPAIR_ASK, "cuts the chain of this log before the extension");
	if (s == NULL)
		return;
	s->loses = used ? "what the log was to finish or to take back from there on; and the space of extensions behind it"
			: "the space of extensions behind it, if there are any, which stays allocated";
	put_le64(plan, s, m->obj->image, link_at, 0, "no log can lie where the link leads");
}

void obj_lanes_repair_operation(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct step *s = plan_step(plan, f, REPAIR_ADVANCED, "ends the log at the entry that no library can read");

	(void)by;
	if (s == NULL)
		return;
	s->loses = "this entry and all behind it: their ranges stay as they are";
	put_le64(plan, s, m->obj->image, f->at, 0, "a zero word ends a log; this one makes every library hang");
}

/*
 * An entry that would store where nothing may be stored. Of an undo log it and what is behind it are dropped; a redo log is
 * one operation: all of it, or nothing.
 */
void obj_lanes_repair_drop(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_log *log = log_of(m, f->node);
	bool undo = log && log->kind == OBJ_LOG_UNDO;
	struct step *s = log ? plan_step(plan, f, REPAIR_ADVANCED,
					 undo ? "ends the undo log before the entry that belongs to no place"
					      : "drops the redo log: its operation does not take place") : NULL;

	(void)by;
	if (s == NULL)
		return;
	s->loses = undo ? "this before-image and all behind it: their ranges stay as they are"
			: "the operation that the log was to finish";
	put_le64(plan, s, m->obj->image, undo ? f->at : log->at + obj_ulog_layout.size, 0, "a zero word ends a log");
}

/* The library would copy the master's lanes over all of them; until it comes to that, these logs hold nothing. */
void obj_lanes_repair_replica(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[OBJ_ULOG_HDR_LEN];
	const struct pool_replica *r = NULL;

	(void)by;
	for (uint32_t i = 1; i < m->pool->nr; i++)
		if (m->pool->replicas[i]->node == f->node)
			r = m->pool->replicas[i];
	struct step *s = r ? plan_step(plan, f, REPAIR_SAFE, "clears the internal logs of the replica's lanes that hold entries") : NULL;
	for (uint32_t i = 0; s && i < m->obj->lanes_nr; i++) {
		uint64_t at = m->obj->lanes_at + (uint64_t)i * OBJ_LANE_LEN;

		if (obj_lane_walked(r->logical, at) == OBJ_LOG_PENDING &&
		    !plan_put(plan, s, r->logical, at + OBJ_LANE_INTERNAL_OFF, zeros, sizeof(zeros),
			      "the library copies the master's lanes over a replica's before it uses any"))
			return;
	}
}
