/*
 * Pools that a program of tests/peers makes with the real library, in private memory where a test may
 * change single words.
 */
#ifndef TESTS_FORMATS_OBJ_LAB_H
#define TESTS_FORMATS_OBJ_LAB_H

#include "formats/image/memory.h"
#include "formats/obj/heap.h"
#include "formats/obj/obj.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct lab {
	uint8_t *bytes; /* a private mapping of the pool */
	size_t len;
	char *said;     /* what the program printed */
	struct arena *arena;
	struct image *image;
	struct node *root;
	struct obj_pool *pool;
	struct obj_heap *heap;
};

static inline uint64_t lab_get(const struct lab *l, uint64_t at, size_t width)
{
	uint64_t v = 0;

	for (size_t i = width; i-- > 0;)
		v = v << 8 | l->bytes[at + i];
	return v;
}

static inline void lab_decode(struct lab *l)
{
	arena_close(l->arena);
	l->arena = arena_open(256 << 20);
	l->image = memory_open(l->arena, "pool", l->bytes, l->len, NULL);
	l->root = node_group(l->arena, NULL, "");
	l->pool = obj_decode(l->arena, l->root, l->image, l->len, (uint32_t)lab_get(l, 8, 4), 4096, l->bytes + 24);
	cr_assert_not_null(l->pool);
	l->heap = l->pool->heap;
	cr_assert_not_null(l->heap);
}

/* Runs "$PEERS/program POOL args" and takes the pool and what was printed. */
static inline struct lab lab_make(const char *program, const char *args)
{
	char path[] = "/tmp/pmemscope-obj-XXXXXX", cmd[512];
	struct lab l = { 0 };
	struct stat st;
	int fd = mkstemp(path);
	size_t room = 0;

	cr_assert(fd >= 0);
	close(fd);
	unlink(path);
	snprintf(cmd, sizeof(cmd), "%s/%s %s %s", getenv("PEERS"), program, path, args);
	FILE *p = popen(cmd, "r"), *said = open_memstream(&l.said, &room);
	for (int c; (c = getc(p)) != EOF;)
		putc(c, said);
	fclose(said);
	cr_assert_eq(pclose(p), 0, "%s", cmd);
	fd = open(path, O_RDONLY);
	unlink(path);
	cr_assert(fd >= 0 && fstat(fd, &st) == 0);
	l.len = (size_t)st.st_size;
	l.bytes = mmap(NULL, l.len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	cr_assert_neq(l.bytes, MAP_FAILED);
	close(fd);
	lab_decode(&l);
	return l;
}

static inline void lab_put(struct lab *l, uint64_t at, uint64_t value, size_t width)
{
	cr_assert(at + width <= l->len);
	for (size_t i = 0; i < width; i++)
		l->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static inline void lab_close(struct lab *l)
{
	arena_close(l->arena);
	munmap(l->bytes, l->len);
	free(l->said);
}

#endif
