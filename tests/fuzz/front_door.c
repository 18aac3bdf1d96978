/*
 * The whole front door: bytes in, all findings out. An input is either a file as it is, or, after a
 * first byte with its high bit set, a list of edits {place, length, bytes} of a real pool, of which
 * the low bits name one: so the fuzzer gets past what only PMDK can write.
 */
#include "analyzer/analyze.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POOLS = 3, EDIT_HEAD = 5, EDIT_MAX = 64 };

static struct pool {
	int fd;
	char path[64];
	size_t size;
	uint8_t *bytes; /* as they are without edits */
} pools[POOLS], plain;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void memory_file(struct pool *p)
{
	p->fd = memfd_create("evidence", 0);
	snprintf(p->path, sizeof(p->path), "/proc/self/fd/%d", p->fd);
}

static void pool_load(struct pool *p, const char *bases, const char *name)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s/pool", bases, name);
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "%s: no base pool; tests/fuzz/run makes them\n", path);
		exit(1);
	}
	p->size = (size_t)st.st_size;
	p->bytes = malloc(p->size);
	memory_file(p);
	if (p->bytes == NULL || read(fd, p->bytes, p->size) != (ssize_t)p->size ||
	    pwrite(p->fd, p->bytes, p->size, 0) != (ssize_t)p->size)
		exit(1);
	close(fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[POOLS] = { "obj_tx", "blk_used", "log_used" };
	const char *bases = getenv("BASES");

	(void)argc;
	(void)argv;
	for (int i = 0; i < POOLS; i++)
		pool_load(&pools[i], bases ? bases : ".", names[i]);
	memory_file(&plain);
	return 0;
}

static void look(const char *path)
{
	struct analyze_options o = ANALYZE_OPTIONS;
	struct result r;

	o.intake.limits.decoded = 64 << 20;
	analyze(path, &o, &r);
	analyze_close(&r);
}

/* Applies the edits, or takes them back. */
static void edit(const struct pool *p, const uint8_t *data, size_t size, bool back)
{
	while (size > EDIT_HEAD) {
		uint32_t at = (uint32_t)(data[0] | data[1] << 8 | data[2] << 16 | (data[3] & 1) << 24);
		size_t len = 1u + data[4] % EDIT_MAX;

		data += EDIT_HEAD;
		size -= EDIT_HEAD;
		at %= (uint32_t)p->size;
		if (len > size)
			len = size;
		if (len > p->size - at)
			len = p->size - at;
		if (pwrite(p->fd, back ? p->bytes + at : data, len, at) != (ssize_t)len)
			abort();
		data += len;
		size -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] & 0x80) {
		const struct pool *p = &pools[(data[0] & 0x7f) % POOLS];

		edit(p, data + 1, size - 1, false);
		look(p->path);
		edit(p, data + 1, size - 1, true);
		return 0;
	}
	if (ftruncate(plain.fd, 0) || pwrite(plain.fd, data, size, 0) != (ssize_t)size)
		abort();
	look(plain.path);
	return 0;
}
