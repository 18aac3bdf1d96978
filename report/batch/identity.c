#include "report/batch/identity.h"

#include "formats/base/digest.h"
#include "formats/base/span.h"
#include "formats/base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_LEN = 64 << 10, ASK_EVERY = 1024 }; /* bytes; blocks */

static void add_number(struct digest *d, uint64_t v)
{
	uint8_t bytes[8];

	span_put_le(bytes, sizeof(bytes), v);
	digest_add(d, bytes, sizeof(bytes));
}

/* Where the data that begins at or behind `at` begins; size: there is no more. */
static uint64_t data_from(int fd, uint64_t at, uint64_t size)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? size : at;
	return (uint64_t)data < at ? at : (uint64_t)data;
}

static enum status file_add(struct digest *d, int fd, uint8_t *block, struct batch_file *f, bool (*go_on)(void *), void *ctx,
			    struct problem *p)
{
	uint64_t blocks = 0, data = 0;

	add_number(d, f->size);
	for (uint64_t at = 0; at < f->size; at += BLOCK_LEN) {
		size_t len = f->size - at < BLOCK_LEN ? (size_t)(f->size - at) : BLOCK_LEN;

		if (at >= data)
			data = data_from(fd, at, f->size);
		if (data >= f->size)
			break;
		if (data >= at + len) {
			at = data / BLOCK_LEN * BLOCK_LEN - BLOCK_LEN; /* the next round begins at the block with data */
			continue;
		}
		data = at;
		if (blocks++ % ASK_EVERY == 0 && go_on && !go_on(ctx))
			return problem_set(p, STATUS_INTERRUPTED, "interrupted");
		if (!whole_read(fd, block, len, at))
			memset(block, 0, len); /* a bad block: known by what can be read; the analysis tells of it */
		if (span_zero((struct span){ .p = block, .len = len }))
			continue;
		add_number(d, at / BLOCK_LEN);
		digest_add(d, block, len);
	}
	return STATUS_OK;
}

static enum status file_open(struct digest *d, uint8_t *block, struct batch_file *f, bool (*go_on)(void *), void *ctx,
			     struct problem *p)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || !batch_file_look(f->path, f)) {
		if (fd >= 0)
			close(fd);
		return problem_set(p, STATUS_IO, "%s: %s; it is left out", f->path, strerror(errno));
	}
	enum status st = file_add(d, fd, block, f, go_on, ctx, p);
	close(fd);
	return st;
}

/* The paths in it are where the set lies, not what it is; it counts only when none of its parts is here. */
static bool is_set_file(const struct batch_image *im, size_t i)
{
	return im->nr > 1 && strcmp(im->kind, "set") == 0 && strcmp(im->files[i].path, im->source) == 0;
}

enum status batch_identity(struct batch_image *im, bool (*go_on)(void *), void *ctx, struct problem *p)
{
	uint8_t *block = malloc(BLOCK_LEN), sum[DIGEST_LEN];
	struct digest *d = digest_open();
	char hex[2 * DIGEST_LEN + 1];
	enum status st = block && d ? STATUS_OK : problem_set(p, STATUS_NOMEM, "no memory");

	for (size_t i = 0; st == STATUS_OK && i < im->nr; i++)
		if (!is_set_file(im, i))
			st = file_open(d, block, &im->files[i], go_on, ctx, p);
	if (st == STATUS_OK && !digest_end(d, sum))
		st = problem_set(p, STATUS_NOMEM, "libcrypto refuses to make a digest");
	if (st == STATUS_OK) {
		digest_text(sum, hex);
		memcpy(im->id, hex, BATCH_ID_LEN);
		im->id[BATCH_ID_LEN] = '\0';
	}
	digest_close(d);
	free(block);
	return st;
}
