#include "analyzer/manage/journal.h"

#include "analyzer/repair/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *journal_name(const struct members *m)
{
	return arena_printf(m->arena, "%s%s", m->path, JOURNAL_END);
}

const char *journal_left(const struct members *m)
{
	const char *name = journal_name(m);

	return name && access(name, F_OK) == 0 ? name : NULL;
}

/* A descriptor for each target of f; NULL: a target is no member, or no memory. */
static int *fds_of(const struct members *m, const struct plan_file *f)
{
	int *fds = arena_array(m->arena, f->targets_nr ? f->targets_nr : 1, sizeof(*fds));
	bool *used = arena_array(m->arena, f->targets_nr ? f->targets_nr : 1, sizeof(*used));

	if (fds == NULL || used == NULL)
		return NULL;
	for (uint64_t i = 0; i < f->edits_nr; i++)
		used[f->edits[i].target] = true;
	for (uint32_t i = 0; i < f->targets_nr; i++) {
		fds[i] = -1;
		char *target = realpath(f->targets[i].path, NULL);
		for (uint32_t k = 0; target && k < m->nr; k++) {
			char *mine = realpath(m->list[k].path, NULL);

			if (mine && strcmp(mine, target) == 0)
				fds[i] = m->list[k].fd;
			free(mine);
		}
		free(target);
		if (used[i] && fds[i] < 0)
			return NULL;
	}
	return fds;
}

bool journal_take_back(const struct members *m, bool *taken, struct manage_error *e)
{
	const char *name = journal_left(m);
	struct problem problem = { STATUS_OK, "" };
	struct plan_file *f = NULL;
	struct apply_done done;
	bool ok;

	*taken = name != NULL;
	if (name == NULL)
		return true;
	if (plan_file_read(m->arena, name, &f, &problem) != STATUS_OK)
		return manage_fail_as(e, &problem);
	struct apply_options o = { .fds = fds_of(m, f) };
	if (o.fds == NULL)
		ok = manage_fail(e, EINVAL, "%s: it is the way back from a change of another pool: take it away", name);
	else if (apply_plan(f, &o, &done, &problem) != STATUS_OK)
		ok = manage_fail_as(e, &problem);
	else
		ok = unlink(name) == 0 || manage_fail(e, errno, "%s: %s", name, strerror(errno));
	plan_file_close(f);
	return ok;
}

static bool writable(const struct members *m)
{
	const char *slash = strrchr(m->path, '/');
	const char *dir = slash == NULL ? "." : slash == m->path ? "/"
			: arena_printf(m->arena, "%.*s", (int)(slash - m->path), m->path);

	return dir && access(dir, W_OK | X_OK) == 0;
}

bool journal_change(const struct members *m, const struct plan_file *f, const struct manage_options *o,
		    struct manage_error *e)
{
	struct apply_options ao = { .fds = fds_of(m, f), .journal = journal_name(m), .dry_run = o->dry_run,
				    .before_write = o->before_write, .ctx = o->ctx };
	struct problem problem = { STATUS_OK, "" };
	struct apply_done done;

	if (ao.fds == NULL || ao.journal == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	if (!writable(m)) {
		if (f->edits_nr > 1)
			return manage_fail(e, EACCES, "%s: its directory cannot be written to, and several changes need a journal "
					   "there; nothing was changed", m->path);
		ao.journal = NULL;
	}
	if (apply_plan(f, &ao, &done, &problem) != STATUS_OK)
		return manage_fail_as(e, &problem);
	if (!o->dry_run && ao.journal && unlink(ao.journal) != 0)
		return manage_fail(e, errno, "%s: %s; the change is made: remove it", ao.journal, strerror(errno));
	return true;
}
