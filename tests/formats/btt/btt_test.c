/* On pools that pmempool makes, with single words changed. */
#include "formats/btt/arena.h"
#include "formats/btt/disk.h"
#include "formats/btt/map.h"
#include "formats/image/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
	struct arena *arena;
	uint8_t *bytes;
	size_t len;
	struct image *image;
	struct btt *btt;
};

static void decode(struct bench *b)
{
	b->arena = arena_open(64 << 20);
	b->image = memory_open(b->arena, "pool", b->bytes, b->len, NULL);
	b->btt = btt_decode(b->arena, NULL, b->image, 0x2000, b->len - 0x2000, BTT_IN_POOL, 512, NULL);
	cr_assert_not_null(b->btt);
}

static struct bench made(const char *args)
{
	char path[] = "/tmp/pmemscope-btt-XXXXXX", cmd[256];
	struct bench b = { 0 };
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	close(fd);
	unlink(path);
	snprintf(cmd, sizeof(cmd), "PMEM_IS_PMEM_FORCE=1 pmempool create %s %s", args, path);
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

static void again(struct bench *b)
{
	arena_close(b->arena);
	decode(b);
}

static void done(struct bench *b)
{
	arena_close(b->arena);
	free(b->bytes);
}

static void put32(struct bench *b, uint64_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		b->bytes[at + (uint64_t)i] = (uint8_t)(v >> 8 * i);
}

Test(btt, reads_what_pmempool_laid_out)
{
	struct bench b = made("-w -s 17M blk 512");
	const struct btt_arena *ar = &b.btt->arenas[0];

	cr_assert(b.btt->nr == 1 && b.btt->written);
	cr_assert(ar->primary.good && ar->backup.good && ar->from == BTT_FROM_PRIMARY);
	cr_assert(ar->geom_known && ar->rounding == BTT_ROUND_PMDK);
	cr_assert(ar->geom.external_nlba == ar->info->external_nlba && ar->geom.mapoff == ar->info->mapoff &&
		  ar->geom.flogoff == ar->info->flogoff && ar->geom.infooff == ar->info->infooff);
	cr_assert(ar->external_nlba == 0x85aa && ar->internal_nlba == 0x86aa && ar->lanes == 256);
	cr_assert_eq(ar->padding, BTT_PADDING_ASSUMED);
	for (uint32_t i = 0; i < ar->lanes; i++) {
		struct btt_lane lane;
		cr_assert(btt_flog_lane(ar->flog, i, ar->padding, &lane) && lane.initial);
	}
	done(&b);
}

Test(btt, goes_on_by_the_backup_and_then_by_the_formula)
{
	struct bench b = made("-w -s 17M blk 4096");
	uint32_t nlba = b.btt->arenas[0].external_nlba;
	uint64_t map = b.btt->arenas[0].map_at;

	b.bytes[0x2000] ^= 1;
	again(&b);
	cr_assert_eq(b.btt->arenas[0].from, BTT_FROM_BACKUP);
	cr_assert(b.btt->arenas[0].external_nlba == nlba && b.btt->arenas[0].map_at == map);
	b.bytes[b.btt->arenas[0].at + b.btt->arenas[0].len - 4096 + 0x3c] ^= 1;
	arena_close(b.arena);
	b.arena = arena_open(64 << 20);
	b.image = memory_open(b.arena, "pool", b.bytes, b.len, NULL);
	b.btt = btt_decode(b.arena, NULL, b.image, 0x2000, b.len - 0x2000, BTT_IN_POOL, 4096, NULL);
	cr_assert_eq(b.btt->arenas[0].from, BTT_FROM_GIVEN);
	cr_assert(b.btt->arenas[0].external_nlba == nlba && b.btt->arenas[0].map_at == map);
	done(&b);
}

Test(btt, trusts_no_count)
{
	struct bench b = made("-w -s 17M blk 512");
	struct btt_info info = *b.btt->arenas[0].info;

	info.external_nlba = info.internal_nlba = info.nfree = UINT32_MAX;
	info.flogoff = b.btt->arenas[0].len - 64;
	layout_encode(&btt_info_layout, &info, b.bytes + 0x2000);
	info.checksum = btt_info_sum((struct span){ b.bytes + 0x2000, NULL, 0, BTT_INFO_LEN });
	layout_encode(&btt_info_layout, &info, b.bytes + 0x2000);
	again(&b);
	const struct btt_arena *ar = &b.btt->arenas[0];
	cr_assert(ar->primary.good && ar->from == BTT_FROM_PRIMARY);
	cr_assert_eq(ar->lanes, 1);
	cr_assert(ar->map_at + (uint64_t)ar->external_nlba * 4 <= b.len);
	cr_assert(ar->data_at + (uint64_t)ar->internal_nlba * ar->internal_lbasize <= b.len);
	done(&b);
}

Test(btt, shows_the_disk_before_and_after_a_pending_write)
{
	struct bench b = made("-w -s 17M blk 512");
	const struct btt_arena *ar = &b.btt->arenas[0];
	uint32_t block = ar->external_nlba; /* lane 0's free block */
	uint64_t lane = ar->flog_at;
	uint8_t sector[512], lost[512];

	/* write "x" to block 5 through lane 0, up to its commit: the map does not show it yet */
	memset(b.bytes + ar->data_at + (uint64_t)block * 512, 'x', 512);
	put32(&b, lane + 16, 5);
	put32(&b, lane + 20, 0xc0000005);
	put32(&b, lane + 24, block | 0xc0000000);
	put32(&b, lane + 28, 2);
	again(&b);
	struct image *d = btt_disk_open(b.arena, b.btt, BTT_VIEW_RECOVERED, 512);
	cr_assert(image_read(d, 5 * 512, 512, sector, lost) && sector[0] == 'x' && sector[511] == 'x');
	d = btt_disk_open(b.arena, b.btt, BTT_VIEW_MAPPED, 512);
	cr_assert(image_read(d, 5 * 512, 512, sector, lost) && sector[0] == 0);
	cr_assert_eq(image_extent(d, 5 * 512).kind, EXTENT_HOLE);
	/* an error-flagged block is lost, and its neighbours are not */
	put32(&b, b.btt->arenas[0].map_at + 6 * 4, 0x40000006);
	again(&b);
	d = btt_disk_open(b.arena, b.btt, BTT_VIEW_RECOVERED, 512);
	cr_assert(image_read(d, 6 * 512, 512, sector, lost) && lost[0] == 1 && lost[511] == 1);
	cr_assert(image_read(d, 7 * 512, 512, sector, lost) && lost[0] == 0);
	done(&b);
}

Test(flog, tells_the_newer_entry)
{
	cr_assert(btt_flog_newer(1, 2) == 1 && btt_flog_newer(2, 3) == 1 && btt_flog_newer(3, 1) == 1);
	cr_assert(btt_flog_newer(2, 1) == 0 && btt_flog_newer(3, 2) == 0 && btt_flog_newer(1, 3) == 0);
	cr_assert(btt_flog_newer(0, 2) == 1 && btt_flog_newer(2, 0) == 0);
	cr_assert(btt_flog_newer(2, 2) == -1 && btt_flog_newer(0, 0) == -1 && btt_flog_newer(4, 1) == -1);
}

Test(geom, matches_the_worked_examples)
{
	struct btt_geom g;

	cr_assert(btt_geom(0x10FE000, 512, 256, &g));
	cr_assert(g.internal_nlba == 0x86AA && g.external_nlba == 0x85AA && g.mapoff == 0x10D7000 &&
		  g.flogoff == 0x10F9000 && g.infooff == 0x10FD000);
	cr_assert(btt_geom(UINT64_C(1) << 39, 65536, 256, &g) && g.external_nlba == 0x7FFCFF);
	cr_assert(btt_geom(64 << 20, 4096, 256, &g) && g.internal_nlba == 0x3FE9 && g.mapoff == 0x3FEB000 &&
		  g.flogoff == 0x3FFB000);
	cr_assert_eq(btt_geom_internal(520, BTT_ROUND_KERNEL), 576);
	cr_assert_eq(btt_geom_internal(520, BTT_ROUND_PMDK), 768);
	cr_assert_not(btt_geom(4096, 512, 256, &g));
	cr_assert_not(btt_geom(UINT64_MAX, 512, 256, &g));
}
