#include "analyzer/facts/btt_blocks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 1 << 18, THREADS_MAX = 16 }; /* words of the map read at a time; 1 MiB */

struct account {
	const struct btt *b;
	const struct btt_arena *ar;
	struct btt_blocks *out;
	_Atomic uint64_t *owned; /* one bit a media block */
	uint32_t keep;
	_Atomic uint32_t next;   /* window handed out next */
	_Atomic bool failed;
};

struct worker {
	struct account *acc;
	pthread_t thread;
	bool started;
	uint32_t *words;
	uint8_t *lost;
	uint64_t states[4], nr[BTT_FAULTS];
	struct btt_fault *kept[BTT_FAULTS];
	uint32_t kept_nr[BTT_FAULTS];
};

/* True when the block had an owner. */
static bool claim(struct account *acc, uint32_t block)
{
	uint64_t bit = UINT64_C(1) << block % 64;

	return atomic_fetch_or_explicit(&acc->owned[block / 64], bit, memory_order_relaxed) & bit;
}

static bool claimed(const struct account *acc, uint32_t block)
{
	return acc->owned[block / 64] >> block % 64 & 1;
}

/* Claims [first, first+nr), words of 64 at once where they lie even; how many were owned already. */
static uint64_t claim_range(struct account *acc, uint32_t first, uint32_t nr)
{
	uint64_t twice = 0, at = first, end = (uint64_t)first + nr;

	while (at < end) {
		if (at % 64 == 0 && end - at >= 64) {
			uint64_t was = atomic_fetch_or_explicit(&acc->owned[at / 64], UINT64_MAX,
								memory_order_relaxed);
			twice += (uint64_t)__builtin_popcountll(was);
			at += 64;
		} else {
			twice += claim(acc, (uint32_t)at++);
		}
	}
	return twice;
}

static void keep(struct worker *w, struct btt_fault f)
{
	w->nr[f.kind]++;
	if (w->kept_nr[f.kind] < w->acc->keep)
		w->kept[f.kind][w->kept_nr[f.kind]++] = f;
}

/* The map word as it will be once the driver has finished the pending writes. */
static uint32_t finished(const struct btt_blocks *bl, uint32_t lba, uint32_t word)
{
	uint32_t lo = 0, hi = bl->pending_nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (bl->pending[mid].lba == lba)
			return btt_map_word(bl->pending[mid].new_block);
		if (bl->pending[mid].lba < lba)
			lo = mid + 1;
		else
			hi = mid;
	}
	return word;
}

static void word_account(struct worker *w, uint32_t lba, uint32_t word)
{
	struct account *acc = w->acc;
	enum btt_map_state state = btt_map_state(word);
	uint32_t block = btt_map_owned(word, lba);

	w->states[state]++;
	if (state == BTT_MAP_INITIAL && btt_map_block(word))
		keep(w, (struct btt_fault){ .kind = BTT_FAULT_STRAY, .lba = lba, .word = word });
	if (state == BTT_MAP_ERROR)
		keep(w, (struct btt_fault){ .kind = BTT_FAULT_ERROR, .lba = lba, .word = word,
					    .block = block });
	if (block >= acc->ar->internal_nlba)
		keep(w, (struct btt_fault){ .kind = BTT_FAULT_RANGE, .lba = lba, .word = word,
					    .block = block });
	else if (claim(acc, block))
		w->nr[BTT_FAULT_TWICE]++; /* named later, in order */
}

/* How many words from i on are zero: never written, each owning the block of its own number. */
static uint32_t zeros(const uint32_t *words, uint32_t i, uint32_t nr)
{
	uint32_t from = i;

	while (i < nr && words[i] == 0)
		i++;
	return i - from;
}

