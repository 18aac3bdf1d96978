#include "analyzer/facts/btt_blocks.h"

#include "analyzer/facts/btt_bits.h"
#include "analyzer/facts/btt_owners.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WINDOW = BTT_BITS_WINDOW, /* words of the map read at a time: with their flags they stay in the cache */
	BATCH = 256,
	THREADS_MAX = 16,
};

struct account {
	const struct btt *b;
	const struct btt_arena *ar;
	struct btt_blocks *out;
	struct btt_bits owned;
	uint8_t *identity;        /* by window of words: all zero, so each owns the block of its number */
	uint32_t windows;
	uint32_t keep;
	_Atomic uint32_t next;    /* window handed out next */
	_Atomic bool failed;
};

struct worker {
	struct account *acc;
	pthread_t thread;
	bool started;
	uint32_t *words;
	uint8_t *flags;
	uint64_t initial[WINDOW / 64]; /* words of the window that own the block of their number */
	struct btt_claims claims;
	uint64_t states[4], nr[BTT_FAULTS];
	struct btt_fault *kept[BTT_FAULTS];
	uint32_t kept_nr[BTT_FAULTS];
};

static void keep(struct worker *w, struct btt_fault f)
{
	w->nr[f.kind]++;
	if (w->kept_nr[f.kind] < w->acc->keep)
		w->kept[f.kind][w->kept_nr[f.kind]++] = f;
}

/* A word by itself, whatever it says. */
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
	else
		btt_claims_add(&w->claims, block);
}

/*
 * A batch in which nothing is odd: the initial words are marked in w->initial, the others claim
 * their blocks. False, and nothing done: some word has to be looked at by itself.
 */
static bool batch_account(struct worker *w, uint32_t lba, const uint32_t *words, uint64_t *initial)
{
	uint32_t blocks[BATCH], nr = 0, zero = 0, odd = 0, internal = w->acc->ar->internal_nlba;
	uint64_t marks[BATCH / 64] = { 0 };

	if ((uint64_t)lba + BATCH > internal)
		return false;
	for (uint32_t i = 0; i < BATCH; i++) {
		uint32_t word = words[i], state = word >> 30, block = word & BTT_MAP_BLOCK_MASK;

		marks[i / 64] |= (uint64_t)(state == BTT_MAP_INITIAL) << i % 64;
		odd |= (state == BTT_MAP_INITIAL && block) | (state == BTT_MAP_ERROR) | (block >= internal);
		zero += state == BTT_MAP_ZERO;
		blocks[nr] = block;
		nr += state != BTT_MAP_INITIAL;
	}
	if (odd)
		return false;
	memcpy(initial, marks, sizeof(marks));
	for (uint32_t i = 0; i < nr; i++)
		btt_claims_add(&w->claims, blocks[i]);
	w->states[BTT_MAP_INITIAL] += BATCH - nr;
	w->states[BTT_MAP_ZERO] += zero;
	w->states[BTT_MAP_NORMAL] += nr - zero;
	return true;
}

static bool zeros(const uint32_t *words, uint32_t nr)
{
	uint32_t any = 0;

	for (uint32_t i = 0; i < nr && any == 0;) {
		uint32_t end = nr - i < BATCH ? nr : i + BATCH;

		for (; i < end; i++)
			any |= words[i];
	}
	return any == 0;
}

static void identity_account(struct worker *w, uint32_t window, uint32_t nr)
{
	w->acc->identity[window] = 1;
	w->states[BTT_MAP_INITIAL] += nr;
}

static void window_account(struct worker *w, uint32_t window, uint32_t first, uint32_t nr, bool any_lost)
{
	struct account *acc = w->acc;

	btt_owners_finish(acc->ar, first, nr, w->words);
	/* more words than blocks: each is judged by itself */
	if (!any_lost && (uint64_t)first + nr <= acc->ar->internal_nlba && zeros(w->words, nr)) {
		identity_account(w, window, nr);
		return;
	}
	memset(w->initial, 0, sizeof(w->initial));
	for (uint32_t i = 0; i < nr;) {
		if (!any_lost && nr - i >= BATCH &&
		    batch_account(w, first + i, w->words + i, w->initial + i / 64)) {
			i += BATCH;
			continue;
		}
		for (uint32_t end = nr - i < BATCH ? nr : i + BATCH; i < end; i++) {
			if (any_lost && btt_map_lost(w->flags, i))
				keep(w, (struct btt_fault){ .kind = BTT_FAULT_LOST, .lba = first + i });
			else
				word_account(w, first + i, w->words[i]);
		}
	}
	/* marks stand only for blocks that there are */
	uint32_t groups = (nr + 63) / 64, all = acc->owned.nr / 64 + 1;
	btt_claims_masks(&w->claims, first / 64, w->initial,
			 first / 64 >= all ? 0 : groups < all - first / 64 ? groups : all - first / 64);
}

