#include "formats/btt/disk.h"

#include "formats/btt/map.h"
#include "formats/btt/writes.h"

#include <stdlib.h>
#include <string.h>

enum { CACHED = 4096 }; /* map words kept from the last look-up */

/* A map word that the flog overrules. */
struct overrule {
	uint32_t arena, lba, word;
};

struct disk {
	struct image image;
	const struct btt *b;
	uint32_t sector;
	struct overrule *rules;
	uint32_t rules_nr;
	struct extent below;  /* the last one asked for; len 0: none yet */
	uint32_t cached_arena, cached_first, cached_nr;
	uint32_t words[CACHED];
	uint8_t lost[CACHED];
};

/* Where a sector's bytes are. */
struct place {
	enum extent_kind kind;
	uint64_t at; /* EXTENT_DATA: in the BTT's image */
};

static struct disk *disk_of(const struct image *im)
{
	return (struct disk *)(uintptr_t)im; /* image is the first member */
}

static uint32_t sector_of(const struct btt *b, uint32_t lbasize)
{
	if (b->container == BTT_IN_POOL || lbasize == 0)
		return lbasize;
	return lbasize >= 4096 ? 4096 : 512;
}

uint32_t btt_disk_sector(const struct btt *b)
{
	for (uint32_t i = 0; i < b->nr; i++) {
		const struct btt_info *info = b->arenas[i].info;

		if (info)
			return sector_of(b, info->external_lbasize);
	}
	return sector_of(b, b->bsize);
}

static int rule_order(const void *x, const void *y)
{
	const struct overrule *a = x, *b = y;

	if (a->arena != b->arena)
		return a->arena < b->arena ? -1 : 1;
	return a->lba < b->lba ? -1 : a->lba > b->lba;
}

static const struct overrule *rule_find(const struct disk *d, uint32_t arena, uint32_t lba)
{
	struct overrule key = { arena, lba, 0 };

	if (d->rules_nr == 0)
		return NULL;
	return bsearch(&key, d->rules, d->rules_nr, sizeof(key), rule_order);
}

/* The word of the map as it lies. False: lost, or outside. */
static bool word_at(struct disk *d, uint32_t arena, uint32_t lba, uint32_t *word)
{
	const struct btt_arena *ar = &d->b->arenas[arena];

	if (d->cached_nr == 0 || d->cached_arena != arena || lba < d->cached_first ||
	    lba - d->cached_first >= d->cached_nr) {
		uint32_t first = lba - lba % CACHED;
		uint32_t nr = ar->external_nlba - first < CACHED ? ar->external_nlba - first : CACHED;

		d->cached_nr = 0;
		if (!btt_map_read(d->b, ar, first, nr, d->words, d->lost))
			return false;
		d->cached_arena = arena;
		d->cached_first = first;
		d->cached_nr = nr;
	}
	*word = d->words[lba - d->cached_first];
	return !d->lost[lba - d->cached_first];
}

/* Flog entries remember the old word with the flags their writer gave it; PMDK's alone tell a state. */
static uint32_t old_word(const struct btt *b, const struct btt_write *w)
{
	if (b->container == BTT_IN_POOL && btt_map_state(w->old_map) != BTT_MAP_INITIAL)
		return w->old_map;
	return btt_map_word(btt_map_block(w->old_map));
}

/* Steps back through the lanes that wrote lba, newest first, at most `writes` of them. */
static bool before(const struct disk *d, const struct btt_arena *ar, uint32_t lba, uint32_t writes,
		   uint32_t *word)
{
	bool changed = false;

	while (writes--) {
		const struct btt_write *w = btt_writes_into(ar, lba, btt_map_owned(*word, lba));

		if (w == NULL)
			break;
		*word = old_word(d->b, w);
		changed = true;
	}
	return changed;
}

static void rules_make(struct arena *a, struct disk *d, enum btt_view view)
{
	uint64_t writes = 0;

	for (uint32_t k = 0; k < d->b->nr; k++)
		writes += d->b->arenas[k].writes_nr;
	if (view == BTT_VIEW_MAPPED || writes == 0)
		return;
	d->rules = arena_array(a, writes, sizeof(*d->rules));
	for (uint32_t k = 0; d->rules && k < d->b->nr; k++) {
		const struct btt_arena *ar = &d->b->arenas[k];
		uint32_t nr;

		for (uint32_t i = 0; i < ar->writes_nr; i += nr) {
			uint32_t lba = ar->writes[i].lba, word;
			const struct btt_pending *p = btt_writes_pending(ar, lba);
			bool rule = p != NULL;

			btt_writes_of(ar, lba, &nr);
			if (!word_at(d, k, lba, &word))
				continue;
			if (view == BTT_VIEW_BEFORE)
				rule = before(d, ar, lba, nr, &word);
			else if (p)
				word = p->word;
			if (rule)
				d->rules[d->rules_nr++] = (struct overrule){ k, lba, word };
		}
	}
}