static void window_account(struct worker *w, uint32_t first, uint32_t nr)
{
	struct account *acc = w->acc;
	const struct btt_blocks *bl = acc->out;

	/* finished writes first, so that the loop below need not ask for each word */
	for (uint32_t i = 0; i < bl->pending_nr; i++) {
		uint32_t lba = bl->pending[i].lba;
		if (lba >= first && lba - first < nr && !w->lost[lba - first])
			w->words[lba - first] = finished(bl, lba, w->words[lba - first]);
	}
	bool any_lost = memchr(w->lost, 1, nr) != NULL;
	for (uint32_t i = 0; i < nr;) {
		uint32_t run = any_lost ? 0 : zeros(w->words, i, nr);

		if ((uint64_t)first + i + run > acc->ar->internal_nlba)
			run = 0; /* more words than blocks: each is judged by itself */
		if (run) {
			w->states[BTT_MAP_INITIAL] += run;
			w->nr[BTT_FAULT_TWICE] += claim_range(acc, first + i, run);
			i += run;
			continue;
		}
		if (w->lost[i])
			keep(w, (struct btt_fault){ .kind = BTT_FAULT_LOST, .lba = first + i });
		else
			word_account(w, first + i, w->words[i]);
		i++;
	}
}

/* A hole of the map needs no reading: its words are zero. */
static bool window_hole(const struct account *acc, uint32_t first, uint32_t nr)
{
	uint64_t at = acc->ar->map_at + (uint64_t)first * BTT_MAP_WORD;
	uint64_t len = (uint64_t)nr * BTT_MAP_WORD;

	if (at >= acc->b->image->size)
		return false;
	struct extent e = image_extent(acc->b->image, at);
	return e.kind == EXTENT_HOLE && e.len >= len;
}

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct account *acc = w->acc;
	uint32_t total = acc->ar->external_nlba;

	while (!acc->failed) {
		uint64_t first = (uint64_t)atomic_fetch_add(&acc->next, 1) * WINDOW;

		if (first >= total)
			break;
		uint32_t nr = total - first < WINDOW ? (uint32_t)(total - first) : WINDOW;
		if (window_hole(acc, (uint32_t)first, nr)) {
			memset(w->words, 0, nr * sizeof(*w->words));
			memset(w->lost, 0, nr);
		} else if (!btt_map_read(acc->b, acc->ar, (uint32_t)first, nr, w->words, w->lost)) {
			acc->failed = true;
			break;
		}
		window_account(w, (uint32_t)first, nr);
	}
	return NULL;
}

static int by_lba(const void *a, const void *b)
{
	const struct btt_fault *x = a, *y = b;

	return x->lba < y->lba ? -1 : x->lba > y->lba;
}

static int pending_by_lba(const void *a, const void *b)
{
	const struct btt_pending *x = a, *y = b;

	return x->lba < y->lba ? -1 : x->lba > y->lba;
}

/* Writes that the flog shows as done and the map does not. The word at lba decides. */
static void pending_find(struct arena *a, const struct btt *b, const struct btt_arena *ar,
			 struct btt_blocks *out)
{
	out->pending = arena_array(a, ar->lanes, sizeof(*out->pending));
	for (uint32_t i = 0; out->pending && i < ar->lanes; i++) {
		struct btt_lane lane;
		uint32_t word;
		uint8_t lost;

		if (!btt_flog_lane(ar->flog, i, ar->padding, &lane) || lane.current < 0)
			continue;
		const struct btt_flog_entry *e = &lane.ent[lane.current];
		uint32_t old = btt_map_block(e->old_map), new = btt_map_block(e->new_map);

		if (old == new || e->lba >= ar->external_nlba || new >= ar->internal_nlba ||
		    !btt_map_read(b, ar, e->lba, 1, &word, &lost) || lost)
			continue;
		if (btt_map_owned(word, e->lba) == old)
			out->pending[out->pending_nr++] = (struct btt_pending){ i, e->lba, old, new };
	}
	if (out->pending_nr)
		qsort(out->pending, out->pending_nr, sizeof(*out->pending), pending_by_lba);
}

/* The free block of a lane, once its pending write is finished. False: the lane does not tell one. */
static bool lane_free(const struct btt_arena *ar, uint32_t idx, uint32_t *block)
{
	struct btt_lane lane;

	if (!btt_flog_lane(ar->flog, idx, ar->padding, &lane) || lane.current < 0)
		return false;
	*block = btt_map_block(lane.ent[lane.current].old_map);
	return *block < ar->internal_nlba;
}

static struct btt_fault *kept_room(struct arena *a, struct btt_blocks *out, enum btt_fault_kind kind,
				   uint32_t nr)
{
	if (nr && out->kept[kind] == NULL)
		out->kept[kind] = arena_array(a, nr, sizeof(struct btt_fault));
	return out->kept[kind];
}