static bool pending_in(const struct btt_arena *ar, uint32_t first, uint32_t nr)
{
	for (uint32_t i = 0; i < ar->pending_nr; i++)
		if (ar->pending[i].lba - first < nr)
			return true;
	return false;
}

/* A hole of the map needs no reading: its words are zero. */
static bool window_hole(const struct account *acc, uint32_t first, uint32_t nr)
{
	uint64_t at = acc->ar->map_at + (uint64_t)first * BTT_MAP_WORD;
	struct extent e;

	if ((uint64_t)first + nr > acc->ar->internal_nlba || pending_in(acc->ar, first, nr))
		return false;
	e = image_extent(acc->b->image, at);
	return e.kind == EXTENT_HOLE && e.len >= (uint64_t)nr * BTT_MAP_WORD;
}

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct account *acc = w->acc;
	uint32_t total = acc->ar->external_nlba;
	bool any_lost;

	while (!acc->failed) {
		uint32_t window = atomic_fetch_add(&acc->next, 1);

		if (window >= acc->windows)
			break;
		uint32_t first = window * WINDOW;
		uint32_t nr = total - first < WINDOW ? total - first : WINDOW;
		if (window_hole(acc, first, nr)) {
			identity_account(w, window, nr);
			continue;
		}
		if (!btt_map_load(acc->b, acc->ar, first, nr, w->words, w->flags, &any_lost)) {
			acc->failed = true;
			break;
		}
		window_account(w, window, first, nr, any_lost);
	}
	btt_claims_flush_all(&w->claims);
	return NULL;
}

/* What the identity windows own: bits that somebody else has set there are owned twice. */
static void identity_settle(struct account *acc, struct worker *w)
{
	for (uint32_t k = 0; k < acc->windows; k++) {
		uint32_t first = k * WINDOW, total = acc->ar->external_nlba;
		uint32_t nr = total - first < WINDOW ? total - first : WINDOW;

		if (!acc->identity[k] || (!acc->owned.touched[k] && nr == WINDOW))
			continue;
		memset(w->initial, 0xff, nr / 64 * 8);
		if (nr % 64)
			w->initial[nr / 64] = (UINT64_C(1) << nr % 64) - 1;
		btt_claims_masks(&w->claims, first / 64, w->initial, (nr + 63) / 64);
		acc->identity[k] = 0; /* told by bits from here on */
	}
}

static int by_lba(const void *a, const void *b)
{
	const struct btt_fault *x = a, *y = b;

	if (x->lba != y->lba)
		return x->lba < y->lba ? -1 : 1;
	return x->block < y->block ? -1 : x->block > y->block;
}

/* Puts the first of faults, by lba, into out. */
static void kept_put(struct arena *a, struct btt_blocks *out, enum btt_fault_kind kind, struct btt_fault *faults,
		     uint32_t nr, uint32_t keep)
{
	if (nr == 0)
		return;
	qsort(faults, nr, sizeof(*faults), by_lba);
	nr = nr < keep ? nr : keep;
	out->kept[kind] = arena_array(a, nr, sizeof(*faults));
	if (out->kept[kind] == NULL)
		return;
	memcpy(out->kept[kind], faults, nr * sizeof(*faults));
	out->kept_nr[kind] = nr;
}

/*
 * The blocks found owned in the map's order, until `want` are known: for a map so broken that not
 * all of them could be remembered on the way. *end: where the looking stopped.
 */
