#include "analyzer/manage/members.h"

#include "analyzer/manage/members_dirs.h"
#include "formats/base/whole.h"
#include "formats/image/dax.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

const char *members_name(const struct members *m, const struct member *p)
{
	const char *name = p->path;

	if (m->text)
		name = arena_printf(m->arena, "replica %" PRIu32 " part %" PRIu32 ": %s", p->replica, p->part, p->path);
	return name ? name : p->path;
}

const struct member *members_at(const struct members *m, uint32_t replica, uint32_t part)
{
	for (uint32_t i = 0; i < m->nr; i++)
		if (m->list[i].replica == replica && m->list[i].part == part)
			return &m->list[i];
	return NULL;
}

uint32_t members_parts(const struct members *m, uint32_t replica)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < m->nr; i++)
		nr += m->list[i].replica == replica;
	return nr;
}

/* "set:3: replica 0 part 1: /path" where there is a line, for errors about what the line asks for. */
static const char *whence(const struct members *m, const struct member *p)
{
	const char *text = NULL;

	if (p->line)
		text = arena_printf(m->arena, "%s:%" PRIu32 ": %s", m->path, p->line->number, members_name(m, p));
	return text ? text : members_name(m, p);
}

/* Fills kind, errnum, dev, ino, size, mode and align of p from what lies at its path. False: told in e. */
bool members_look(struct members *m, struct member *p, struct manage_error *e)
{
	struct stat st;
	struct dax dax;

	p->fd = -1;
	if (stat(p->path, &st) != 0) {
		p->errnum = errno;
		return true;
	}
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	p->size = (uint64_t)st.st_size;
	p->mode = st.st_mode & 07777;
	if (S_ISREG(st.st_mode)) {
		p->kind = MEMBER_FILE;
		return true;
	}
	/* two nodes of one device are one thing */
	p->dev = st.st_rdev;
	p->ino = UINT64_MAX;
	if (S_ISDIR(st.st_mode))
		return manage_fail(e, m->text ? EINVAL : EISDIR, "%s: it is a directory; %s", whence(m, p),
				   m->text ? "parts are all files or all directories" : "name a pool file or a set file");
	if (S_ISBLK(st.st_mode) && m->text == NULL) {
		p->kind = MEMBER_BLOCK;
		return true;
	}
	if (!dax_probe(m->arena, &st, &dax))
		return manage_fail(e, EINVAL, "%s: %s; name a file or a DAX device", whence(m, p),
				   S_ISFIFO(st.st_mode) ? "it is a FIFO" : "it is neither a file nor a DAX device");
	p->kind = MEMBER_DAX;
	p->size = dax.size;
	p->align = dax.align;
	return true;
}

