#include "report/text/losses.h"

#include <inttypes.h>

enum { ROWS = 8 }; /* objects of each fate that are told one by one */

static const char *fate_text(enum obj_fate f)
{
	static const char *const texts[OBJ_FATES] = {
		[OBJ_FATE_HIT] = "could not be read in full: what is missing is zero",
		[OBJ_FATE_OTHER] = "have a size or a type that is made anew: their headers told something else",
		[OBJ_FATE_GONE] = "are not there",
		[OBJ_FATE_BACK] = "were not to be seen before: what is left of them tells of them, and they may have been freed",
	};

	return texts[f];
}

static void rows(const struct obj_fates *fs, enum obj_fate fate, struct page *p)
{
	uint64_t nr = fs->nr[fate] < ROWS ? fs->nr[fate] : ROWS;

	for (uint64_t i = 0; i < nr; i++) {
		const struct obj_fate_row *o = &fs->told[fate][i];

		page_text(p, 4, "%s at 0x%" PRIx64 ", %" PRIu64 " bytes, type %" PRIu64 "%s", o->root ? "the root" : "an object", o->at,
			  o->len, o->type_num, o->lost ? "; hit by what could not be read" : "");
	}
	if (fs->nr[fate] > nr)
		page_text(p, 4, "and %" PRIu64 " more", fs->nr[fate] - nr);
}

static bool objects(const struct obj_fates *fs, struct page *p)
{
	bool any = false;

	for (enum obj_fate f = OBJ_FATE_HIT; f < OBJ_FATES; f++) {
		if (fs->nr[f] == 0)
			continue;
		page_text(p, 2, "%" PRIu64 " objects, %" PRIu64 " bytes, %s:", fs->nr[f], fs->bytes[f], fate_text(f));
		rows(fs, f, p);
		any = true;
	}
	if (fs->blind_nr)
		page_text(p, 2, "which objects lay in %" PRIu64 " runs or rows of chunks, %" PRIu64 " bytes, could not be told before; what their bytes "
			  "tell is there:", fs->blind_nr, fs->blind_bytes);
	for (uint64_t i = 0; i < fs->blind_nr && i < ROWS; i++)
		page_text(p, 4, "0x%" PRIx64 ", %" PRIu64 " bytes", fs->blind[i].at, fs->blind[i].len);
	if (fs->blind_nr > ROWS)
		page_text(p, 4, "and %" PRIu64 " more", fs->blind_nr - ROWS);
	if (!fs->complete)
		page_text(p, 2, "not all objects could be compared: memory, or reading failed");
	return any || fs->blind_nr || !fs->complete;
}

static bool ranges(const struct salvage *s, struct page *p)
{
	uint64_t nr = s->losses_nr < SALVAGE_TOLD ? s->losses_nr : SALVAGE_TOLD;

	for (uint64_t i = 0; i < nr; i++)
		page_text(p, 2, "%" PRIu64 " %s from %" PRIu64 " on could not be read", s->losses[i].len, s->losses_in, s->losses[i].at);
	if (s->losses_nr > nr)
		page_text(p, 2, "and %" PRIu64 " more ranges: %" PRIu64 " %s in all", s->losses_nr - nr, s->lost, s->losses_in);
	return nr != 0;
}

bool text_losses_steps(const struct plan *plan, const char *which, struct page *p)
{
	bool any = false;

	for (const struct step *s = plan ? plan->first : NULL; s; s = s->next) {
		if (!plan_made(s) || s->loses == NULL)
			continue;
		page_text(p, 2, "by %s %" PRIu32 ", for %s: %s", which, s->nr, s->path ? s->path : s->by->id, s->loses);
		any = true;
	}
	return any;
}

bool text_losses_errors(const struct result *r, struct page *p)
{
	bool any = false;

	for (const struct finding *f = r->findings ? r->findings->first : NULL; f; f = f->next) {
		if (f->severity != ERROR)
			continue;
		page_text(p, 2, "still wrong: %s at %s", f->by->says, finding_path(r->arena, f));
		any = true;
	}
	return any;
}

bool text_losses(const struct salvage *s, struct page *p)
{
	bool objs = s->obj.image != NULL, any;

	page_heading(p, "In the new pool");
	if (objs)
		page_text(p, 2, "%s: %" PRIu64 "%s, each at its own offset, and pointers to them stay right; the pool has a uuid of its own, "
			  "and empty logs", s->what, s->nr, s->obj.is->model.obj->root_at ? ", the root among them" : "");
	else
		page_text(p, 2, "%s: %" PRIu64 " %s, in structures made anew, under a uuid of its own", s->what, s->nr, s->unit);
	page_heading(p, "Not in the new pool");
	any = ranges(s, p);
	if (s->obj.added)
		page_text(p, 2, "of these, %" PRIu64 " bytes at the end were missing from the file", s->obj.added);
	if (s->obj.logs_dropped)
		page_text(p, 2, "what was to be finished or taken back: %" PRIu32 " logs make no sense", s->obj.logs_dropped);
	any |= s->obj.logs_dropped != 0;
	if (s->obj.fates)
		any |= objects(s->obj.fates, p);
	if (s->left_out)
		page_text(p, 2, "%s", s->left_out);
	any |= s->left_out != NULL;
	any |= text_losses_steps(s->plans[0], "step", p);
	for (int i = 1; i <= SALVAGE_PASSES; i++)
		any |= text_losses_steps(s->plans[i], "a further step", p);
	any |= objs && text_losses_errors(s->obj.is, p);
	if (!any)
		page_text(p, 2, "nothing: all of the content is there");
	return any;
}