static bool twice_search(struct account *acc, struct worker *w, uint32_t want, uint32_t *blocks, uint32_t *blocks_nr,
			 uint32_t *end)
{
	const struct btt_arena *ar = acc->ar;
	uint32_t total = ar->external_nlba, nr, block;
	bool any_lost;

	btt_bits_clear(&acc->owned);
	for (uint32_t i = 0; i < ar->lanes; i++)
		if (btt_owners_lane(ar, i, &block) && btt_bits_claim(&acc->owned, block) && *blocks_nr < want)
			blocks[(*blocks_nr)++] = block;
	for (uint32_t first = 0; *blocks_nr < want && first < total; first += nr) {
		nr = total - first < WINDOW ? total - first : WINDOW;
		*end = first + nr;
		if (!btt_map_load(acc->b, ar, first, nr, w->words, w->flags, &any_lost))
			return false;
		btt_owners_finish(ar, first, nr, w->words);
		for (uint32_t i = 0; i < nr && *blocks_nr < want; i++) {
			block = btt_map_owned(w->words[i], first + i);
			if (block < ar->internal_nlba && !(any_lost && btt_map_lost(w->flags, i)) &&
			    btt_bits_claim(&acc->owned, block))
				blocks[(*blocks_nr)++] = block;
		}
	}
	return true;
}

/* Of owners sorted by block: each but the first of a block is a fault. */
static uint32_t twice_tell(const struct btt_owner *owners, uint32_t nr, struct btt_fault *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0, first = 0; i < nr; i++) {
		if (owners[i].block != owners[first].block)
			first = i;
		if (i == first)
			continue;
		out[n++] = (struct btt_fault){ .kind = BTT_FAULT_TWICE, .lba = owners[i].lba, .word = owners[i].word,
					       .block = owners[i].block, .other = owners[first].lba,
					       .lane = owners[first].lba == BTT_OWNER_LANE &&
							       owners[i].lba != BTT_OWNER_LANE
						       ? owners[first].lane : owners[i].lane };
	}
	return n;
}

/* Names blocks with two owners; each thread remembered some on the way. The bits are needed no more. */
static bool twice_name(struct arena *a, struct account *acc, struct worker *w, unsigned workers)
{
	enum { MOST = BTT_BITS_REMEMBERED };
	struct btt_blocks *out = acc->out;
	uint32_t end = acc->ar->external_nlba, nr = 0, owners_nr = 0;
	uint32_t *blocks = malloc((size_t)workers * MOST * sizeof(*blocks));
	struct btt_owner *owners = NULL;
	struct btt_fault *faults = NULL;
	bool ok = blocks != NULL;

	if (ok && out->nr[BTT_FAULT_TWICE] > MOST)
		ok = twice_search(acc, &w[0], acc->keep < MOST ? acc->keep : MOST, blocks, &nr, &end);
	else
		for (unsigned i = 0; ok && i < workers; i++) {
			memcpy(blocks + nr, w[i].claims.twice_blocks, w[i].claims.twice_nr * sizeof(*blocks));
			nr += w[i].claims.twice_nr;
		}
	if (ok)
		owners = btt_owners(acc->b, acc->ar, blocks, nr, end, 4 * MOST, &owners_nr);
	if (owners)
		faults = malloc((owners_nr ? owners_nr : 1) * sizeof(*faults));
	ok = faults != NULL;
	if (ok)
		kept_put(a, out, BTT_FAULT_TWICE, faults, twice_tell(owners, owners_nr, faults), acc->keep);
	free(faults);
	free(owners);
	free(blocks);
	return ok;
}

static void unowned_name(struct arena *a, struct account *acc)
{
	struct btt_blocks *out = acc->out;
	uint32_t nlba = acc->ar->internal_nlba;
	struct btt_fault *f = NULL;

	for (uint64_t at = 0; at < nlba; at += 64) {
		uint64_t all = nlba - at >= 64 ? UINT64_MAX : (UINT64_C(1) << (nlba - at)) - 1;

		if (at / WINDOW < acc->windows && acc->identity[at / WINDOW]) {
			at += WINDOW - 64; /* whole, or it would have been settled */
			continue;
		}
		for (uint64_t missing = all & ~acc->owned.words[at / 64]; missing; missing &= missing - 1) {
			if (out->nr[BTT_FAULT_UNOWNED]++ >= acc->keep)
				continue;
			if (f == NULL)
				f = out->kept[BTT_FAULT_UNOWNED] = arena_array(a, acc->keep, sizeof(*f));
			if (f)
				f[out->kept_nr[BTT_FAULT_UNOWNED]++] = (struct btt_fault){
					.kind = BTT_FAULT_UNOWNED,
					.block = (uint32_t)at + (uint32_t)__builtin_ctzll(missing) };
		}
	}
}

