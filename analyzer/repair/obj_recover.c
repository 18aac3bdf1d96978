#include "analyzer/repair/obj_recover.h"

#include "analyzer/facts/obj_recovery.h"
#include "formats/image/overlay.h"
#include "formats/obj/lane.h"
#include "formats/pool/set.h"

#include <inttypes.h>
#include <string.h>

enum { PIECE = 4096, LINE = 64 };

/* While structures are wrong, what the logs would change may be wrong as well: these are mended first. */
static bool content_errs(const struct findings *fs, const struct model *m)
{
	for (const struct finding *f = fs->first; f; f = f->next)
		if (f->severity == ERROR && f->node && f->node->image == m->obj->image)
			return true;
	return false;
}

/* What the overlay holds of [at, end), to image, which is the content it was laid over or a replica's. */
static bool run_put(struct plan *plan, struct step *s, struct image *image, struct image *after, uint64_t at, uint64_t end,
		    const char *why)
{
	uint8_t bytes[PIECE], lost[PIECE];

	while (at < end) {
		size_t len = end - at < PIECE ? (size_t)(end - at) : PIECE;

		if (!image_read(after, at, len, bytes, lost) || !plan_put(plan, s, image, at, bytes, len, why))
			return false;
		at += len;
	}
	return true;
}

static bool runs_put(struct plan *plan, struct step *s, struct image *image, struct image *after)
{
	struct extent e;

	for (uint64_t at = 0; (e = overlay_next(after, at)).len; at = e.at + e.len)
		if (!run_put(plan, s, image, after, e.at, e.at + e.len, "the library would write it at its next open"))
			return false;
	return true;
}

/* Lanes are copied to the replicas before anything else. By lines, so that what is the same gives no edit. */
static bool lanes_put(struct plan *plan, struct step *s, struct image *replica, const struct model *m, struct image *after)
{
	const struct obj_lanes *l = m->obj->lanes;

	for (uint32_t i = 0; i < l->lane_nr; i++)
		for (uint32_t off = 0; off < OBJ_LANE_LEN; off += LINE)
			if (!run_put(plan, s, replica, after, l->lane[i].at + off, l->lane[i].at + off + LINE,
				     "the library copies the master's lanes to each replica"))
				return false;
	return true;
}

static const char *steps_text(struct arena *a, const struct recovery *r)
{
	enum { TOLD = 3 };
	const struct recovery_step *s = r->first;
	const char *text = "";
	uint64_t told = 0;

	for (; s && told < TOLD; s = s->next, told++)
		text = arena_printf(a, "%s%s%s", text, told ? "; " : "", s->says);
	if (r->steps_nr > told)
		text = arena_printf(a, "%s; and %" PRIu64 " more steps", text, r->steps_nr - told);
	return text;
}

void obj_recover_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_set *set = m->pool;
	struct recovery *r;

	(void)by;
	/* the master is the one that the library reads */
	if (m->replica != 0 || m->obj->lanes->lost_nr || content_errs(plan->findings, m) ||
	    (r = obj_recovery_sparing(plan->arena, m)) == NULL || r->refused || r->after == NULL)
		return;
	struct step *s = plan_step(plan, f, REPAIR_ASK,
				   arena_printf(plan->arena, "carries out what the library does at its next open: %s",
						steps_text(plan->arena, r)));
	if (s == NULL || !runs_put(plan, s, m->obj->image, r->after))
		return;
	for (uint32_t i = 0; set && i < set->nr; i++)
		if (set->replicas[i]->logical && set->replicas[i]->logical != m->obj->image &&
		    (!lanes_put(plan, s, set->replicas[i]->logical, m, r->after) ||
		     !runs_put(plan, s, set->replicas[i]->logical, r->after)))
			return;
}

void obj_recover_repair_torn(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[8];
	struct step *s = plan_step(plan, f, REPAIR_SAFE, "empties the log: its operation never became valid");

	(void)by;
	(void)m;
	/* the link to its extensions stays, as it does after every operation */
	if (s && plan_put_bytes(plan, s, f->node, layout_field(&obj_ulog_layout, "checksum"), zeros, "the library ignores what does "
				"not match its checksum"))
		plan_put_bytes(plan, s, f->node, layout_field(&obj_ulog_layout, "capacity"), zeros, "nothing is stored in this log");
}
