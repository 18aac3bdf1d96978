#include "formats/image/dax.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PAGE = 4096, PIPE_LEN = 16 * PAGE, LINE = 128 };
#define MAP_LEN (UINT64_C(64) << 20) /* bytes mapped at a time, or one align where that is more */

struct dax_image {
	struct image image;
	int fd, pipe[2];
	uint64_t align;
	uint8_t *map; /* NULL: none */
	uint64_t map_at, map_len;
	struct source *source;
};

static struct dax_image *dax_of(const struct image *im)
{
	return (struct dax_image *)(uintptr_t)im; /* image is the first member */
}

/* The number in an attribute of sysfs. */
static bool attribute(const char *dir, const char *name, uint64_t *out)
{
	char path[PATH_MAX], text[LINE], *end;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return false;
	f = fopen(path, "re");
	bool ok = f && fgets(text, sizeof(text), f);
	if (f)
		fclose(f);
	if (!ok)
		return false;
	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno == 0 && end != text;
}

bool dax_probe(struct arena *a, const struct stat *st, struct dax *out)
{
	char link[64], dir[PATH_MAX], name[PATH_MAX];
	uint64_t at, region_at;

	*out = (struct dax){ .align = UINT64_C(2) << 20 };
	if (!S_ISCHR(st->st_mode))
		return false;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u", major(st->st_rdev), minor(st->st_rdev));
	if (realpath(link, dir) == NULL || snprintf(name, sizeof(name), "%s/subsystem", link) >= (int)sizeof(name))
		return false;
	char *subsystem = realpath(name, NULL);
	const char *slash = subsystem ? strrchr(subsystem, '/') : NULL;
	bool is = slash && strcmp(slash, "/dax") == 0;
	free(subsystem);
	if (!is || !attribute(dir, "size", &out->size))
		return false;
	if (!attribute(dir, "align", &out->align))
		attribute(dir, "device/align", &out->align);
	if (out->align == 0 || out->align % PAGE)
		return false;
	if (!attribute(dir, "resource", &at))
		return true;
	for (char *up = strrchr(dir, '/'); up > dir; up = strrchr(dir, '/')) {
		*up = '\0';
		if (snprintf(name, sizeof(name), "%s/badblocks", dir) < (int)sizeof(name) &&
		    access(name, R_OK) == 0 && attribute(dir, "resource", &region_at))
			return bad_of_device(a, name, region_at, at, out->size, &out->bad);
	}
	return true;
}

static bool map(struct dax_image *d, uint64_t at)
{
	if (d->map && at >= d->map_at && at - d->map_at < d->map_len)
		return true;
	if (d->map)
		munmap(d->map, (size_t)d->map_len);
	uint64_t len = d->align > MAP_LEN ? d->align : MAP_LEN / d->align * d->align;
	d->map_at = at / len * len;
	d->map_len = len < d->image.size - d->map_at ? len : d->image.size - d->map_at;
	void *p = mmap(NULL, (size_t)d->map_len, PROT_READ, MAP_SHARED, d->fd, (off_t)d->map_at);
	d->map = p == MAP_FAILED ? NULL : p;
	return d->map != NULL;
}

/*
 * Bytes from place `at` of the mapping into buf, at most PIPE_LEN; 0: the first cannot be read. We
 * never touch the mapping ourselves: the kernel does, writing it into a pipe. Where a page is not there
 * or is poisoned its copying from user memory fails, and we get EFAULT where a load of ours would
 * have raised SIGBUS. (Not process_vm_readv: the kernel then reads through its own mapping, where poison
 * is fatal to it.)
 */
static size_t copy(struct dax_image *d, uint64_t at, size_t len, uint8_t *buf)
{
	size_t room = (size_t)(d->map_at + d->map_len - at), got = 0;
	ssize_t n;

	len = len < PIPE_LEN ? len : PIPE_LEN;
	len = len < room ? len : room;
	/* whole pages in whole pages of the pipe, so that a fault takes no more than its own */
	if (at % PAGE && len > PAGE - at % PAGE)
		len = PAGE - (size_t)(at % PAGE);
	else if (at % PAGE == 0 && len > PAGE)
		len -= len % PAGE;
	do
		n = write(d->pipe[1], d->map + (at - d->map_at), len);
	while (n < 0 && errno == EINTR);
	while (n > 0 && got < (size_t)n) {
		ssize_t r = read(d->pipe[0], buf + got, (size_t)n - got);

		if (r > 0)
			got += (size_t)r;
		else if (r == 0 || errno != EINTR)
			break;
	}
	return got;
}

static enum status dax_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			    struct problem *p)
{
	struct dax_image *d = dax_of(im);

	source_file_read(d->source, len);
	while (len) {
		if (!map(d, at))
			return problem_set(p, STATUS_IO, "%s: cannot be mapped: %s; is it in use by another driver?",
					   im->label, strerror(errno));
		size_t n = copy(d, at, len, buf);
		if (n == 0) {
			n = PAGE - (size_t)(at % PAGE) < len ? PAGE - (size_t)(at % PAGE) : len;
			memset(buf, 0, n);
			memset(lost, 1, n);
			source_file_unread(d->source, at, n);
		}
		at += n;
		buf += n;
		lost += n;
		len -= n;
	}
	return STATUS_OK;
}

static struct extent dax_extent(struct image *im, uint64_t at)
{
	return (struct extent){ at, im->size - at, EXTENT_DATA };
}

static struct origin dax_origin(const struct image *im, uint64_t at)
{
	return (struct origin){ dax_of(im)->source, at, im->size - at };
}

static void dax_close(struct image *im)
{
	struct dax_image *d = dax_of(im);

	if (d->map)
		munmap(d->map, (size_t)d->map_len);
	close(d->pipe[0]);
	close(d->pipe[1]);
	close(d->fd);
	free(d);
}

struct image *dax_open(int fd, uint64_t size, uint64_t align, struct source *src)
{
	static const struct image_ops ops = {
		.read = dax_read, .extent = dax_extent, .origin = dax_origin, .close = dax_close,
	};
	struct dax_image *d = calloc(1, sizeof(*d));

	if (d == NULL || pipe2(d->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		free(d);
		close(fd);
		return NULL;
	}
	d->image = (struct image){ .ops = &ops, .size = size, .label = src->path };
	d->fd = fd;
	d->align = align;
	d->source = src;
	return &d->image;
}