static bool worker_open(struct worker *w, struct account *acc, unsigned workers)
{
	w->acc = acc;
	w->words = malloc(WINDOW * sizeof(*w->words));
	w->flags = malloc(WINDOW * BTT_MAP_WORD);
	for (int k = 0; k < BTT_FAULTS; k++) {
		w->kept[k] = calloc(acc->keep ? acc->keep : 1, sizeof(struct btt_fault));
		if (w->kept[k] == NULL)
			return false;
	}
	return btt_claims_open(&w->claims, &acc->owned, workers) && w->words && w->flags;
}

static void worker_close(struct worker *w)
{
	free(w->words);
	free(w->flags);
	btt_claims_close(&w->claims);
	for (int k = 0; k < BTT_FAULTS; k++)
		free(w->kept[k]);
}

/* Puts what the workers kept together, in the map's order. */
static bool gather(struct arena *a, struct account *acc, struct worker *w, unsigned workers)
{
	struct btt_blocks *out = acc->out;

	for (int k = 0; k < BTT_FAULTS; k++) {
		uint32_t all = 0, n = 0;

		for (unsigned i = 0; i < workers; i++) {
			out->nr[k] += k == BTT_FAULT_TWICE ? w[i].claims.twice : w[i].nr[k];
			all += w[i].kept_nr[k];
		}
		if (all == 0)
			continue;
		struct btt_fault *f = malloc(all * sizeof(*f));
		if (f == NULL)
			return false;
		for (unsigned i = 0; i < workers; i++) {
			memcpy(f + n, w[i].kept[k], w[i].kept_nr[k] * sizeof(*f));
			n += w[i].kept_nr[k];
		}
		kept_put(a, out, (enum btt_fault_kind)k, f, n, acc->keep);
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
	uint64_t n = max ? max : cpus > 0 ? (uint64_t)cpus : 1;

	if (!acc->b->image->parallel)
		n = 1;
	n = n < acc->windows ? n : acc->windows;
	n = n < THREADS_MAX ? n : THREADS_MAX;
	return n ? (unsigned)n : 1;
}

struct btt_blocks *btt_blocks(struct arena *a, const struct btt *b, const struct btt_arena *ar,
			      uint32_t keep, unsigned max_threads)
{
	struct btt_blocks *out = ARENA_NEW(a, struct btt_blocks);
	struct account acc = { .b = b, .ar = ar, .out = out, .keep = keep,
			       .windows = (uint32_t)(((uint64_t)ar->external_nlba + WINDOW - 1) / WINDOW) };
	unsigned n = threads(&acc, max_threads), opened = 0;
	struct worker *w = calloc(n, sizeof(*w));
	uint32_t block;

	if (out == NULL || w == NULL)
		goto out;
	acc.identity = calloc((size_t)acc.windows + 1, 1);
	if (!btt_bits_open(&acc.owned, ar->internal_nlba) || acc.identity == NULL)
		goto out;
	while (opened < n)
		if (!worker_open(&w[opened++], &acc, n))
			goto out;

	for (uint32_t i = 0; i < ar->lanes; i++)
		if (btt_owners_lane(ar, i, &block)) {
			out->free_nr++;
			btt_claims_add(&w[0].claims, block);
		}
	for (unsigned i = 1; i < n; i++)
		w[i].started = pthread_create(&w[i].thread, NULL, work, &w[i]) == 0;
	work(&w[0]);
	for (unsigned i = 1; i < n; i++)
		if (w[i].started)
			pthread_join(w[i].thread, NULL);
	identity_settle(&acc, &w[0]);
	if (acc.failed || !gather(a, &acc, w, n))
		goto out;
	unowned_name(a, &acc);
	if (out->nr[BTT_FAULT_TWICE] && !twice_name(a, &acc, w, n))
		goto out;
	out->complete = !arena_failed(a);
out:
	for (unsigned i = 0; i < opened; i++)
		worker_close(&w[i]);
	free(w);
	free(acc.identity);
	btt_bits_close(&acc.owned);
	return out;
}
