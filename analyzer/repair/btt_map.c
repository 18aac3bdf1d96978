#include "analyzer/repair/btt_map.h"

#include "analyzer/facts/btt_bits.h"
#include "analyzer/facts/btt_owners.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 << 16 }; /* words of the map read at a time */

enum way { BY_FLOG, EMPTY, MARKED, WAYS };

static const char *const whys[WAYS] = {
	[BY_FLOG] = "the flog's last write of this block went there, and nothing else owns it",
	[EMPTY] = "the media block of its number has no owner and is all zero, as when it was never written",
	[MARKED] = "nothing tells where its bytes are: a read has to fail",
};

struct homeless {
	uint32_t lba, word; /* the word it shall have */
	enum way way;
};

struct map {
	const struct btt *b;
	const struct btt_arena *ar;
	struct btt_bits owned;
	uint32_t *words;
	uint8_t *lost;
	struct homeless *all; /* by lba */
	uint32_t nr, room;
	uint32_t next;        /* blocks below have an owner */
	bool trust;           /* lanes whose last write the map does not show are believed, too */
	uint32_t ways[WAYS];
};

static bool map_open(struct map *m, const struct btt *b, const struct btt_arena *ar)
{
	*m = (struct map){ .b = b, .ar = ar };
	m->words = malloc(WINDOW * sizeof(*m->words));
	m->lost = malloc(WINDOW);
	return btt_bits_open(&m->owned, ar->internal_nlba) && m->words && m->lost;
}

static void map_close(struct map *m)
{
	free(m->all);
	free(m->lost);
	free(m->words);
	btt_bits_close(&m->owned);
}

static bool homeless_add(struct map *m, uint32_t lba)
{
	if (m->nr == m->room) {
		uint32_t room = m->room ? 2 * m->room : 1024;
		struct homeless *all = realloc(m->all, room * sizeof(*all));

		if (all == NULL)
			return false;
		m->all = all;
		m->room = room;
	}
	m->all[m->nr++] = (struct homeless){ .lba = lba };
	return true;
}

/* Words that name a block own it, whatever others say. */
static bool named_claim(struct map *m, uint32_t lba, uint32_t word, bool lost)
{
	(void)lba;
	if (!lost && btt_map_state(word) != BTT_MAP_INITIAL && btt_map_block(word) < m->ar->internal_nlba)
		btt_bits_claim(&m->owned, btt_map_block(word));
	return true;
}

/* A block goes to another owner only once its word has left the first form: then that word is the wrong one of the two. */
static bool unnamed_claim(struct map *m, uint32_t lba, uint32_t word, bool lost)
{
	bool initial = btt_map_state(word) == BTT_MAP_INITIAL;
	uint32_t nr = 0;

	if (m->trust && initial)
		btt_writes_of(m->ar, lba, &nr);
	if (lost || nr || btt_map_owned(word, lba) >= m->ar->internal_nlba)
		return homeless_add(m, lba);
	return !initial || !btt_bits_claim(&m->owned, lba) || homeless_add(m, lba);
}

static bool words_each(struct map *m, bool (*claim)(struct map *, uint32_t lba, uint32_t word, bool lost))
{
	uint32_t total = m->ar->external_nlba, nr;

	for (uint32_t first = 0; first < total; first += nr) {
		nr = total - first < WINDOW ? total - first : WINDOW;
		if (!btt_map_read(m->b, m->ar, first, nr, m->words, m->lost))
			return false;
		for (uint32_t i = 0; i < m->ar->pending_nr; i++)
			if (m->ar->pending[i].lba - first < nr)
				m->lost[m->ar->pending[i].lba - first] = 0; /* the flog has it */
		btt_owners_finish(m->ar, first, nr, m->words);
		for (uint32_t i = 0; i < nr; i++)
			if (!claim(m, first + i, m->words[i], m->lost[i]))
				return false;
	}
	return true;
}

static uint64_t unowned(const struct map *m)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < m->ar->internal_nlba; i++)
		nr += !btt_bits_get(&m->owned, i);
	return nr;
}

static bool empty(const struct map *m, uint32_t block)
{
	uint64_t at = m->ar->data_at + (uint64_t)block * m->ar->internal_lbasize;
	uint8_t bytes[4096], lost[4096];

	for (uint64_t left = m->ar->internal_lbasize; left;) {
		size_t n = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);

		if (!image_read(m->b->image, at, n, bytes, lost) || !span_zero((struct span){ bytes, lost, at, n }))
			return false;
		at += n;
		left -= n;
	}
	return true;
}

static void place(struct map *m, struct homeless *h, enum way way, uint32_t block)
{
	btt_bits_claim(&m->owned, block);
	h->way = way;
	h->word = way == BY_FLOG ? btt_map_word(block) : way == EMPTY ? 0 : block | (uint32_t)BTT_MAP_ERROR << 30;
	m->ways[way]++;
}

static void by_flog_place(struct map *m, struct homeless *h)
{
	uint32_t nr;
	const struct btt_write *w = btt_writes_of(m->ar, h->lba, &nr);

	for (uint32_t i = 0; i < nr && h->way == WAYS; i++) {
		uint32_t block = btt_map_block(w[i].new_map);

		if (w[i].last && block < m->ar->internal_nlba && !btt_bits_get(&m->owned, block))
			place(m, h, BY_FLOG, block);
	}
}

