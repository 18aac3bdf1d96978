/* A pmemblk pool that pmempool made and libpmemblk wrote into, in memory, changed word by word. */
#ifndef TESTS_ANALYZER_FACTS_BTT_LAB_H
#define TESTS_ANALYZER_FACTS_BTT_LAB_H

#include "analyzer/check.h"
#include "formats/btt/map.h"
#include "formats/btt/writes.h"
#include "formats/image/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DATA_AT = 0x2000, BLOCK = 512 };

struct bench {
	char path[64];
	uint8_t *bytes;
	size_t len;
	struct arena *arena;
	struct image *image;
	struct model m;
};

static inline void load(struct bench *b)
{
	FILE *f = fopen(b->path, "rb");

	cr_assert_not_null(f);
	fseek(f, 0, SEEK_END);
	b->len = (size_t)ftell(f);
	rewind(f);
	free(b->bytes);
	b->bytes = malloc(b->len);
	cr_assert_eq(fread(b->bytes, 1, b->len, f), b->len);
	fclose(f);
}

static inline void store(const struct bench *b)
{
	FILE *f = fopen(b->path, "wb");

	cr_assert_not_null(f);
	cr_assert_eq(fwrite(b->bytes, 1, b->len, f), b->len);
	fclose(f);
}

static inline const struct btt_arena *decode(struct bench *b)
{
	if (b->arena)
		arena_close(b->arena);
	b->arena = arena_open(64 << 20);
	b->image = memory_open(b->arena, "pool", b->bytes, b->len, NULL);
	b->m = (struct model){ .arena = b->arena, .format = "pmemblk", .root = node_group(b->arena, NULL, "") };
	b->m.btt = btt_decode(b->arena, b->m.root, b->image, DATA_AT, b->len - DATA_AT, BTT_IN_POOL, BLOCK, NULL);
	cr_assert_not_null(b->m.btt);
	return &b->m.btt->arenas[0];
}

static inline void run(const char *before, const char *path, const char *behind)
{
	char line[256];

	snprintf(line, sizeof(line), "%s %s%s", before, path, behind);
	cr_assert_eq(system(line), 0, "%s", line);
}

static inline struct bench opened(void)
{
	struct bench b = { .path = "/tmp/pmemscope-lab-XXXXXX" };
	int fd = mkstemp(b.path);

	cr_assert(fd >= 0);
	close(fd);
	unlink(b.path);
	run("pmempool create -s 17M blk 512", b.path, "");
	run("$PEERS/blk_use close", b.path, "");
	load(&b);
	return b;
}

static inline void closed(struct bench *b)
{
	arena_close(b->arena);
	free(b->bytes);
	unlink(b->path);
}

static inline void put32(struct bench *b, uint64_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		b->bytes[at + (uint64_t)i] = (uint8_t)(v >> 8 * i);
}

static inline uint32_t get32(const struct bench *b, uint64_t at)
{
	return (uint32_t)b->bytes[at] | (uint32_t)b->bytes[at + 1] << 8 | (uint32_t)b->bytes[at + 2] << 16 |
	       (uint32_t)b->bytes[at + 3] << 24;
}

/* All checks over the pool as it is now. */
static inline struct findings *judged(struct bench *b)
{
	struct findings *fs;

	decode(b);
	fs = findings_open(b->arena, 10);
	checks_run(&b->m, fs, NULL, NULL);
	return fs;
}

#endif
