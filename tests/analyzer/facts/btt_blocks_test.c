/* The account of media blocks beside a plain count of them, on a pool that pmempool makes. */
#include "analyzer/facts/btt_blocks.h"
#include "formats/image/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DATA_AT = 0x2000, KEEP = 8 };

struct bench {
	struct arena *arena;
	uint8_t *bytes;
	size_t len;
	struct image *image;
	struct btt *btt;
	uint64_t seed;
};

static void decode(struct bench *b)
{
	if (b->arena)
		arena_close(b->arena);
	b->arena = arena_open(64 << 20);
	b->image = memory_open(b->arena, "pool", b->bytes, b->len, NULL);
	b->btt = btt_decode(b->arena, NULL, b->image, DATA_AT, b->len - DATA_AT, BTT_IN_POOL, 512, NULL);
	cr_assert(b->btt && b->btt->nr == 1 && b->btt->arenas[0].external_nlba > 2 * 65536);
}

static struct bench opened(void)
{
	char path[] = "/tmp/pmemscope-blocks-XXXXXX", cmd[256];
	struct bench b = { .seed = 88172645463325252u };
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	close(fd);
	unlink(path);
	snprintf(cmd, sizeof(cmd), "PMEM_IS_PMEM_FORCE=1 pmempool create -w -s 80M blk 512 %s", path);
	cr_assert_eq(system(cmd), 0);
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f);
	fseek(f, 0, SEEK_END);
	b.len = (size_t)ftell(f);
	rewind(f);
	b.bytes = malloc(b.len);
	cr_assert_eq(fread(b.bytes, 1, b.len, f), b.len);
	fclose(f);
	unlink(path);
	decode(&b);
	return b;
}

static void closed(struct bench *b)
{
	arena_close(b->arena);
	free(b->bytes);
}

static uint32_t rnd(struct bench *b, uint32_t below)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 7;
	b->seed ^= b->seed << 17;
	return (uint32_t)(b->seed >> 20) % below;
}

static uint32_t word_get(const struct bench *b, uint32_t lba)
{
	uint32_t v;

	memcpy(&v, b->bytes + b->btt->arenas[0].map_at + (uint64_t)lba * 4, 4);
	return v;
}

static void word_put(struct bench *b, uint32_t lba, uint32_t v)
{
	memcpy(b->bytes + b->btt->arenas[0].map_at + (uint64_t)lba * 4, &v, 4);
}

/* Deals the blocks of some words out among them: every block keeps one owner. */
static void wear(struct bench *b, uint32_t swaps)
{
	uint32_t nr = b->btt->arenas[0].external_nlba;

	while (swaps--) {
		uint32_t x = rnd(b, nr), y = rnd(b, nr);
		uint32_t at_x = btt_map_owned(word_get(b, x), x), at_y = btt_map_owned(word_get(b, y), y);

		word_put(b, x, btt_map_word(at_y));
		if (x != y)
			word_put(b, y, btt_map_word(at_x));
	}
}

/* The same account as the reference has it: words and free blocks in order, one by one. */
static void agrees(struct bench *b, unsigned max_threads)
{
	const struct btt_arena *ar = &b->btt->arenas[0];
	struct btt_blocks *bl = btt_blocks(b->arena, b->btt, ar, KEEP, max_threads);
	uint32_t *owner = calloc(ar->internal_nlba, sizeof(*owner)); /* lba + 1, or UINT32_MAX: a lane */
	uint32_t told = 0, unowned = 0, range = 0;
	uint64_t twice = 0;

	cr_assert(bl && bl->complete);
	for (uint32_t i = 0; i < ar->lanes; i++) {
		struct btt_lane lane;

		cr_assert(btt_flog_lane(ar->flog, i, ar->padding, &lane) && lane.current >= 0);
		owner[btt_map_block(lane.ent[lane.current].old_map)] = UINT32_MAX;
	}
	for (uint32_t lba = 0; lba < ar->external_nlba; lba++) {
		uint32_t block = btt_map_owned(word_get(b, lba), lba);

		if (block >= ar->internal_nlba) {
			if (range < KEEP)
				cr_assert_eq(bl->kept[BTT_FAULT_RANGE][range].lba, lba);
			range++;
			continue;
		}
		if (owner[block] && told < KEEP) {
			const struct btt_fault *f = &bl->kept[BTT_FAULT_TWICE][told++];

			cr_assert(f->lba == lba && f->block == block, "lba %u block %u, not %u %u", f->lba,
				  f->block, lba, block);
			cr_assert_eq(f->other, owner[block] == UINT32_MAX ? BTT_OWNER_LANE : owner[block] - 1);
		}
		twice += owner[block] != 0;
		if (owner[block] == 0)
			owner[block] = lba + 1;
	}
	for (uint32_t block = 0; block < ar->internal_nlba; block++) {
		if (owner[block])
			continue;
		if (unowned < KEEP)
			cr_assert_eq(bl->kept[BTT_FAULT_UNOWNED][unowned].block, block);
		unowned++;
	}
	cr_assert_eq(bl->nr[BTT_FAULT_TWICE], twice);
	cr_assert_eq(bl->kept_nr[BTT_FAULT_TWICE], told);
	cr_assert_eq(bl->nr[BTT_FAULT_UNOWNED], unowned);
	cr_assert_eq(bl->nr[BTT_FAULT_RANGE], range);
	free(owner);
}

static void agrees_however_many_work(struct bench *b)
{
	decode(b);
	for (unsigned threads = 1; threads <= 4; threads++)
		agrees(b, threads);
}

TestSuite(btt_blocks, .timeout = 120);

Test(btt_blocks, a_fresh_and_a_worn_map_have_every_block_once)
{
	struct bench b = opened();

	agrees_however_many_work(&b);
	wear(&b, 50000);
	agrees_however_many_work(&b);
	struct btt_blocks *bl = btt_blocks(b.arena, b.btt, &b.btt->arenas[0], KEEP, 0);
	cr_assert(bl->nr[BTT_FAULT_TWICE] == 0 && bl->nr[BTT_FAULT_UNOWNED] == 0);
	closed(&b);
}

Test(btt_blocks, names_the_same_first_places_whoever_finds_them)
{
	struct bench b = opened();
	uint32_t nr = b.btt->arenas[0].external_nlba;

	wear(&b, 1000);
	for (int i = 0; i < 20; i++)
		word_put(&b, rnd(&b, nr), btt_map_word(rnd(&b, nr)));
	word_put(&b, 70000, btt_map_word(BTT_MAP_BLOCK_MASK));
	agrees_however_many_work(&b);
	/* a block of a run of untouched words, the last word, a free block of a lane */
	word_put(&b, nr - 1, btt_map_word(100000));
	word_put(&b, 5, btt_map_word(nr + 3));
	agrees_however_many_work(&b);
	closed(&b);
}

Test(btt_blocks, a_map_broken_all_over_is_counted_and_told_from_its_start)
{
	struct bench b = opened();
	uint32_t nr = b.btt->arenas[0].external_nlba;

	for (uint32_t i = 0; i < nr; i += 3)
		word_put(&b, i, btt_map_word(rnd(&b, 2 * nr)));
	agrees_however_many_work(&b);
	closed(&b);
}
