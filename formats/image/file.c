#include "formats/image/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096 };

struct file {
	struct image image;
	int fd;
	struct source *source;
};

static struct file *file_of(const struct image *im)
{
	return (struct file *)(uintptr_t)im; /* image is the first member */
}

/* Bytes read from `at` on; fewer than len at the file's end or before a failure, which errno tells. */
static size_t read_some(struct file *f, uint64_t at, size_t len, uint8_t *buf, bool *failed)
{
	size_t done = 0;

	*failed = false;
	while (done < len) {
		ssize_t n = pread(f->fd, buf + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			*failed = true;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static void mark_lost(struct file *f, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost)
{
	memset(buf, 0, len);
	memset(lost, 1, len);
	source_file_unread(f->source, at, len);
}

static enum status file_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			     struct problem *p)
{
	struct file *f = file_of(im);
	size_t done = 0;

	(void)p; /* what cannot be read is the evidence's state, not our failure */
	while (done < len) {
		bool failed;
		size_t n = read_some(f, at + done, len - done, buf + done, &failed);

		done += n;
		if (done == len)
			break;
		/* one page is given up; behind the end of a file that shrank, all the rest is */
		uint64_t page_end = ((at + done) / PAGE + 1) * PAGE;
		size_t skip = failed ? (size_t)(page_end - (at + done)) : len - done;
		if (skip > len - done)
			skip = len - done;
		mark_lost(f, at + done, skip, buf + done, lost + done);
		done += skip;
	}
	source_file_read(f->source, len);
	return STATUS_OK;
}

static struct extent file_extent(struct image *im, uint64_t at)
{
	struct file *f = file_of(im);
	off_t data = lseek(f->fd, (off_t)at, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		return (struct extent){ at, im->size - at, EXTENT_HOLE };
	if (data < 0) /* the file system does not tell */
		return (struct extent){ at, im->size - at, EXTENT_DATA };
	if ((uint64_t)data > at) {
		uint64_t end = (uint64_t)data < im->size ? (uint64_t)data : im->size;
		return (struct extent){ at, end - at, EXTENT_HOLE };
	}
	off_t hole = lseek(f->fd, (off_t)at, SEEK_HOLE);
	uint64_t end = hole > 0 && (uint64_t)hole < im->size ? (uint64_t)hole : im->size;
	return (struct extent){ at, end - at, EXTENT_DATA };
}

static struct origin file_origin(const struct image *im, uint64_t at)
{
	return (struct origin){ file_of(im)->source, at, im->size - at };
}

static void file_close(struct image *im)
{
	struct file *f = file_of(im);

	close(f->fd);
	free(f);
}

struct image *file_open(int fd, uint64_t size, struct source *src)
{
	static const struct image_ops ops = {
		.read = file_read, .extent = file_extent, .origin = file_origin, .close = file_close,
	};
	struct file *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		close(fd);
		return NULL;
	}
	f->image = (struct image){ .ops = &ops, .size = size, .label = src->path, .parallel = true };
	f->fd = fd;
	f->source = src;
	return &f->image;
}
