#include "analyzer/manage/copy.h"

#include "analyzer/manage/crew.h"
#include "analyzer/repair/target.h"
#include "formats/base/span.h"
#include "formats/base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	BUFFER = 1 << 20,     /* of each thread */
	UNIT = 64 << 20,      /* bytes of a run that a thread takes at a time */
	SHARE_MIN = 64 << 10, /* below this, sharing blocks is not worth a call */
	START_MIN = 8 << 20,  /* written bytes that are sent on their way to the disk */
};

struct unit {
	const struct copy_run *run;
	uint64_t at, len; /* in the run */
};

/* The units of one file, taken one by one. */
struct lane {
	uint32_t first, nr;
	atomic_uint_least32_t next;
	atomic_bool shares; /* the file system has not refused yet */
};

struct copying {
	struct crew crew;
	const struct copy_job *job;
	struct unit *units;
	struct lane *lanes;
	struct writes *w; /* counted where one thread works */
	atomic_uint_least64_t written;
};

bool copy_read(const struct member *m, uint8_t *buf, size_t len, uint64_t at)
{
	if (m->device ? target_read(m->device, buf, len, at) : whole_read(m->fd, buf, len, at))
		return true;
	if (errno == 0) /* the file ends before what its set file says */
		errno = EIO;
	return false;
}

bool copy_extent(const struct member *m, uint64_t at, uint64_t *len)
{
	off_t data = m->device ? (off_t)at : lseek(m->fd, (off_t)at, SEEK_DATA);

	if (data < 0 && errno == ENXIO) /* a hole up to the end of the file */
		return false;
	if (data < 0)
		return true;
	if ((uint64_t)data > at) {
		if ((uint64_t)data - at < *len)
			*len = (uint64_t)data - at;
		return false;
	}
	off_t hole = m->device ? 0 : lseek(m->fd, (off_t)at, SEEK_HOLE);
	if (hole > 0 && (uint64_t)hole > at && (uint64_t)hole - at < *len)
		*len = (uint64_t)hole - at;
	return true;
}

static bool failed(struct copying *c, const char *name, const char *doing)
{
	int why = errno;

	return crew_fail(&c->crew, why, "%s: %s: %s", name, doing, strerror(why));
}

static bool write_next(struct copying *c)
{
	bool go = c->w->o->before_write == NULL || writes_next(c->w, c->crew.error);

	if (!go)
		atomic_store(&c->crew.stop, true);
	return go;
}

static bool end_write(struct copying *c, uint32_t to, const uint8_t *buf, size_t len, uint64_t at)
{
	int fd = c->job->to[to];

	return fd < 0 ? target_write(c->job->devices[to], buf, len, at) : whole_write(fd, buf, len, at);
}

/* The runs of blocks that are not zero; to a device, all. */
static bool block_runs_write(struct copying *c, const struct copy_run *r, const uint8_t *buf, size_t len, uint64_t to_at)
{
	size_t from = 0, at = 0;
	bool device = c->job->to[r->to] < 0;

	while (at < len) {
		size_t n = len - at < COPY_BLOCK ? len - at : COPY_BLOCK;
		bool zero = !device && span_zero_bytes(buf + at, n);

		at += n;
		if (zero && at - n > from) {
			if (!write_next(c) || !end_write(c, r->to, buf + from, at - n - from, to_at + from))
				return c->w->cut ? false : failed(c, c->job->to_names[r->to], "writing");
			atomic_fetch_add(&c->written, at - n - from);
		}
		if (zero)
			from = at;
	}
	if (at > from) {
		if (!write_next(c) || !end_write(c, r->to, buf + from, at - from, to_at + from))
			return c->w->cut ? false : failed(c, c->job->to_names[r->to], "writing");
		atomic_fetch_add(&c->written, at - from);
	}
	return true;
}

/* True: the blocks are shared now, and no byte was moved. */
static bool shared(struct copying *c, const struct copy_run *r, uint64_t at, uint64_t len)
{
	struct lane *lane = &c->lanes[r->to];
	struct file_clone_range range = { .src_fd = r->from->fd, .src_offset = r->from_at + at, .src_length = len,
					  .dest_offset = r->to_at + at };

	if (len < SHARE_MIN || r->from->device || c->job->to[r->to] < 0 || !atomic_load(&lane->shares) || !write_next(c))
		return false;
	if (ioctl(c->job->to[r->to], FICLONERANGE, &range) == 0) {
		atomic_fetch_add(&c->written, len);
		atomic_fetch_add(&c->crew.done, len);
		return true;
	}
	if (errno != EINVAL) /* EINVAL may be this range's own: its alignment */
		atomic_store(&lane->shares, false);
	return false;
}

static bool data_copy(struct copying *c, const struct copy_run *r, uint64_t at, uint64_t len, uint8_t *buf)
{
	uint64_t start = r->to_at + at;
	/* shared in whole blocks; the rest is moved */
	uint64_t whole = len / COPY_BLOCK * COPY_BLOCK;

	if (shared(c, r, at, whole)) {
		at += whole;
		len -= whole;
	}
	while (len && !crew_stopped(&c->crew)) {
		size_t n = len < BUFFER ? (size_t)len : BUFFER;

		if (!copy_read(r->from, buf, n, r->from_at + at))
			return failed(c, r->from->path, "reading");
		if (!block_runs_write(c, r, buf, n, r->to_at + at))
			return false;
		at += n;
		len -= n;
		if (r->to_at + at - start >= START_MIN || len == 0) {
			/* a wish, no more: the disk works while we read on; a device has none */
			(void)sync_file_range(c->job->to[r->to], (off_t)start, (off_t)(r->to_at + at - start),
					      SYNC_FILE_RANGE_WRITE);
			start = r->to_at + at;
		}
		atomic_fetch_add(&c->crew.done, n);
	}
	return !crew_stopped(&c->crew);
}

