/*
 * Makes a pmemblk pool for the benchmark: libpmemblk lays it out in a sparse file and writes one
 * block, then the map is filled in as years of use would leave it.
 *
 *	btt_pool PATH BYTES BLOCK hole      the map as laid out, not stored
 *	btt_pool PATH BYTES BLOCK fresh     the same, stored as zeros
 *	btt_pool PATH BYTES BLOCK half      half of the blocks written, at random
 *	btt_pool PATH BYTES BLOCK permuted  all of them
 *	btt_pool PATH BYTES BLOCK broken    300000 words that name no block
 */
#include "formats/btt/arena.h"
#include "formats/btt/map.h"
#include "formats/image/file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libpmemblk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DATA_AT = 0x2000, SMALL = 80 << 20, BROKEN = 300000 };

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void die(const char *what)
{
	fprintf(stderr, "btt_pool: %s: %s\n", what, strerror(errno));
	exit(1);
}

/*
 * The library reserves every byte of a pool that it creates. So it creates a small one, whose header
 * is put before a hole of the wanted size; the first write there lays out the BTT for that size.
 */
static void lay_out(const char *path, off_t len, size_t bsize)
{
	char head[DATA_AT];
	PMEMblkpool *p = pmemblk_create(path, bsize, SMALL, 0600);
	void *block = calloc(1, bsize);

	if (p == NULL || block == NULL)
		die(pmemblk_errormsg());
	pmemblk_close(p);
	int fd = open(path, O_RDWR);
	if (fd < 0 || pread(fd, head, sizeof(head), 0) != sizeof(head) || ftruncate(fd, 0) != 0 ||
	    ftruncate(fd, len) != 0 || pwrite(fd, head, sizeof(head), 0) != sizeof(head))
		die(path);
	close(fd);
	p = pmemblk_open(path, bsize);
	if (p == NULL || pmemblk_write(p, block, 0) != 0)
		die(pmemblk_errormsg());
	free(block);
	pmemblk_close(p);
}

/* Deals the blocks of the words in list out among them anew. */
static void shuffle(uint32_t *words, const uint32_t *list, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		words[list[i]] = btt_map_word(btt_map_owned(words[list[i]], list[i]));
	for (uint32_t i = nr; i > 1; i--) {
		uint32_t j = (uint32_t)(rnd() % i), keep = words[list[i - 1]];

		words[list[i - 1]] = words[list[j]];
		words[list[j]] = keep;
	}
}

static void fill(uint32_t *words, uint32_t nr, const char *how)
{
	uint32_t *list = malloc(((size_t)nr + 1) * sizeof(*list)), listed = 0;

	if (list == NULL)
		die("memory");
	if (strcmp(how, "broken") == 0) {
		for (uint32_t i = 0; i < BROKEN && nr; i++)
			words[rnd() % nr] = btt_map_word(BTT_MAP_BLOCK_MASK);
	} else if (strcmp(how, "fresh") != 0) {
		for (uint32_t i = 0; i < nr; i++)
			if (strcmp(how, "permuted") == 0 || (rnd() & 1))
				list[listed++] = i;
		shuffle(words, list, listed);
	}
	free(list);
}

static void arena_fill(const struct btt *b, const struct btt_arena *ar, int fd, const char *how)
{
	size_t len = (size_t)ar->external_nlba * BTT_MAP_WORD;
	uint32_t *words = malloc(len);
	uint8_t *lost = malloc(ar->external_nlba);

	if (words == NULL || lost == NULL || !btt_map_read(b, ar, 0, ar->external_nlba, words, lost))
		die("the map");
	fill(words, ar->external_nlba, how);
	for (uint32_t i = 0; i < ar->external_nlba; i++)
		words[i] = htole32(words[i]);
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, (char *)words + done, len - done, (off_t)(ar->map_at + done));

		if (n <= 0)
			die("write");
		done += (size_t)n;
	}
	free(lost);
	free(words);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	off_t len = (off_t)strtoull(argv[2], NULL, 0);
	lay_out(argv[1], len, strtoul(argv[3], NULL, 0));
	if (strcmp(argv[4], "hole") == 0)
		return 0;

	struct arena *a = arena_open((size_t)64 << 20);
	struct source src = { .path = argv[1] };
	int fd = open(argv[1], O_RDWR);
	struct image *im = fd < 0 ? NULL : file_open(dup(fd), (uint64_t)len, &src);
	if (im == NULL)
		die(argv[1]);
	struct btt *b = btt_decode(a, NULL, im, DATA_AT, (uint64_t)len - DATA_AT, BTT_IN_POOL, 0, NULL);
	for (uint32_t k = 0; b && k < b->nr; k++)
		arena_fill(b, &b->arenas[k], fd, argv[4]);
	image_close(im);
	arena_close(a);
	return close(fd) != 0;
}
