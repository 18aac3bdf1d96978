#include "formats/image/spool.h"

#include "formats/base/span.h"
#include "formats/base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 << 10 };

static int nameless(const char *dir)
{
	char name[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	/* a file system without them */
	if (snprintf(name, sizeof(name), "%s/pmemscope-XXXXXX", dir) >= (int)sizeof(name))
		return -1;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

static enum status copy(const struct intake_options *o, int from, int to, const char *label, struct problem *p)
{
	uint8_t *buf = malloc(CHUNK);
	uint64_t at = 0;
	enum status st = STATUS_OK;
	ssize_t n = 0;

	if (buf == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory to read it", label);
	while (st == STATUS_OK && ((n = read(from, buf, CHUNK)) > 0 || (n < 0 && errno == EINTR))) {
		if (o->progress && !o->progress(o->progress_ctx, label, at, 0))
			st = problem_set(p, STATUS_INTERRUPTED, "%s: stopped while it was being read", label);
		else if (n > 0 && o->limits.decoded && at + (uint64_t)n > o->limits.decoded)
			st = problem_set(p, STATUS_LIMIT, "%s: more than %llu bytes came through: the limit", label,
					 (unsigned long long)o->limits.decoded);
		/* zeros are not written: the file stays as sparse as it can be */
		else if (n > 0 && !span_zero_bytes(buf, (size_t)n) && !whole_write(to, buf, (size_t)n, at))
			st = problem_set(p, STATUS_IO, "%s: writing to %s: %s; give a directory with more room",
					 label, o->spool_dir, strerror(errno));
		at += n > 0 ? (uint64_t)n : 0;
	}
	if (st == STATUS_OK && n < 0)
		st = problem_set(p, STATUS_IO, "%s: %s", label, strerror(errno));
	if (st == STATUS_OK && ftruncate(to, (off_t)at) != 0)
		st = problem_set(p, STATUS_IO, "%s: %s", o->spool_dir, strerror(errno));
	free(buf);
	return st;
}

int spool_pipe(const struct intake_options *o, int fd, const char *label, struct problem *p)
{
	int to = nameless(o->spool_dir);

	if (to < 0) {
		problem_set(p, STATUS_IO, "%s: no temporary file can be made there: %s", o->spool_dir,
			    strerror(errno));
		return -1;
	}
	if (copy(o, fd, to, label, p) == STATUS_OK)
		return to;
	close(to);
	return -1;
}
