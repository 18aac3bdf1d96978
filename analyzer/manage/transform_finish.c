#include "analyzer/manage/transform_finish.h"

#include "analyzer/manage/blank.h"
#include "analyzer/manage/replicas.h"
#include "analyzer/repair/apply.h"
#include "analyzer/repair/target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *list_name(const struct members *to)
{
	return arena_printf(to->arena, "%s%s", to->path, TRANSFORM_END);
}

const char *transform_left(const struct members *to)
{
	const char *name = list_name(to);

	return name && access(name, F_OK) == 0 ? name : NULL;
}

static bool gone(const struct plan_target *t)
{
	return strncmp(t->label, TRANSFORM_GONE, strlen(TRANSFORM_GONE)) == 0;
}

static bool edits_make(const struct plan_file *f, const int *fds, const char *list, struct writes *w, struct manage_error *e)
{
	struct apply_options o = { .fds = fds, .journal = list, .before_write = writes_hook, .ctx = w };
	struct problem problem = { STATUS_OK, "" };
	struct apply_done done;

	return apply_plan(f, &o, &done, &problem) == STATUS_OK || manage_fail_as(e, &problem);
}

static bool device_blank(const struct plan_target *part, int fd, struct manage_error *e)
{
	struct problem problem = { STATUS_OK, "" };
	struct target *t;

	if (target_open(part->path, fd, part->size, true, &t, &problem) != STATUS_OK)
		return manage_fail_as(e, &problem);
	bool ok = blank_device(t, part->size);
	if (!ok)
		manage_fail(e, errno, "%s: %s; the pool is as it should be, run again to blank the device", part->path, strerror(errno));
	target_close(t);
	return ok;
}

/* Parts that are no longer of the pool. Nobody has them open: who had would hold the lock of the others too. */
static bool parts_remove(const struct plan_file *f, const int *fds, struct writes *w, struct manage_result *out)
{
	for (uint32_t i = 0; i < f->targets_nr; i++) {
		const char *path = f->targets[i].path;

		struct stat st;

		if (!gone(&f->targets[i]) || stat(path, &st) != 0)
			continue;
		if (!writes_next(w, &out->error))
			return false;
		if (S_ISCHR(st.st_mode)) {
			if (!device_blank(&f->targets[i], fds[i], &out->error))
				return false;
		} else if (unlink(path) != 0 && errno != ENOENT)
			return manage_fail(&out->error, errno, "%s: %s; the pool is as it should be, run again to remove the rest", path,
					   strerror(errno));
		if (!S_ISCHR(st.st_mode) && !aside_settle(path, &out->error))
			return false;
		for (struct manage_act *act = out->first; act; act = act->next)
			act->done |= strcmp(act->path, path) == 0 && strcmp(act->verb, "remove") == 0;
	}
	return true;
}

static bool list_remove(const char *list, struct writes *w, struct manage_error *e)
{
	if (!writes_next(w, e))
		return false;
	return (unlink(list) == 0 || manage_fail(e, errno, "%s: %s; all is done: remove it", list, strerror(errno))) &&
	       aside_settle(list, e);
}

/* A failure of the system's in the middle of the edits: the headers as they were, and no list. */
static void edits_undo(const struct members *to, const struct plan_file *f, const int *fds, const char *list, struct writes *w)
{
	struct plan_file *back = plan_file_inverse(to->arena, f);
	struct apply_options o = { .fds = fds };
	struct problem problem = { STATUS_OK, "" };
	struct apply_done done;

	if (access(list, F_OK) != 0)
		return;
	if (back && apply_plan(back, &o, &done, &problem) == STATUS_OK)
		unlink(list);
	else
		w->cut = true; /* what is needed to go on stays */
	plan_file_close(back);
}

bool transform_finish(struct build *b, const struct members *to, const struct plan_file *f, const int *fds,
		      struct manage_error *e)
{
	const char *list = list_name(to);

