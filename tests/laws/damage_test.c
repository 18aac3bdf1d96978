/*
 * Whatever happens to the bytes of a pool, the analysis returns, and says something of it. Bits of
 * base pools are flipped, words overwritten, files cut, at random places of the structures that the
 * decoders found, and mended again. The seed and the number of tries are fixed; DAMAGE_TRIES and
 * DAMAGE_SEED change them.
 */
#include "analyzer/analyze.h"
#include "tests/corpus/files.h"
#include "tests/corpus/places.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_LEN = 32, SPOTS_MAX = 4096, BYTES_MAX = 64, PATH_KEPT = 4095 };

struct base {
	char name[NAME_MAX_LEN], give[NAME_MAX_LEN];
	unsigned tries;
};

/* A structure of the pool: where a fault matters. */
struct spot {
	struct place place;
	uint64_t len;
};

struct lab {
	struct places *places;
	struct spot *spots;
	size_t spots_nr;
	uint64_t random;
	char source[4096 + NAME_MAX_LEN + 2];
};

static uint64_t chance(struct lab *l, uint64_t below)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return l->random % below;
}

static void spots_find(struct lab *l, const struct node *n)
{
	for (; n && l->spots_nr < SPOTS_MAX; n = n->next) {
		uint64_t len = n->count ? n->count * n->stride : n->len;

		if (n->image && len && n->state != NODE_OUTSIDE)
			l->spots[l->spots_nr++] = (struct spot){
				{ .image = n->image, .at = n->at, .layout = n->layout }, len };
		spots_find(l, n->child);
	}
}

static void look(struct lab *l, bool clean)
{
	struct analyze_options o = ANALYZE_OPTIONS;
	struct result r;
	enum status st;

	o.max_findings = 8;
	st = analyze(l->source, &o, &r);
	cr_assert(r.verdict && *r.verdict && r.sentence && r.next_step);
	cr_assert(st == STATUS_OK || st == STATUS_UNSUPPORTED, "%s: status %d: %s", l->source, st, r.problem.text);
	if (clean)
		cr_assert_eq(r.findings->nr[ERROR], 0, "%s: %s", l->source, r.findings->first->by->id);
	analyze_close(&r);
}

/* One of the ways bytes go wrong; len of them at most. */
static size_t ruin(struct lab *l, uint8_t *bytes, size_t len)
{
	static const uint64_t words[] = { 0, UINT64_MAX, INT64_MAX, UINT32_MAX, 1, 4096, (uint64_t)1 << 62 };
	size_t width = (size_t)1 << chance(l, 4);
	uint64_t word;

	switch (chance(l, 4)) {
	case 0: /* a word that means something to somebody */
		word = words[chance(l, sizeof(words) / sizeof(words[0]))];
		break;
	case 1: /* a word that is anything */
		word = chance(l, UINT64_MAX);
		break;
	case 2: /* zeros or ones, a run of them */
		memset(bytes, chance(l, 2) ? 0xff : 0, len);
		return len;
	default: /* one bit */
		bytes[0] ^= (uint8_t)(1u << chance(l, 8));
		return 1;
	}
	if (width > len)
		width = len;
	memcpy(bytes, &word, width);
	return width;
}

static void try_bytes(struct lab *l)
{
	const struct spot *s = &l->spots[chance(l, l->spots_nr)];
	uint64_t off = chance(l, s->len);
	size_t len = s->len - off < BYTES_MAX ? (size_t)(s->len - off) : BYTES_MAX;
	uint8_t was[BYTES_MAX], now[BYTES_MAX];

	if (!place_read(&s->place, off, was, len))
		return; /* it lies in no file: a part is shorter than the space it makes */
	memcpy(now, was, len);
	len = ruin(l, now, len);
	cr_assert(place_write(&s->place, off, now, len));
	look(l, false);
	cr_assert(place_write(&s->place, off, was, len));
}

static void cut(struct lab *l, const char *dir)
{
	char cut_to[sizeof(l->source)];
	struct stat st;

	if (strstr(l->source, ".set"))
		return; /* cutting parts is the corpus's */
	snprintf(cut_to, sizeof(cut_to), "%.*s/cut", PATH_KEPT, dir);
	cr_assert(files_copy(l->source, cut_to));
	cr_assert_eq(stat(cut_to, &st), 0);
	memcpy(l->source, cut_to, sizeof(cut_to));
	for (uint64_t len = (uint64_t)st.st_size; len; len = chance(l, 2) ? len / 2 : len - len / 8 - 1) {
		cr_assert(files_size(cut_to, len));
		look(l, false);
	}
}

static const struct base bases[] = {
	{ "obj_tx", "pool", 500 },	{ "obj_used", "pool", 300 },   { "obj_plain", "pool", 100 },
	{ "obj_pair_tx", "pool.set", 200 }, { "obj_2x3", "pool.set", 200 }, { "obj_single", "pool.set", 100 },
	{ "blk_used", "pool", 300 },	{ "blk_fresh", "pool", 100 },  { "log_used", "pool", 300 },
	{ "btt_ext4", "pool", 200 },	{ "fsdax_ext4", "pool", 200 },
};

ParameterizedTestParameters(damage, returns)
{
	return cr_make_param_array(struct base, (void *)(uintptr_t)bases, sizeof(bases) / sizeof(bases[0]), NULL);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

ParameterizedTest(const struct base *b, damage, returns)
{
	const char *source = getenv("SOURCE"), *peers = getenv("PEERS"), *base_dir = getenv("BASES"),
		   *scratch = getenv("SCRATCH");
	char cmd[3 * 4096], dir[4096], from[4096];
	struct lab l = { .random = setting("DAMAGE_SEED", 20240607) };
	uint64_t tries = setting("DAMAGE_TRIES", b->tries), done = 0;

	cr_assert(source && peers && base_dir && scratch, "run by ctest, which sets the environment");
	snprintf(dir, sizeof(dir), "%s/%s", scratch, b->name);
	snprintf(from, sizeof(from), "%s/%s", base_dir, b->name);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s' && mkdir -p '%s' && '%s/tests/corpus/bases.sh' '%s' '%s' %s", dir, dir, source,
		 peers, base_dir, b->name);
	cr_assert_eq(system(cmd), 0);
	cr_assert(files_copy_tree(from, dir));
	snprintf(l.source, sizeof(l.source), "%s/%s", dir, b->give);
	l.places = places_open();
	l.spots = calloc(SPOTS_MAX, sizeof(*l.spots));
	places_forget(l.places, l.source);
	spots_find(&l, places_root(l.places));
	cr_assert(l.spots_nr > 1, "%s: the decoders found nothing", b->name);
	look(&l, true);
	for (; done < tries; done++)
		try_bytes(&l);
	look(&l, true);
	cut(&l, dir);
	printf("%s: %" PRIu64 " damages at %zu places, all analysed\n", b->name, done, l.spots_nr);
	free(l.spots);
	places_close(l.places);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	cr_assert_eq(system(cmd), 0);
}
