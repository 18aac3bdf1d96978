#include "formats/image/bad.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { SECTOR = 512, EXTENTS = 128 };

struct ranges {
	struct run *all; /* from = at */
	size_t nr, room;
};

static bool add(struct arena *a, struct ranges *r, uint64_t at, uint64_t end)
{
	if (at >= end)
		return true;
	if (r->nr == r->room) {
		struct run *more = arena_array(a, r->room * 2 + 8, sizeof(*more));

		if (more == NULL)
			return false;
		if (r->nr)
			memcpy(more, r->all, r->nr * sizeof(*more));
		r->all = more;
		r->room = r->room * 2 + 8;
	}
	r->all[r->nr++] = (struct run){ at, end - at, at };
	return true;
}

/* What the list names of the device's [at, at+size), from `at` on. */
static bool list_read(struct arena *a, const char *list, uint64_t origin, uint64_t at, uint64_t size, struct ranges *out)
{
	unsigned long long sector, nr;
	FILE *f = fopen(list, "re");
	bool ok = true;

	while (ok && f && fscanf(f, "%llu %llu", &sector, &nr) == 2) {
		uint64_t from, len, to;

		if (__builtin_mul_overflow(sector, (uint64_t)SECTOR, &from) || __builtin_add_overflow(from, origin, &from) ||
		    __builtin_mul_overflow(nr, (uint64_t)SECTOR, &len) || __builtin_add_overflow(from, len, &to) || to <= at ||
		    from >= at + size)
			continue;
		ok = add(a, out, from > at ? from - at : 0, to - at < size ? to - at : size);
	}
	if (f)
		fclose(f);
	return ok;
}

static int by_place(const void *x, const void *y)
{
	const struct run *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

/* What is left of [0, size) without the ranges, which are put in order. */
static bool without(struct arena *a, struct ranges *bad, uint64_t size, struct bad *out)
{
	struct ranges good = { NULL, 0, 0 };
	uint64_t done = 0;
	bool ok = true;

	*out = (struct bad){ .all = bad->all, .nr = bad->nr };
	if (bad->nr == 0)
		return true;
	qsort(bad->all, bad->nr, sizeof(*bad->all), by_place);
	for (size_t i = 0; ok && i < bad->nr; i++) {
		uint64_t end = bad->all[i].at + bad->all[i].len;

		ok = add(a, &good, done, bad->all[i].at);
		if (end > done) {
			out->total += end - (bad->all[i].at > done ? bad->all[i].at : done);
			done = end;
		}
	}
	ok = ok && add(a, &good, done, size);
	out->good = good.all;
	out->good_nr = good.nr;
	return ok;
}

bool bad_of_device(struct arena *a, const char *list, uint64_t origin, uint64_t at, uint64_t size, struct bad *out)
{
	struct ranges bad = { NULL, 0, 0 };

	return list_read(a, list, origin, at, size, &bad) && without(a, &bad, size, out);
}

const char *bad_beside(struct arena *a, const char *path)
{
	const char *name = arena_printf(a, "%s" BAD_LIST_ENDING, path);
	struct stat st;

	return name && stat(name, &st) == 0 && S_ISREG(st.st_mode) ? name : NULL;
}

/* The list of a block device, and where the device begins in it: a partition's is its disk's. */
static bool list_find(dev_t dev, char list[PATH_MAX], uint64_t *start)
{
	char dir[64], path[96];
	unsigned long long sector = 0;

	*start = 0;
	snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u", major(dev), minor(dev));
	snprintf(path, sizeof(path), "%s/partition", dir);
	bool part = access(path, F_OK) == 0;
	if (part) {
		snprintf(path, sizeof(path), "%s/start", dir);
		FILE *f = fopen(path, "re");
		bool ok = f && fscanf(f, "%llu", &sector) == 1;

		if (f)
			fclose(f);
		if (!ok)
			return false;
	}
	*start = sector * SECTOR;
	snprintf(path, sizeof(path), "%s/%sbadblocks", dir, part ? "../" : "");
	/* the link is followed first: .. is the disk then */
	return realpath(path, list) != NULL;
}

/* Of one extent of the file: what of it is bad. */
static bool extent_add(struct arena *a, const struct ranges *bad, const struct fiemap_extent *e, uint64_t size,
		       struct ranges *out)
{
	bool ok = true;

	for (size_t i = 0; ok && i < bad->nr; i++) {
		uint64_t from = bad->all[i].at, to = from + bad->all[i].len, end = e->fe_physical + e->fe_length;

		from = from > e->fe_physical ? from : e->fe_physical;
		to = to < end ? to : end;
		if (from >= to)
			continue;
		from = from - e->fe_physical + e->fe_logical;
		to = to - e->fe_physical + e->fe_logical;
		ok = add(a, out, from, to < size ? to : size);
	}
	return ok;
}

/* What of the file lies in bad, which are ranges of its device. */
static bool extents_read(struct arena *a, int fd, const struct ranges *bad, uint64_t size, struct ranges *out)
{
	enum { NO_PLACE = FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED |
			  FIEMAP_EXTENT_DATA_INLINE };
	struct fiemap *map = calloc(1, sizeof(*map) + EXTENTS * sizeof(map->fm_extents[0]));
	bool ok = map != NULL, more = ok;
	uint64_t at = 0;

	while (ok && more && at < size) {
		more = false;
		*map = (struct fiemap){ .fm_start = at, .fm_length = size - at, .fm_extent_count = EXTENTS };
		if (ioctl(fd, FS_IOC_FIEMAP, map) != 0)
			break; /* the file system does not tell */
		for (uint32_t i = 0; ok && i < map->fm_mapped_extents && i < EXTENTS; i++) {
			const struct fiemap_extent *e = &map->fm_extents[i];
			uint64_t end = e->fe_logical + e->fe_length;

			if ((e->fe_flags & NO_PLACE) == 0)
				ok = extent_add(a, bad, e, size, out);
			more = end > at && (e->fe_flags & FIEMAP_EXTENT_LAST) == 0;
			at = end > at ? end : at;
		}
	}
	free(map);
	return ok;
}

bool bad_of_file(struct arena *a, int fd, const struct stat *st, uint64_t size, struct bad *out)
{
	struct ranges on_device = { NULL, 0, 0 }, in_file = { NULL, 0, 0 };
	bool device = S_ISBLK(st->st_mode);
	char list[PATH_MAX];
	uint64_t start;

	*out = (struct bad){ .good = NULL };
	if ((!device && !S_ISREG(st->st_mode)) || !list_find(device ? st->st_rdev : st->st_dev, list, &start))
		return true;
	if (device)
		return list_read(a, list, 0, start, size, &on_device) && without(a, &on_device, size, out);
	if (!list_read(a, list, 0, start, UINT64_MAX - start, &on_device))
		return false;
	return on_device.nr == 0 || (extents_read(a, fd, &on_device, size, &in_file) && without(a, &in_file, size, out));
}
