/*
 * A pool is removed whole or, when anything stands in the way, not at all: all parts are looked at and locked before
 * the first goes. With FORCE what is missing is passed over, and what is in use stays. A DAX device is blanked.
 * Rules: PMDK src/libpmempool/rm.c, doc/libpmempool/pmempool_rm.3.
 */
#include "analyzer/manage/blank.h"
#include "analyzer/manage/members.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
	struct manage_result *out;
	struct members m;
	unsigned flags;
	const struct manage_options *o;
	uint64_t writes;
	bool kept; /* something that is in use, or must not be removed, stays */
};

/* unlink needs leave to write to the directory, and nothing of the file. */
static bool removable(struct job *job, const char *path)
{
	char *copy = arena_text(job->out->arena, path);

	if (copy == NULL)
		return manage_fail(&job->out->error, ENOMEM, "%s: no memory", path);
	if (access(dirname(copy), W_OK | X_OK) != 0)
		return manage_fail(&job->out->error, errno, "%s: its directory: %s; nothing was removed", path, strerror(errno));
	return true;
}

static bool act_add(struct job *job, const struct member *p, const char *path, const char *what)
{
	struct manage_act *act = manage_act(job->out, "remove", path, what);

	if (act && p) {
		act->in_set = job->m.text != NULL;
		act->replica = p->replica;
		act->part = p->part;
		act->bytes = p->size;
	}
	return act != NULL;
}

/* Lists what goes. False: something stands in the way. */
static bool judge(struct job *job)
{
	struct manage_error *e = &job->out->error, one = { 0 };
	bool force = job->flags & MANAGE_RM_FORCE;

	for (uint32_t i = 0; i < job->m.nr; i++) {
		struct member *p = &job->m.list[i];
		/* one by one: with FORCE the lock of one does not stop the others */
		struct members alone = job->m;

		alone.list = p;
		alone.nr = 1;
		if (p->errnum == ENOENT && force)
			continue;
		if (p->kind == MEMBER_BLOCK)
			return manage_fail(e, ENOTSUP, "%s: a block device cannot be removed; nothing was removed",
					   members_name(&job->m, p));
		if (p->errnum)
			return manage_fail(e, p->errnum, "%s: %s; nothing was removed%s", members_name(&job->m, p),
					   strerror(p->errnum), p->errnum == ENOENT ? ": force removes the rest" : "");
		one = (struct manage_error){ 0 };
		if (!members_open(&alone, p->kind == MEMBER_DAX && !job->o->dry_run, true, &one)) {
			if (!force || one.errnum != EAGAIN)
				return manage_fail(e, one.errnum, "%s", one.text);
			job->kept = true;
			continue;
		}
		bool device = p->kind == MEMBER_DAX;

		if ((!device && !removable(job, p->path)) || !act_add(job, p, p->path, device ? "the device stays, and is blanked where it begins"
										: job->m.text ? "part" : "pool"))
			return false;
	}
	if (job->m.text && job->flags & MANAGE_RM_SET_FILE && !job->kept)
		return removable(job, job->m.path) && act_add(job, NULL, job->m.path, "set file");
	return true;
}

static bool gone(const struct job *job, const struct manage_act *act)
{
	for (uint32_t i = 0; i < job->m.nr; i++)
		if (job->m.list[i].device && strcmp(job->m.list[i].path, act->path) == 0)
			return blank_device(job->m.list[i].device, job->m.list[i].size);
	return unlink(act->path) == 0 || (errno == ENOENT && job->flags & MANAGE_RM_FORCE);
}

static bool carry_out(struct job *job)
{
	for (struct manage_act *act = job->out->first; act; act = act->next) {
		if (job->o->dry_run)
			continue;
		if (job->o->before_write && !job->o->before_write(job->o->ctx, job->writes++))
			return manage_fail(&job->out->error, EINTR, "%s: stopped before it was removed; run again with force",
					   act->path);
		if (!gone(job, act))
			return manage_fail(&job->out->error, errno, "%s: %s; %s", act->path, strerror(errno),
					   act == job->out->first ? "nothing was removed" : "parts before it are removed");
		act->done = true;
	}
	return true;
}

bool manage_rm(const char *path, unsigned flags, const struct manage_options *o, struct manage_result *out)
{
	struct job job = { .out = out, .flags = flags, .o = o };
	struct manage_error *e = &out->error;
	struct stat st;
	bool ok;

	if (!manage_open(out))
		return false;
	if (path && flags & MANAGE_RM_FORCE && stat(path, &st) != 0 && errno == ENOENT)
		return true;
	ok = members_read(&job.m, out->arena, path, 0, e) && members_local(&job.m, ENOTSUP, e) && judge(&job) && carry_out(&job);
	members_close(&job.m);
	return ok;
}