/*
 * Reads the map again from its start, alone and in order, and names the blocks with two owners
 * until `keep` of them are known; then once more for the first owners of just these.
 */
static void twice_name(struct arena *a, struct account *acc, struct worker *w)
{
	struct btt_blocks *out = acc->out;
	const struct btt_arena *ar = acc->ar;
	uint32_t want = out->nr[BTT_FAULT_TWICE] < acc->keep ? (uint32_t)out->nr[BTT_FAULT_TWICE]
							     : acc->keep;
	struct btt_fault *f = kept_room(a, out, BTT_FAULT_TWICE, want);
	uint32_t nr = 0, block;

	if (f == NULL)
		return;
	memset((void *)acc->owned, 0, ((size_t)ar->internal_nlba + 63) / 64 * 8);
	for (uint32_t i = 0; i < ar->lanes; i++)
		if (lane_free(ar, i, &block) && claim(acc, block) && nr < want)
			f[nr++] = (struct btt_fault){ .kind = BTT_FAULT_TWICE, .lba = BTT_OWNER_LANE,
						      .block = block, .lane = i,
						      .other = BTT_OWNER_LANE };
	for (uint64_t first = 0; nr < want && first < ar->external_nlba; first += WINDOW) {
		uint32_t n = ar->external_nlba - first < WINDOW ? (uint32_t)(ar->external_nlba - first)
								: WINDOW;
		if (!btt_map_read(acc->b, ar, (uint32_t)first, n, w->words, w->lost))
			return;
		for (uint32_t i = 0; i < n && nr < want; i++) {
			uint32_t lba = (uint32_t)first + i;
			uint32_t word = finished(out, lba, w->words[i]);

			block = btt_map_owned(word, lba);
			if (w->lost[i] || block >= ar->internal_nlba || !claim(acc, block))
				continue;
			f[nr++] = (struct btt_fault){ .kind = BTT_FAULT_TWICE, .lba = lba, .word = word,
						      .block = block, .other = BTT_OWNER_LANE };
		}
	}
	for (uint32_t k = 0; k < nr; k++)
		for (uint32_t i = 0; i < ar->lanes; i++)
			if (lane_free(ar, i, &block) && block == f[k].block)
				f[k].lane = i;
	for (uint64_t first = 0; first < ar->external_nlba && nr; first += WINDOW) {
		uint32_t n = ar->external_nlba - first < WINDOW ? (uint32_t)(ar->external_nlba - first)
								: WINDOW;
		if (!btt_map_read(acc->b, ar, (uint32_t)first, n, w->words, w->lost))
			return;
		for (uint32_t k = 0; k < nr; k++)
			for (uint32_t i = 0; i < n && f[k].other == BTT_OWNER_LANE; i++) {
				uint32_t lba = (uint32_t)first + i;
				uint32_t word = finished(out, lba, w->words[i]);

				if (!w->lost[i] && lba != f[k].lba && btt_map_owned(word, lba) == f[k].block)
					f[k].other = lba;
			}
	}
	out->kept_nr[BTT_FAULT_TWICE] = nr;
}

static void unowned_name(struct arena *a, struct account *acc)
{
	struct btt_blocks *out = acc->out;
	uint32_t nlba = acc->ar->internal_nlba, nr = 0;
	uint64_t missing = 0;

	for (uint64_t at = 0; at < nlba; at += 64) {
		uint64_t all = nlba - at >= 64 ? UINT64_MAX : (UINT64_C(1) << (nlba - at)) - 1;
		missing += (uint64_t)__builtin_popcountll(all & ~acc->owned[at / 64]);
	}
	out->nr[BTT_FAULT_UNOWNED] = missing;
	uint32_t want = missing < acc->keep ? (uint32_t)missing : acc->keep;
	struct btt_fault *f = kept_room(a, out, BTT_FAULT_UNOWNED, want);
	for (uint32_t block = 0; f && nr < want && block < nlba; block++)
		if (!claimed(acc, block))
			f[nr++] = (struct btt_fault){ .kind = BTT_FAULT_UNOWNED, .block = block };
	out->kept_nr[BTT_FAULT_UNOWNED] = nr;
}

