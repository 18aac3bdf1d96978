/*
 * The copy that is made before anything is repaired: whole, with holes and mode kept, on stable storage before the
 * check goes on. A copy that is there already is overwritten only when somebody says so, by a rename at the end.
 */
#include "report/libpmempool/check.h"

#include "analyzer/manage/aside.h"
#include "analyzer/repair/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUESTION "backup"

static bool impossible(struct pmempool_check_ctx *c, const struct manage_error *e)
{
	check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s: cannot back up: %s; nothing was changed", c->m.path, e->text);
	return check_over(c, PMEMPOOL_CHECK_RESULT_ERROR);
}

/* Where each member's copy goes: the file itself, or the part of the set file at backup_path. */
static bool destination(struct pmempool_check_ctx *c, struct members *to, struct manage_error *e)
{
	struct stat st;

	if (c->m.text == NULL) {
		*to = (struct members){ .arena = c->arena, .path = c->backup, .replicas = 1, .nr = 1, .set_fd = -1 };
		to->list = ARENA_NEW(c->arena, struct member);
		if (to->list == NULL)
			return manage_fail(e, ENOMEM, "no memory");
		*to->list = (struct member){ .path = c->backup, .fd = -1 };
		if (stat(c->backup, &st) != 0)
			return errno == ENOENT || manage_fail(e, errno, "%s: %s", c->backup, strerror(errno));
		to->list->kind = MEMBER_FILE;
		to->list->size = (uint64_t)st.st_size;
		to->list->dev = st.st_dev;
		to->list->ino = st.st_ino;
		return S_ISREG(st.st_mode) || manage_fail(e, EINVAL, "%s: it is there, and no file", c->backup);
	}
	if (!members_read(to, c->arena, c->backup, MEMBERS_SET_ONLY, e) || !members_local(to, EINVAL, e))
		return false;
	if (c->m.replicas != 1 || to->replicas != 1)
		return manage_fail(e, EINVAL, "%s: sets of one replica can be backed up; here are %" PRIu32 " and %" PRIu32, c->backup,
				   c->m.replicas, to->replicas);
	if (c->m.nr != to->nr)
		return manage_fail(e, EINVAL, "%s: %" PRIu32 " parts, and the pool has %" PRIu32, c->backup, to->nr, c->m.nr);
	return true;
}

static bool fits(const struct pmempool_check_ctx *c, const struct members *to, bool *there, struct manage_error *e)
{
	*there = false;
	for (uint32_t i = 0; i < to->nr; i++) {
		const struct member *from = &c->m.list[i], *p = &to->list[i];
		uint64_t size = p->kind == MEMBER_NONE ? p->declared : p->size;

		if (p->errnum && p->errnum != ENOENT)
			return manage_fail(e, p->errnum, "%s: %s", p->path, strerror(p->errnum));
		if (p->kind == MEMBER_DAX)
			return manage_fail(e, EINVAL, "%s: it is a device; copies are files", p->path);
		if ((size && size != from->size) || (p->declared && p->declared != from->size))
			return manage_fail(e, EINVAL, "%s: %" PRIu64 " bytes, and %s has %" PRIu64, p->path, size, from->path, from->size);
		if (p->kind != MEMBER_NONE && p->size != from->size)
			return manage_fail(e, EINVAL, "%s: it is there, and empty", p->path);
		if (p->kind == MEMBER_NONE && !members_parent(to, p, e))
			return false;
		if (p->kind != MEMBER_NONE && p->dev == from->dev && p->ino == from->ino)
			return manage_fail(e, EINVAL, "%s: it is the pool itself", p->path);
		*there |= p->kind != MEMBER_NONE;
	}
	return true;
}

/* A device is known by its path: it may have several nodes. */
static struct image *image_of(const struct pmempool_check_ctx *c, const struct member *p)
{
	char *path = p->kind == MEMBER_FILE ? NULL : realpath(p->path, NULL);
	struct image *found = NULL;

	for (const struct item *it = c->result.intake.first; it && found == NULL; it = it->next)
		if (path ? strcmp(it->path, path) == 0 : it->dev == p->dev && it->ino == p->ino)
			found = it->image;
	free(path);
	return found;
}

static bool copy(struct pmempool_check_ctx *c, const struct member *from, const struct member *to, struct manage_error *e)
{
	struct problem problem = { STATUS_OK, "" };
	struct image *im = image_of(c, from);
	bool there = to->kind != MEMBER_NONE;
	const char *aside = there ? arena_printf(c->arena, "%s.part", to->path) : to->path;
	int fd = there ? open(to->path, O_RDWR | O_CLOEXEC | O_NONBLOCK) : -1;
	bool ok;

	if (im == NULL || aside == NULL)
		ok = manage_fail(e, im ? ENOMEM : EIO, "%s: it cannot be read", from->path);
	else if (there && fd < 0)
		ok = manage_fail(e, errno, "%s: %s", to->path, strerror(errno));
	else if (there && flock(fd, LOCK_EX | LOCK_NB) != 0)
		ok = manage_fail(e, EAGAIN, "%s: it is in use", to->path);
	else
		ok = apply_copy(im, aside, &problem) == STATUS_OK || manage_fail_as(e, &problem);
	if (ok && (chmod(aside, from->mode) != 0 || (there && rename(aside, to->path) != 0)))
		ok = manage_fail(e, errno, "%s: %s", to->path, strerror(errno));
	if (ok && there)
		ok = aside_settle(to->path, e);
	if (fd >= 0)
		close(fd);
	if (ok)
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_INFO, "%s: copied to %s", from->path, to->path);
	return ok;
}

bool check_backup(struct pmempool_check_ctx *c)
{
	const struct check_answer *a = check_answered(c, QUESTION);
	struct manage_error e = { 0 };
	struct members to;
	bool there = false;

	if (!destination(c, &to, &e) || !fits(c, &to, &there, &e))
		return impossible(c, &e);
	if (there && !(c->flags & PMEMPOOL_CHECK_REPAIR)) {
		c->stage = check_judge;
		return true;
	}
	if (there && a == NULL && !(c->flags & PMEMPOOL_CHECK_ALWAYS_YES)) {
		check_ask(c, QUESTION, "%s: there is a file already where the backup goes. Overwrite it?", c->backup);
		return true;
	}
	if (a && !a->yes) { /* also when nobody answered */
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s: no backup, so no repair; nothing was changed", c->m.path);
		return check_over(c, PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	}
	for (uint32_t i = 0; i < to.nr; i++)
		if (!copy(c, &c->m.list[i], &to.list[i], &e))
			return impossible(c, &e);
	c->stage = check_judge;
	return true;
}
