/* A scratch directory for the tests of this room, commands in it, and intakes with their limits. */
#ifndef TESTS_FORMATS_IMAGE_SCRATCH_H
#define TESTS_FORMATS_IMAGE_SCRATCH_H

#include "formats/image/intake.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[64];

static inline void scratch_make(void)
{
	strcpy(scratch, "/tmp/pmemscope-image-XXXXXX");
	cr_assert_not_null(mkdtemp(scratch));
}

static inline void scratch_remove(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", scratch);
	cr_assert_eq(system(cmd), 0);
}

/* A path in the scratch directory; good until eight more were asked for. */
static inline const char *scratch_path(const char *name)
{
	static char p[8][512];
	static unsigned i;

	i = (i + 1) % 8;
	snprintf(p[i], sizeof(p[i]), "%s/%s", scratch, name);
	return p[i];
}

/* Runs a shell command in the scratch directory; it must succeed. */
__attribute__((format(printf, 1, 2))) static inline void scratch_sh(const char *fmt, ...)
{
	char cmd[4096];
	int n = snprintf(cmd, sizeof(cmd), "cd %s && ", scratch);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd + n, sizeof(cmd) - (size_t)n, fmt, ap);
	va_end(ap);
	cr_assert_eq(system(cmd), 0, "%s", cmd);
}

static inline void scratch_put(const char *name, off_t at, const void *bytes, size_t len)
{
	int fd = open(scratch_path(name), O_CREAT | O_WRONLY, 0600);

	cr_assert(fd >= 0 && pwrite(fd, bytes, len, at) == (ssize_t)len);
	close(fd);
}

/* All of a file; to be freed. */
static inline uint8_t *scratch_get(const char *name, size_t *len)
{
	int fd = open(scratch_path(name), O_RDONLY);
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;

	cr_assert(size >= 0);
	uint8_t *bytes = malloc((size_t)size + 1);
	*len = (size_t)size;
	cr_assert(bytes && pread(fd, bytes, *len, 0) == (ssize_t)*len);
	close(fd);
	return bytes;
}

static inline struct intake scratch_intake(void)
{
	return (struct intake){ .arena = arena_open(64 << 20), .options = { .limits = INTAKE_LIMITS } };
}

static inline void scratch_close(struct intake *in)
{
	intake_close(in);
	arena_close(in->arena);
}

/* The item whose name is name; it must be there. */
static inline struct item *scratch_item(struct intake *in, const char *name)
{
	for (struct item *it = in->first; it; it = it->next)
		if (strcmp(it->name, name) == 0)
			return it;
	cr_assert_fail("no item %s", name);
	return NULL;
}

/* The image's bytes are those of the file, read in pieces of odd length; nothing is lost. */
static inline void scratch_same(struct image *im, const char *name)
{
	size_t len;
	uint8_t *want = scratch_get(name, &len);
	const size_t step = 99991;
	uint8_t *buf = malloc(2 * step);

	cr_assert(buf && image_settle(im));
	cr_assert_eq(im->size, len, "%s: %zu bytes, not %zu", name, (size_t)im->size, len);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;

		cr_assert(image_read(im, at, n, buf, buf + step));
		cr_assert(memcmp(buf, want + at, n) == 0, "%s differs at or behind %zu", name, at);
		cr_assert_null(memchr(buf + step, 1, n));
	}
	free(buf);
	free(want);
}

#endif
