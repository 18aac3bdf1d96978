#include "analyzer/manage/aside.h"

#include "formats/base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_MAX = 100 }; /* old files of one part that are kept beside it */

static const char *followed(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *copy = arena_text(arena, real ? real : path);

	free(real);
	return copy;
}

static const char *directory(struct arena *arena, const char *path)
{
	char *copy = arena_text(arena, path);

	return copy ? dirname(copy) : NULL;
}

bool aside_start(struct aside *a, struct arena *arena, const char *path, struct manage_error *e)
{
	struct stat st;

	*a = (struct aside){ .path = followed(arena, path), .fd = -1 };
	const char *dir = a->path ? directory(arena, a->path) : NULL;
	a->name = a->path ? arena_printf(arena, "%s%s", a->path, ASIDE_END) : NULL;
	if (dir == NULL || a->name == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", path);
	if (access(dir, W_OK | X_OK) != 0)
		return manage_fail(e, errno, "%s: no file can be made in its directory: %s", path, strerror(errno));
	if (lstat(a->name, &st) != 0 && errno == ENAMETOOLONG)
		return manage_fail(e, errno, "%s: its name is too long for a new file beside it", path);
	return true;
}

/* A file that a run which was cut off has left: nobody holds its lock. */
static bool leftover_remove(const char *name, struct writes *w, struct manage_error *e)
{
	struct stat st;
	int fd;

	if (lstat(name, &st) != 0)
		return true;
	if (!S_ISREG(st.st_mode))
		return manage_fail(e, EEXIST, "%s: it is in the way, and no file: take it away", name);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return manage_fail(e, errno, "%s: %s", name, strerror(errno));
	bool ok = flock(fd, LOCK_EX | LOCK_NB) == 0 || manage_fail(e, EAGAIN, "%s: another run is writing it", name);
	ok = ok && writes_next(w, e) && (unlink(name) == 0 || manage_fail(e, errno, "%s: %s", name, strerror(errno)));
	close(fd);
	return ok;
}

bool aside_open(struct aside *a, uint64_t size, struct writes *w, struct manage_error *e)
{
	if (!leftover_remove(a->name, w, e) || !writes_next(w, e))
		return false;
	a->fd = open(a->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (a->fd < 0)
		return manage_fail(e, errno, "%s: %s", a->name, strerror(errno));
	if (flock(a->fd, LOCK_EX | LOCK_NB) != 0)
		return manage_fail(e, EAGAIN, "%s: another program has it open", a->name);
	if (ftruncate(a->fd, (off_t)size) != 0)
		return manage_fail(e, errno, "%s: a length of %" PRIu64 " bytes: %s", a->name, size, strerror(errno));
	return true;
}

bool aside_finish(struct aside *a, uint32_t mode, int like, struct writes *w, struct manage_error *e)
{
	struct stat st;

	if (!writes_next(w, e))
		return false;
	/* another owner can be given by root alone; for others the file is theirs, as it would be of the peer's making */
	if (like >= 0 && fstat(like, &st) == 0 && (st.st_uid != geteuid() || st.st_gid != getegid()) &&
	    fchown(a->fd, st.st_uid, st.st_gid) != 0 && errno != EPERM)
		return manage_fail(e, errno, "%s: its owner: %s", a->name, strerror(errno));
	if (fchmod(a->fd, (mode_t)mode) != 0)
		return manage_fail(e, errno, "%s: its mode: %s", a->name, strerror(errno));
	return fsync(a->fd) == 0 || manage_fail(e, errno, "%s: flushing: %s", a->name, strerror(errno));
}

/* A second name for what is there, so that the rename takes only the first one away. */
static bool keep_old(struct aside *a, struct arena *arena, const char **kept, struct manage_error *e)
{
	for (int i = 0; i < KEPT_MAX; i++) {
		const char *name = i ? arena_printf(arena, "%s%s.%d", a->path, ASIDE_KEPT, i)
				     : arena_printf(arena, "%s%s", a->path, ASIDE_KEPT);

		if (name == NULL)
			return manage_fail(e, ENOMEM, "%s: no memory", a->path);
		if (link(a->path, name) == 0) {
			*kept = name;
			return true;
		}
		if (errno == ENOENT)
			return true;
		if (errno == EEXIST)
			continue;
		/* a file system without links: for a moment nothing is at the path, and a run after a crash makes it anew */
		if (access(name, F_OK) != 0 && rename(a->path, name) == 0) {
			*kept = name;
			return true;
		}
		return manage_fail(e, errno, "%s: keeping it as %s: %s", a->path, name, strerror(errno));
	}
	return manage_fail(e, EEXIST, "%s: %d old files are kept beside it already: take some away", a->path, KEPT_MAX);
}

bool aside_place(struct aside *a, struct arena *arena, bool keep, const char **kept, struct writes *w,
		 struct manage_error *e)
{
	*kept = NULL;
	if (keep && (!writes_next(w, e) || !keep_old(a, arena, kept, e)))
		return false;
	if (!writes_next(w, e))
		return false;
	if (rename(a->name, a->path) != 0)
		return manage_fail(e, errno, "%s: putting it in place: %s", a->name, strerror(errno));
	a->name = NULL;
	return true;
}

void aside_drop(struct aside *a, bool cut)
{
	if (a->fd < 0)
		return;
	if (a->name && !cut)
		unlink(a->name);
	close(a->fd);
	a->fd = -1;
}

bool aside_settle(const char *path, struct manage_error *e)
{
	return whole_settle(path) || manage_fail(e, errno, "%s: flushing its directory: %s", path, strerror(errno));
}

bool aside_resume(struct arena *arena, const char *path, struct writes *w, struct manage_error *e)
{
	const char *to = followed(arena, path);
	const char *name = to ? arena_printf(arena, "%s%s", to, ASIDE_END) : NULL;

	if (name == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", path);
	if (access(name, F_OK) != 0 || !writes_next(w, e))
		return false;
	return rename(name, to) == 0 || manage_fail(e, errno, "%s: putting it in place: %s", name, strerror(errno));
}