static bool worker_open(struct worker *w, struct account *acc)
{
	w->acc = acc;
	w->words = malloc(WINDOW * sizeof(*w->words));
	w->lost = malloc(WINDOW);
	for (int k = 0; k < BTT_FAULTS; k++) {
		w->kept[k] = calloc(acc->keep ? acc->keep : 1, sizeof(struct btt_fault));
		if (w->kept[k] == NULL)
			return false;
	}
	return w->words && w->lost;
}

static void worker_close(struct worker *w)
{
	free(w->words);
	free(w->lost);
	for (int k = 0; k < BTT_FAULTS; k++)
		free(w->kept[k]);
}

/* Puts what the workers kept together, in the map's order. */
static bool gather(struct arena *a, struct account *acc, struct worker *w, unsigned workers)
{
	struct btt_blocks *out = acc->out;

	for (int k = 0; k < BTT_FAULTS; k++) {
		uint32_t all = 0;

		for (unsigned i = 0; i < workers; i++) {
			out->nr[k] += w[i].nr[k];
			all += w[i].kept_nr[k];
		}
		if (all == 0)
			continue;
		struct btt_fault *f = malloc(all * sizeof(*f));
		if (f == NULL)
			return false;
		uint32_t n = 0;
		for (unsigned i = 0; i < workers; i++) {
			memcpy(f + n, w[i].kept[k], w[i].kept_nr[k] * sizeof(*f));
			n += w[i].kept_nr[k];
		}
		qsort(f, n, sizeof(*f), by_lba);
		n = n < acc->keep ? n : acc->keep;
		struct btt_fault *room = kept_room(a, out, (enum btt_fault_kind)k, n);
		if (room)
			memcpy(room, f, n * sizeof(*f));
		out->kept_nr[k] = room ? n : 0;
		free(f);
	}
	for (unsigned i = 0; i < workers; i++)
		for (int s = 0; s < 4; s++)
			out->words[s] += w[i].states[s];
	return true;
}

static unsigned threads(const struct account *acc, unsigned max)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t windows = ((uint64_t)acc->ar->external_nlba + WINDOW - 1) / WINDOW;
	uint64_t n = max ? max : cpus > 0 ? (uint64_t)cpus : 1;

	if (!acc->b->image->parallel)
		n = 1;
	n = n < windows ? n : windows;
	n = n < THREADS_MAX ? n : THREADS_MAX;
	return n ? (unsigned)n : 1;
}

struct btt_blocks *btt_blocks(struct arena *a, const struct btt *b, const struct btt_arena *ar,
			      uint32_t keep, unsigned max_threads)
{
	struct btt_blocks *out = ARENA_NEW(a, struct btt_blocks);
	struct worker w[THREADS_MAX] = { 0 };
	struct account acc = { .b = b, .ar = ar, .out = out, .keep = keep };
	unsigned n = threads(&acc, max_threads);
	bool ok = true;
	uint32_t block;

	if (out == NULL)
		return NULL;
	acc.owned = calloc(((size_t)ar->internal_nlba + 63) / 64 + 1, sizeof(*acc.owned));
	for (unsigned i = 0; i < n; i++)
		ok = worker_open(&w[i], &acc) && ok;
	if (!ok || acc.owned == NULL)
		goto out;

	pending_find(a, b, ar, out);
	for (uint32_t i = 0; i < ar->lanes; i++)
		if (lane_free(ar, i, &block)) {
			out->free_nr++;
			w[0].nr[BTT_FAULT_TWICE] += claim(&acc, block);
		}
	for (unsigned i = 1; i < n; i++)
		w[i].started = pthread_create(&w[i].thread, NULL, work, &w[i]) == 0;
	work(&w[0]);
	for (unsigned i = 1; i < n; i++)
		if (w[i].started)
			pthread_join(w[i].thread, NULL);
	if (acc.failed || !gather(a, &acc, w, n))
		goto out;
	unowned_name(a, &acc);
	if (out->nr[BTT_FAULT_TWICE])
		twice_name(a, &acc, &w[0]);
	out->complete = !arena_failed(a);
out:
	for (unsigned i = 0; i < n; i++)
		worker_close(&w[i]);
	free((void *)acc.owned);
	return out;
}