	if (list == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", to->path);
	if (!writes_next(b->w, e))
		return false;
	if (!edits_make(f, fds, list, b->w, e)) {
		if (!b->w->cut)
			edits_undo(to, f, fds, list, b->w);
		return false;
	}
	for (struct manage_act *act = b->out->first; act; act = act->next)
		act->done |= strcmp(act->verb, "write") == 0;
	if (!build_place(b)) {
		b->w->cut = true; /* a run that goes on needs what lies aside */
		return false;
	}
	return parts_remove(f, fds, b->w, b->out) && list_remove(list, b->w, e);
}

/* Every part of the list that stays is one of this set. */
static bool same_set(const struct members *to, const struct plan_file *f, const char *list, int *fds, struct manage_error *e)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < f->targets_nr; i++) {
		bool mine = gone(&f->targets[i]);

		fds[i] = -1;
		kept += !gone(&f->targets[i]);
		for (uint32_t k = 0; k < to->nr; k++)
			if (strcmp(to->list[k].path, f->targets[i].path) == 0) {
				mine = !gone(&f->targets[i]);
				fds[i] = to->list[k].fd;
			}
		if (!mine)
			return manage_fail(e, EINVAL, "%s: a transform was cut off, and it was of other set files: %s is not as there. Run it "
					   "again with the same ones, or take it back: pmemscope undo", list, f->targets[i].path);
	}
	return kept == to->nr || manage_fail(e, EINVAL, "%s: a transform was cut off, and it was of a set of %u parts: run it again with "
					     "the same set files, or take it back: pmemscope undo", list, kept);
}

static bool going_locked(const struct plan_file *f, int *fds, struct manage_error *e)
{
	for (uint32_t i = 0; i < f->targets_nr; i++) {
		if (!gone(&f->targets[i]))
			continue;
		/* to be written to, should it be a device */
		fds[i] = open(f->targets[i].path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fds[i] < 0)
			fds[i] = open(f->targets[i].path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fds[i] >= 0 && flock(fds[i], LOCK_EX | LOCK_NB) != 0)
			return manage_fail(e, EAGAIN, "%s: a running program has it open; nothing was changed", f->targets[i].path);
	}
	return true;
}

static bool parts_place(struct members *to, struct writes *w, struct manage_result *out)
{
	for (uint32_t i = 0; i < to->nr; i++) {
		const struct member *p = &to->list[i];
		bool placed = aside_resume(to->arena, p->path, w, &out->error);

		if (out->error.errnum)
			return false;
		if (placed && !aside_settle(p->path, &out->error))
			return false;
		if (access(p->path, F_OK) != 0)
			return manage_fail(&out->error, errno, "%s: it is neither in its place nor aside: take the transform back "
					   "(pmemscope undo) and begin anew", members_name(to, p));
		struct manage_act *act = placed ? manage_act(out, "replace", p->path, "a run that was cut off had made it") : NULL;
		if (placed && act == NULL)
			return false;
		if (act)
			act->done = true;
	}
	return true;
}

static bool carry_on(struct members *to, const struct plan_file *forward, const char *list, int *fds, struct writes *w,
		     struct manage_result *out)
{
	if (!same_set(to, forward, list, fds, &out->error) || !going_locked(forward, fds, &out->error) ||
	    !edits_make(forward, fds, NULL, w, &out->error))
		return false;
	struct manage_act *act = manage_act(out, "write", to->path, "what a run that was cut off had begun, to its end");
	if (act)
		act->done = true;
	return act && parts_place(to, w, out) && parts_remove(forward, fds, w, out) && list_remove(list, w, &out->error);
}

bool transform_resume(struct members *to, struct writes *w, struct manage_result *out)
{
	const char *list = transform_left(to);
	struct plan_file *f = NULL, *forward = NULL;
	struct problem problem = { STATUS_OK, "" };
	bool ok = false;

	if (w->o->dry_run)
		return manage_fail(&out->error, EINVAL, "%s: a transform was cut off: run it again, not as a dry run", list);
	if (!members_open(to, true, false, &out->error))
		return false;
	if (plan_file_read(to->arena, list, &f, &problem) != STATUS_OK) {
		manage_fail_as(&out->error, &problem);
	} else if ((forward = plan_file_inverse(to->arena, f)) == NULL) {
		manage_fail(&out->error, ENOMEM, "%s: no memory", list);
	} else {
		int *fds = arena_array(to->arena, f->targets_nr + 1, sizeof(*fds));

		ok = fds ? carry_on(to, forward, list, fds, w, out) : manage_fail(&out->error, ENOMEM, "%s: no memory", list);
		for (uint32_t i = 0; fds && i < f->targets_nr; i++)
			if (gone(&f->targets[i]) && fds[i] >= 0)
				close(fds[i]);
	}
	plan_file_close(forward);
	plan_file_close(f);
	return ok;
}