/* The best witnesses choose first; a mark needs a block as well, its own if nobody has it. */
static void places_find(struct map *m)
{
	for (uint32_t i = 0; i < m->nr; i++) {
		m->all[i].way = WAYS;
		by_flog_place(m, &m->all[i]);
	}
	for (uint32_t i = 0; i < m->nr; i++) {
		struct homeless *h = &m->all[i];

		if (h->way == WAYS && h->lba < m->ar->internal_nlba && !btt_bits_get(&m->owned, h->lba))
			place(m, h, empty(m, h->lba) ? EMPTY : MARKED, h->lba);
	}
	for (uint32_t i = 0; i < m->nr; i++) {
		if (m->all[i].way != WAYS)
			continue;
		while (btt_bits_get(&m->owned, m->next))
			m->next++;
		place(m, &m->all[i], MARKED, m->next);
	}
}

/* Words side by side that are placed in the same way are one edit. */
static bool words_put(struct map *m, struct plan *plan, struct step *s)
{
	uint8_t bytes[4096];

	for (uint32_t i = 0, nr; i < m->nr; i += nr) {
		const struct homeless *h = &m->all[i];

		for (nr = 0; i + nr < m->nr && nr < sizeof(bytes) / BTT_MAP_WORD && h[nr].lba == h->lba + nr && h[nr].way == h->way;
		     nr++)
			span_put_le(bytes + nr * BTT_MAP_WORD, BTT_MAP_WORD, h[nr].word);
		if (!plan_put(plan, s, m->b->image, m->ar->map_at + (uint64_t)h->lba * BTT_MAP_WORD, bytes,
			      (size_t)nr * BTT_MAP_WORD, whys[h->way]))
			return false;
	}
	return true;
}

static void step_make(struct map *m, const struct finding *f, struct plan *plan, bool proven)
{
	const uint32_t *w = m->ways;
	struct step *s = plan_step(plan, f, proven ? REPAIR_ASK : REPAIR_ADVANCED,
				   arena_printf(plan->arena, "lays %" PRIu32 " words of the map of arena %" PRIu32 " anew: %" PRIu32
						" as the flog has them, %" PRIu32 " as never written, %" PRIu32 " as bad",
						m->nr, m->ar->idx, w[BY_FLOG], w[EMPTY], w[MARKED]));

	if (s == NULL)
		return;
	if (w[MARKED]) {
		s->loses = "what the blocks marked as bad held, wherever it is: reading them fails until they are written";
		s->leaves = "btt.map.error-flag";
	} else if (!proven) {
		s->loses = "what the blocks laid as never written held, if they were written and their bytes are elsewhere";
	}
	words_put(m, plan, s);
}

/* Does the map, or a lane that wrote the same later, show the lane's last write? Then two places say which block is free. */
static bool shown(const struct map *m, uint32_t i)
{
	struct btt_lane lane;
	uint32_t word;
	uint8_t lost;

	if (!btt_flog_lane(m->ar->flog, i, m->ar->padding, &lane) || lane.current < 0)
		return false;
	const struct btt_flog_entry *e = &lane.ent[lane.current];
	if (lane.initial || btt_writes_left(m->ar, e->lba, btt_map_block(e->new_map)))
		return true;
	return e->lba < m->ar->external_nlba && btt_map_read(m->b, m->ar, e->lba, 1, &word, &lost) && !lost &&
	       btt_map_owned(word, e->lba) == btt_map_block(e->new_map);
}

/* How many lanes are sure, or are not. */
static uint32_t lanes_claim(struct map *m, bool sure)
{
	uint32_t block, nr = 0;

	for (uint32_t i = 0; i < m->ar->lanes; i++)
		if (btt_owners_lane(m->ar, i, &block) && (m->trust || shown(m, i)) == sure) {
			btt_bits_claim(&m->owned, block);
			nr++;
		}
	return nr;
}

/* False: the map could not be read. */
static bool account(struct map *m, bool trust, uint32_t *unsure)
{
	btt_bits_clear(&m->owned);
	m->trust = trust;
	m->nr = 0;
	lanes_claim(m, true);
	if (!words_each(m, named_claim) || !words_each(m, unnamed_claim))
		return false;
	*unsure = lanes_claim(m, false);
	return true;
}

void btt_map_lay(const struct finding *f, const struct btt *b, const struct btt_arena *ar, struct plan *plan)
{
	struct map m;
	uint32_t unsure;
	bool read = map_open(&m, b, ar) && account(&m, false, &unsure);

	/* where more words are known to be lost than lanes are in doubt, it is for lost words that these do not show */
	if (read && unsure && m.nr > unsure)
		read = account(&m, true, &unsure);
	if (!read)
		problem_set(&plan->problem, b->image->problem.status != STATUS_OK ? b->image->problem.status : STATUS_NOMEM,
			    "the map could not be read again for its repair");
	uint64_t free_nr = read ? unowned(&m) : 0;
	if (read && m.nr && free_nr >= m.nr) {
		places_find(&m);
		/* as many blocks as words, and all of them zero or told by the flog: no other way would give other bytes */
		step_make(&m, f, plan, free_nr == m.nr && m.ways[MARKED] == 0);
	}
	map_close(&m);
}