static struct place look_up(struct disk *d, uint64_t sector)
{
	uint32_t k = 0, word;

	while (k + 1 < d->b->nr && sector >= d->b->arenas[k + 1].first_lba)
		k++;
	const struct btt_arena *ar = &d->b->arenas[k];
	uint32_t lba = (uint32_t)(sector - ar->first_lba);
	const struct overrule *rule = rule_find(d, k, lba);

	if (rule)
		word = rule->word;
	else if (!word_at(d, k, lba, &word))
		return (struct place){ EXTENT_LOST, 0 };
	switch (btt_map_state(word)) {
	case BTT_MAP_ERROR:
		return (struct place){ EXTENT_LOST, 0 };
	case BTT_MAP_ZERO:
		return (struct place){ EXTENT_HOLE, 0 };
	case BTT_MAP_INITIAL:
		/* never written: the library gives zeros, the driver what the block happens to hold */
		if (d->b->container == BTT_IN_POOL)
			return (struct place){ EXTENT_HOLE, 0 };
		break;
	case BTT_MAP_NORMAL:
		break;
	}
	uint32_t block = btt_map_owned(word, lba);
	if (block >= ar->internal_nlba)
		return (struct place){ EXTENT_LOST, 0 };
	return (struct place){ EXTENT_DATA, ar->data_at + (uint64_t)block * ar->internal_lbasize };
}

/* How many bytes from at on, at most len, lie in one piece below: sectors that follow each other there too. */
static size_t piece(struct disk *d, uint64_t at, size_t len, struct place *out)
{
	uint64_t sector = at / d->sector, in = at % d->sector;
	size_t n = d->sector - in < len ? (size_t)(d->sector - in) : len;

	*out = look_up(d, sector);
	while (n < len) {
		struct place next = look_up(d, ++sector);

		if (next.kind != out->kind || (next.kind == EXTENT_DATA && next.at != out->at + in + n))
			break;
		n += len - n < d->sector ? len - n : d->sector;
	}
	out->at += in;
	return n;
}

static enum status disk_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			     struct problem *p)
{
	struct disk *d = disk_of(im);

	while (len) {
		struct place pl;
		size_t n = piece(d, at, len, &pl);

		memset(buf, 0, n);
		if (pl.kind == EXTENT_LOST)
			memset(lost, 1, n);
		else if (pl.kind == EXTENT_DATA && !image_read(d->b->image, pl.at, n, buf, lost))
			return problem_set(p, d->b->image->problem.status, "%s", d->b->image->problem.text);
		at += n;
		buf += n;
		lost += n;
		len -= n;
	}
	return STATUS_OK;
}

/* What a sector is, once it is known whether its block is a hole below. */
static enum extent_kind sector_kind(struct disk *d, uint64_t sector)
{
	struct place pl = look_up(d, sector);
	struct extent *e = &d->below;

	if (pl.kind != EXTENT_DATA)
		return pl.kind;
	if (pl.at < e->at || pl.at - e->at >= e->len)
		*e = image_extent(d->b->image, pl.at);
	return e->kind == EXTENT_HOLE && e->len - (pl.at - e->at) >= d->sector ? EXTENT_HOLE : EXTENT_DATA;
}

static struct extent disk_extent(struct image *im, uint64_t at)
{
	enum { LOOK = 65536 }; /* sectors looked at for one answer; the caller asks again */
	struct disk *d = disk_of(im);
	uint64_t sector = at / d->sector, end = sector + 1;
	enum extent_kind kind = sector_kind(d, sector);

	while (end < im->size / d->sector && end - sector < LOOK && sector_kind(d, end) == kind)
		end++;
	return (struct extent){ at, end * d->sector - at, kind };
}

static struct origin disk_origin(const struct image *im, uint64_t at)
{
	struct disk *d = disk_of(im);
	uint64_t in = at % d->sector;
	struct place pl = look_up(d, at / d->sector);

	if (pl.kind != EXTENT_DATA)
		return (struct origin){ NULL, 0, d->sector - in };
	struct origin o = image_origin(d->b->image, pl.at + in);
	if (o.len > d->sector - in)
		o.len = d->sector - in;
	return o;
}

static void disk_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

struct image *btt_disk_open(struct arena *a, const struct btt *b, enum btt_view view, uint32_t sector)
{
	static const struct image_ops ops = {
		.read = disk_read, .extent = disk_extent, .origin = disk_origin, .close = disk_close,
	};
	struct disk *d;
	uint64_t size;

	if (sector == 0 || __builtin_mul_overflow(b->nlba, (uint64_t)sector, &size))
		return NULL;
	d = ARENA_NEW(a, struct disk);
	if (d == NULL)
		return NULL;
	d->b = b;
	d->sector = sector;
	d->image = (struct image){ .ops = &ops, .size = size, .label = "the disk inside the BTT" };
	rules_make(a, d, view);
	return &d->image;
}