static int twice_cmp(const void *a, const void *b)
{
	const struct member *x = *(const struct member *const *)a, *y = *(const struct member *const *)b;

	if ((x->kind == MEMBER_NONE) != (y->kind == MEMBER_NONE))
		return x->kind == MEMBER_NONE ? 1 : -1;
	if (x->kind == MEMBER_NONE)
		return strcmp(x->path, y->path);
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static bool nothing_twice(struct members *m, struct manage_error *e)
{
	const struct member **sorted = arena_array(m->arena, m->nr, sizeof(*sorted));

	if (sorted == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	for (uint32_t i = 0; i < m->nr; i++) {
		sorted[i] = &m->list[i];
		if (m->list[i].kind == MEMBER_FILE && m->list[i].dev == m->set_dev && m->list[i].ino == m->set_ino)
			return manage_fail(e, EINVAL, "%s: it is the set file itself; nothing was opened",
					   whence(m, &m->list[i]));
	}
	qsort(sorted, m->nr, sizeof(*sorted), twice_cmp);
	for (uint32_t i = 1; i < m->nr; i++)
		if (twice_cmp(&sorted[i - 1], &sorted[i]) == 0) {
			const struct member *a = sorted[i - 1], *b = sorted[i];

			if (b->replica < a->replica || (b->replica == a->replica && b->part < a->part)) {
				a = sorted[i];
				b = sorted[i - 1];
			}
			return manage_fail(e, EINVAL, "%s: it is the same file as replica %" PRIu32 " part %" PRIu32
					   " (%s); one file has one place: mend the set file. Nothing was opened",
					   whence(m, b), a->replica, a->part, a->path);
		}
	return true;
}

/* Bytes of the text at a fault, fit for a message: one line, printable, short. */
static void excerpt(struct span text, const struct poolset_line *l, char *out, size_t room)
{
	size_t n = 0;

	for (; n + 1 < room && n < l->len; n++) {
		uint8_t c = text.p[l->at + n];
		out[n] = (char)(c < 0x20 || c > 0x7e ? '?' : c);
	}
	out[n] = '\0';
}

static bool grammar(const struct members *m, struct span text, struct manage_error *e)
{
	const struct poolset *t = m->text;
	char shown[81];

	for (const struct poolset_line *l = t->lines; l; l = l->next) {
		if (l->fault == POOLSET_OK)
			continue;
		if (t->whole != POOLSET_OK && t->whole_number && t->whole_number < l->number)
			break;
		excerpt(text, l, shown, sizeof(shown));
		return manage_fail(e, EINVAL, "%s:%" PRIu32 ": %s: '%s'", m->path, l->number, poolset_fault_text(l->fault),
				   shown);
	}
	if (t->whole != POOLSET_OK && t->whole_number)
		return manage_fail(e, EINVAL, "%s:%" PRIu32 ": %s", m->path, t->whole_number, poolset_fault_text(t->whole));
	if (t->whole != POOLSET_OK)
		return manage_fail(e, EINVAL, "%s: %s", m->path, poolset_fault_text(t->whole));
	if (t->dropped)
		return manage_fail(e, EINVAL, "%s: it has more than %d lines that count", m->path, POOLSET_LINES_MAX);
	return true;
}

static bool member_of_line(struct members *m, uint32_t replica, uint32_t part, const struct poolset_line *l,
			   struct manage_error *e)
{
	struct member *p = &m->list[m->nr++];

	*p = (struct member){ .replica = replica, .part = part, .path = l->path, .line = l, .declared = l->size, .fd = -1 };
	if (!members_look(m, p, e))
		return false;
	if (l->is_auto && p->kind != MEMBER_DAX)
		return manage_fail(e, p->errnum ? p->errnum : EINVAL, "%s: AUTO is the size of a DAX device; %s", whence(m, p),
				   p->errnum ? strerror(p->errnum) : "this is a file: give its size");
	return true;
}

static bool set_fill(struct members *m, struct manage_error *e)
{
	const struct poolset *t = m->text;
	uint32_t replica = 0;
	size_t room = 0;

	for (const struct poolset_replica *r = t->replicas; r; r = r->next) {
		m->remote |= r->remote;
		room += r->nr;
	}
	m->singlehdr = t->singlehdr;
	m->replicas = t->replicas_nr;
	if (members_dirs_is(t))
		return members_dirs(m, e) && nothing_twice(m, e);
	m->list = arena_array(m->arena, room, sizeof(*m->list));
	if (m->list == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	for (const struct poolset_replica *r = t->replicas; r; r = r->next, replica++) {
		uint32_t dax = 0, first = m->nr;

		for (uint32_t i = 0; i < r->nr; i++) {
			if (!member_of_line(m, replica, i, r->parts[i], e))
				return false;
			dax += m->list[m->nr - 1].kind == MEMBER_DAX;
		}
		if (dax && dax != r->nr)
			return manage_fail(e, EINVAL, "%s: replica %" PRIu32 " has both DAX devices and files: all or none",
					   whence(m, &m->list[first]), replica);
	}
	return nothing_twice(m, e);
}

/* The text of the set file behind fd, whose first bytes said that it is one. */
static bool set_read(struct members *m, int fd, uint64_t size, struct manage_error *e)
{
	struct span text = { .len = (size_t)size };
	uint8_t *bytes;

	if (size > POOLSET_TEXT_MAX)
		return manage_fail(e, EFBIG, "%s: a set file of %" PRIu64 " bytes; at most %d are read", m->path, size,
				   POOLSET_TEXT_MAX);
	bytes = arena_alloc(m->arena, text.len);
	if (bytes == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	if (!whole_read(fd, bytes, text.len, 0))
		return manage_fail(e, errno ? errno : EIO, "%s: reading: %s", m->path,
				   errno ? strerror(errno) : "it became shorter");
	text.p = bytes;
	m->text = poolset_parse(m->arena, text);
	if (m->text == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	return grammar(m, text, e) && set_fill(m, e);
}

static bool single(struct members *m, struct manage_error *e)
{
	m->replicas = m->nr = 1;
	m->list = ARENA_NEW(m->arena, struct member);
	if (m->list == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	m->list->path = m->path;
	if (!members_look(m, m->list, e))
		return false;
	if (m->list->errnum)
		return manage_fail(e, m->list->errnum, "%s: %s", m->path, strerror(m->list->errnum));
	return true;
}

static bool file_read(struct members *m, unsigned flags, const struct stat *st, struct manage_error *e)
{
	uint8_t head[16];
	/* O_NONBLOCK: should the path have become a FIFO meanwhile, opening it must not wait */
	int fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;
	bool ok;

	if (fd < 0)
		return manage_fail(e, errno, "%s: %s", m->path, strerror(errno));
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0) {
		ok = manage_fail(e, errno, "%s: reading: %s", m->path, strerror(errno));
	} else if (!poolset_is((struct span){ .p = head, .len = (size_t)n })) {
		ok = flags & MEMBERS_SET_ONLY ? manage_fail(e, EINVAL, "%s: not a set file: its first line is not PMEMPOOLSET",
							    m->path) : single(m, e);
	} else if (flags & MEMBERS_LOCK_SET && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		ok = manage_fail(e, errno, "%s: the set file is locked by another program", m->path);
	} else {
		m->set_dev = st->st_dev;
		m->set_ino = st->st_ino;
		ok = set_read(m, fd, (uint64_t)st->st_size, e);
		if (ok && flags & MEMBERS_LOCK_SET) {
			m->set_fd = fd;
			return true;
		}
	}
	close(fd);
	return ok;
}

bool members_read(struct members *m, struct arena *a, const char *path, unsigned flags, struct manage_error *e)
{
	struct stat st;

	*m = (struct members){ .arena = a, .set_fd = -1, .flags = flags };
	if (path == NULL)
		return manage_fail(e, EINVAL, "no path was given (NULL)");
	m->path = arena_text(a, path);
	if (m->path == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", path);
	if (stat(path, &st) != 0)
		return manage_fail(e, errno, "%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode))
		return file_read(m, flags, &st, e);
	if (flags & MEMBERS_SET_ONLY)
		return manage_fail(e, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, "%s: not a set file but %s", path,
				   S_ISDIR(st.st_mode) ? "a directory" : "a device, a FIFO or the like");
	return single(m, e);
}

bool members_local(const struct members *m, int errnum, struct manage_error *e)
{
	return !m->remote || manage_fail(e, errnum, "%s: remote replicas are not supported: remove the REPLICA line that "
					 "names a host", m->path);
}

bool members_whole(const struct members *m, struct manage_error *e)
{
	for (uint32_t i = 0; i < m->nr; i++) {
		const struct member *p = &m->list[i];

		if (p->errnum)
			return manage_fail(e, p->errnum, "%s: %s", whence(m, p), strerror(p->errnum));
		if (p->declared && p->size != p->declared)
			return manage_fail(e, EINVAL, "%s: it has %" PRIu64 " bytes, and the set file says %" PRIu64, whence(m, p),
					   p->size, p->declared);
	}
	return true;
}

static bool device_open(struct member *p, int fd, bool write, struct manage_error *e)
{
	struct problem problem = { STATUS_OK, "" };

	return target_open(p->path, fd, p->size, write, &p->device, &problem) == STATUS_OK || manage_fail(e, EAGAIN, "%s", problem.text);
}

bool members_device_open(struct member *p, bool write, struct manage_error *e)
{
	return device_open(p, -1, write, e);
}

static void member_close(struct member *p)
{
	target_close(p->device);
	if (p->fd >= 0)
		close(p->fd);
	p->device = NULL;
	p->fd = -1;
}

static bool member_open(const struct members *m, struct member *p, bool write, bool all, struct manage_error *e)
{
	int mode = write ? O_RDWR : O_RDONLY;
	struct stat st;

	/* O_EXCL: a block device that is mounted, or claimed by a driver above it, is busy */
	p->fd = open(p->path, mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (write && p->kind == MEMBER_BLOCK ? O_EXCL : 0));
	if (p->fd < 0) {
		p->errnum = errno;
		return !all || manage_fail(e, errno, "%s: %s", whence(m, p), strerror(errno));
	}
	if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
		return manage_fail(e, EAGAIN, "%s: a running program has the pool open; nothing was changed", whence(m, p));
	if (p->kind == MEMBER_FILE && (fstat(p->fd, &st) != 0 || st.st_dev != p->dev || st.st_ino != p->ino ||
				       (uint64_t)st.st_size != p->size))
		return manage_fail(e, EAGAIN, "%s: it changed while it was opened; try again", whence(m, p));
	if (p->kind == MEMBER_DAX && !device_open(p, p->fd, write, e))
		return false;
	uint64_t bytes;
	if (p->kind == MEMBER_BLOCK && ioctl(p->fd, BLKGETSIZE64, &bytes) == 0)
		p->size = bytes;
	return true;
}

bool members_open(struct members *m, bool write, bool all, struct manage_error *e)
{
	for (uint32_t i = 0; i < m->nr; i++) {
		struct member *p = &m->list[i];

		if (p->kind == MEMBER_NONE) {
			if (all)
				manage_fail(e, p->errnum, "%s: %s", whence(m, p), strerror(p->errnum));
		} else {
			member_open(m, p, write, all, e);
		}
		if (e->errnum == 0)
			continue;
		for (uint32_t k = 0; k <= i; k++)
			member_close(&m->list[k]);
		return false;
	}
	return true;
}

void members_close(struct members *m)
{
	for (uint32_t i = 0; i < m->nr; i++)
		member_close(&m->list[i]);
	if (m->set_fd >= 0)
		close(m->set_fd);
	m->set_fd = -1;
}

bool members_parent(const struct members *m, const struct member *p, struct manage_error *e)
{
	char *copy = arena_text(m->arena, p->path);
	struct stat st;

	if (copy == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", p->path);
	char *dir = dirname(copy);
	if (stat(dir, &st) != 0)
		return manage_fail(e, errno, "%s: its directory %s: %s", whence(m, p), dir, strerror(errno));
	return S_ISDIR(st.st_mode) || manage_fail(e, ENOTDIR, "%s: %s is no directory", whence(m, p), dir);
}
