/* What stands in a BTT's map and means nothing there: it is zeroed. */
#include "analyzer/repair/btt.h"

#include <inttypes.h>

enum { WINDOW = 1024 }; /* words read and zeroed at a time */

static const uint8_t zeros[WINDOW * BTT_MAP_WORD];

/* Not only the words that were told, of which there may be more: one step for the whole map. */
static void words_zero(struct plan *plan, struct step *s, const struct btt_homeless *h)
{
	uint32_t words[WINDOW], nr, run;
	uint8_t lost[WINDOW];

	for (uint32_t first = 0; first < h->ar->external_nlba; first += nr) {
		nr = h->ar->external_nlba - first < WINDOW ? h->ar->external_nlba - first : WINDOW;
		if (!btt_map_read(h->b, h->ar, first, nr, words, lost))
			return;
		for (uint32_t i = 0; i < nr; i += run + 1) {
			for (run = 0; i + run < nr && !lost[i + run] && words[i + run] &&
				      btt_map_state(words[i + run]) == BTT_MAP_INITIAL; run++)
				;
			if (run && !plan_put(plan, s, h->b->image, h->ar->map_at + (uint64_t)(first + i) * BTT_MAP_WORD, zeros,
					     (size_t)run * BTT_MAP_WORD, "these bits mean nothing in a word of this state, and every "
					     "block has its owner without them"))
				return;
		}
	}
}

static bool first_of_arena(const struct finding *f, const struct model *m, const struct btt_arena *ar, const struct plan *plan)
{
	for (const struct finding *g = plan->findings->first; g != f; g = g->next)
		if (g->by == f->by && btt_homeless_arena(m, g->node) == ar)
			return false;
	return true;
}

void btt_repair_stray(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct btt_homeless h;

	(void)by;
	/* while some block has no owner or two, these bits may be all that is left of a word that named one */
	if (!btt_homeless_open(m, f->node, plan, &h) || btt_repair_errs(f, m, h.ar, plan) || !first_of_arena(f, m, h.ar, plan))
		return;
	struct step *s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "zeroes all words of the map of arena %" PRIu32
								      " whose blocks were never written", h.ar->idx));
	if (s)
		words_zero(plan, s, &h);
}

void btt_repair_tail(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct btt_homeless h;

	(void)by;
	/* where the map is said to be elsewhere than it is, the flog stands behind it */
	if (f->len > sizeof(zeros) || !btt_homeless_open(m, f->node, plan, &h) || btt_repair_errs(f, m, h.ar, plan))
		return;
	struct step *s = plan_step(plan, f, REPAIR_SAFE, "zeroes what stands behind the map's last word");
	if (s)
		plan_put(plan, s, m->btt->image, f->at, zeros, (size_t)f->len, "the layout makes it zero, and nothing reads it");
}