static void unit_copy(struct copying *c, uint32_t number, const struct unit *u, uint8_t *buf)
{
	uint64_t at = u->at, end = u->at + u->len;

	while (at < end && !crew_stopped(&c->crew)) {
		uint64_t len = end - at;

		if (!copy_extent(u->run->from, u->run->from_at + at, &len) && c->job->to[u->run->to] >= 0)
			atomic_fetch_add(&c->crew.done, len);
		else if (!data_copy(c, u->run, at, len, buf))
			return;
		at += len;
		if (!crew_tell(&c->crew, number))
			return;
	}
}

/* Begins with a file of its own, and helps with the others when that is done: writes to one file wait for each other. */
static void work(void *ctx, uint32_t number)
{
	struct copying *c = ctx;
	uint32_t files = c->job->to_nr;
	uint8_t *buf = malloc(BUFFER);

	if (buf == NULL) {
		crew_fail(&c->crew, ENOMEM, "no memory to copy");
		return;
	}
	for (uint32_t i = 0; i < files; i++) {
		struct lane *lane = &c->lanes[(number * files / c->crew.threads + i) % files];
		uint32_t mine;

		while (!crew_stopped(&c->crew) && (mine = atomic_fetch_add(&lane->next, 1)) < lane->nr)
			unit_copy(c, number, &c->units[lane->first + mine], buf);
	}
	free(buf);
}

static bool units_make(struct copying *c)
{
	uint64_t nr = 0;
	uint32_t i = 0;

	for (uint32_t k = 0; k < c->job->runs_nr; k++)
		nr += c->job->runs[k].len / UNIT + 1;
	c->units = calloc(nr ? nr : 1, sizeof(*c->units));
	c->lanes = calloc(c->job->to_nr ? c->job->to_nr : 1, sizeof(*c->lanes));
	if (c->units == NULL || c->lanes == NULL)
		return manage_fail(c->crew.error, ENOMEM, "no memory to copy");
	for (uint32_t t = 0; t < c->job->to_nr; t++)
		atomic_init(&c->lanes[t].shares, true);
	for (uint32_t k = 0; k < c->job->runs_nr; k++) {
		const struct copy_run *r = &c->job->runs[k];
		struct lane *lane = &c->lanes[r->to];

		if (lane->nr == 0)
			lane->first = i;
		for (uint64_t at = 0; at < r->len; at += UNIT) {
			uint64_t len = r->len - at < UNIT ? r->len - at : UNIT;

			c->units[i++] = (struct unit){ r, at, len };
			lane->nr++;
		}
		c->crew.total += r->len;
	}
	return true;
}

bool copy_all(const struct copy_job *job, struct writes *w, uint64_t *written, struct manage_error *e)
{
	struct copying c = { .job = job, .w = w };

	crew_open(&c.crew, "copy", 0, w->o, e);
	if (units_make(&c)) {
		crew_run(&c.crew, w->o->before_write, work, &c); /* whoever counts the writes wants them in one order */
		if (e->errnum == 0)
			crew_tell(&c.crew, 0);
	}
	*written = atomic_load(&c.written);
	free(c.units);
	free(c.lanes);
	crew_close(&c.crew);
	return e->errnum == 0;
}

static bool data_measure(const struct copy_run *r, uint64_t at, uint64_t len, uint8_t *buf, uint64_t *bytes)
{
	while (len) {
		size_t n = len < BUFFER ? (size_t)len : BUFFER;

		if (!copy_read(r->from, buf, n, r->from_at + at))
			return false;
		for (size_t i = 0; i < n; i += COPY_BLOCK)
			if (!span_zero_bytes(buf + i, n - i < COPY_BLOCK ? n - i : COPY_BLOCK))
				*bytes += COPY_BLOCK;
		at += n;
		len -= n;
	}
	return true;
}

bool copy_measure(const struct copy_job *job, uint32_t to, bool exact, uint64_t *bytes, struct manage_error *e)
{
	uint8_t *buf = exact ? malloc(BUFFER) : NULL;
	bool ok = !exact || buf || manage_fail(e, ENOMEM, "no memory");

	*bytes = 0;
	for (uint32_t i = 0; ok && i < job->runs_nr; i++) {
		const struct copy_run *r = &job->runs[i];
		uint64_t len;

		for (uint64_t at = 0; ok && r->to == to && at < r->len; at += len) {
			len = r->len - at;
			bool data = copy_extent(r->from, r->from_at + at, &len);

			if (data && !exact)
				*bytes += len;
			else if (data && !data_measure(r, at, len, buf, bytes))
				ok = manage_fail(e, errno, "%s: reading: %s", r->from->path, strerror(errno));
		}
	}
	free(buf);
	return ok;
}
