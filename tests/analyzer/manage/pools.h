/* Replicated pools for the tests of sync and transform: made, filled, checked and opened by PMDK's own library. */
#ifndef TESTS_ANALYZER_MANAGE_POOLS_H
#define TESTS_ANALYZER_MANAGE_POOLS_H

#include "analyzer/manage/manage.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <libpmemobj.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 4096, ITEMS = 200, ITEM_LEN = 90000, RUNTIME_AT = 0x1a20, RUNTIME_END = 0x2000 };

static char dir[64];

static inline void pools_start(void)
{
	/* in memory where that can be: the tests wait for no disk then */
	strcpy(dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/pools.XXXXXX" : "/tmp/pools.XXXXXX");
	cr_assert(mkdtemp(dir) && chdir(dir) == 0);
}

static inline void run(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

static inline void pools_end(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	run(command);
}

/* A file; each @ of text is the directory. */
static inline void set_write(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	for (; *text; text++)
		if (*text == '@')
			fputs(dir, f);
		else
			fputc(*text, f);
	fclose(f);
}

struct root {
	PMEMoid item[ITEMS];
};

static inline int item_fill(PMEMobjpool *pop, void *p, void *arg)
{
	unsigned i = *(unsigned *)arg;

	for (unsigned k = 0; k < ITEM_LEN / sizeof(unsigned); k++)
		((unsigned *)p)[k] = i * 7919 + k;
	pmemobj_persist(pop, p, ITEM_LEN);
	return 0;
}

/* Closed cleanly, with data in all of it. */
static inline void pool_make(const char *set)
{
	PMEMobjpool *pop = pmemobj_create(set, "pools", 0, 0640);

	cr_assert(pop, "%s: %s", set, pmemobj_errormsg());
	struct root *root = pmemobj_direct(pmemobj_root(pop, sizeof(*root)));
	for (unsigned i = 0; i < ITEMS; i++)
		cr_assert(pmemobj_alloc(pop, &root->item[i], ITEM_LEN, 1, item_fill, &i) == 0);
	for (unsigned i = 0; i < ITEMS; i += 5)
		pmemobj_free(&root->item[i]);
	pmemobj_close(pop);
}

/* The library opens it, finds it consistent, and finds every item as it was made. */
static inline bool pool_good(const char *set)
{
	bool good = pmemobj_check(set, "pools") == 1;
	PMEMobjpool *pop = good ? pmemobj_open(set, "pools") : NULL;

	if (pop == NULL) {
		fprintf(stderr, "%s: %s\n", set, pmemobj_errormsg());
		return false;
	}
	const struct root *root = pmemobj_direct(pmemobj_root(pop, sizeof(*root)));
	for (unsigned i = 0; i < ITEMS; i++) {
		const unsigned *p = pmemobj_direct(root->item[i]);

		good &= (i % 5 == 0) == (p == NULL);
		for (unsigned k = 0; p && k < ITEM_LEN / sizeof(unsigned); k++)
			good &= p[k] == i * 7919 + k;
	}
	pmemobj_close(pop);
	return good;
}

static inline void patch(const char *name, off_t at, int value, size_t len)
{
	char *bytes = malloc(len);
	int fd = open(name, O_RDWR);

	memset(bytes, value, len);
	cr_assert(fd >= 0 && pwrite(fd, bytes, len, at) == (ssize_t)len);
	close(fd);
	free(bytes);
}

static inline off_t size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? st.st_size : -1;
}

/* How many bytes of [at, end) differ; -1: one is not there or shorter. */
static inline long differ(const char *a, const char *b, off_t at, off_t end)
{
	enum { LEN = 1 << 20 };
	char *pa = malloc(LEN), *pb = malloc(LEN);
	int fa = open(a, O_RDONLY), fb = open(b, O_RDONLY);
	long nr = fa < 0 || fb < 0 ? -1 : 0;

	while (nr >= 0 && at < end) {
		size_t n = end - at < LEN ? (size_t)(end - at) : LEN;

		if (pread(fa, pa, n, at) != (ssize_t)n || pread(fb, pb, n, at) != (ssize_t)n)
			nr = -1;
		for (size_t i = 0; nr >= 0 && memcmp(pa, pb, n) != 0 && i < n; i++)
			nr += pa[i] != pb[i];
		at += (off_t)n;
	}
	close(fa);
	close(fb);
	free(pa);
	free(pb);
	return nr;
}

static inline long blocks_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (long)(st.st_blocks / 2) : -1; /* KiB */
}

/* The bytes of a replica's space, its parts' names one after the other: to and from one buffer. */
static inline size_t space_move(char *space, size_t room, const char *const *names, bool headers, bool write)
{
	size_t at = 0;

	for (int i = 0; names[i] && at < room; i++) {
		off_t off = i && headers ? HEADER : 0;
		size_t len = (size_t)(size_of(names[i]) - off);
		int fd = open(names[i], O_RDWR);

		if (len > room - at)
			len = room - at;
		/* the header stays each part's own */
		size_t skip = at == 0 && write ? HEADER : 0;
		cr_assert((write ? pwrite(fd, space + at + skip, len - skip, off + (off_t)skip) : pread(fd, space + at, len, off)) ==
			  (ssize_t)(len - skip));
		close(fd);
		at += len;
	}
	return at;
}

/* What the library leaves in one replica only is put into the other too, so that all bytes can be compared. */
static inline void replicas_even(const char *const *one, const char *const *other, size_t pool_size)
{
	char *space = malloc(pool_size);

	cr_assert_eq(space_move(space, pool_size, one, true, false), pool_size);
	cr_assert_eq(space_move(space, pool_size, other, true, true), pool_size);
	free(space);
}

/* Ends an operation before its nr-th write. */
static inline bool cut(void *ctx, uint64_t nr)
{
	return nr < *(uint64_t *)ctx;
}

static inline bool any_left(const char *pattern)
{
	char command[128];

	snprintf(command, sizeof(command), "ls -A1 . */ 2>/dev/null | grep -q '%s'", pattern);
	return system(command) == 0;
}

#endif
