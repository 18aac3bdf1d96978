/*
 * All replicas of a pool to one state. What is damaged is made anew, part by part, from what holds in any replica, and
 * put in its place when it is whole; valid headers are never edited. Rules: PMDK src/libpmempool/sync.c, replica.c,
 * doc/libpmempool/pmempool_sync.3; where this goes further than the peer, health.h, pick.h and agree.h say so.
 */
#include "analyzer/manage/agree.h"
#include "analyzer/manage/badfiles.h"
#include "analyzer/manage/build.h"
#include "analyzer/manage/journal.h"
#include "analyzer/manage/replicas.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct job {
	struct manage_result *out;
	const struct manage_options *o;
	struct members m;
	struct health h;
	struct differing differing;
	struct rights rights;
	struct badfiles badfiles;
	struct build build;
	struct writes w;
};

static bool set_open(struct job *job, const char *set, unsigned flags)
{
	struct manage_error *e = &job->out->error;

	if (flags & ~(unsigned)MANAGE_SYNC_BAD_BLOCKS)
		return manage_fail(e, EINVAL, "flags 0x%x are not known", flags);
	if (!members_read(&job->m, job->out->arena, set, MEMBERS_SET_ONLY | MEMBERS_LOCK_SET | MEMBERS_EMPTY_DIRS, e) ||
	    !members_local(&job->m, ENOTSUP, e))
		return false;
	if (job->m.replicas < 2)
		return manage_fail(e, EINVAL, "%s: it has one replica: there is nothing to take lost data from", job->m.path);
	return replicas_fill_dirs(&job->m, e) && replicas_judge(&job->m, e) && members_open(&job->m, true, false, e) &&
	       replicas_any(&job->m, e) && replicas_settle(&job->m, job->o->dry_run, e);
}

static bool judge(struct job *job, unsigned flags)
{
	struct manage_error *e = &job->out->error;

	return health_judge(&job->h, &job->m, e) &&
	       badfiles_read(&job->h, flags & MANAGE_SYNC_BAD_BLOCKS, &job->badfiles, job->out) &&
	       agree_compare(&job->h, job->o, &job->differing, e) && agree_judge(&job->h, &job->differing, &job->rights, e);
}

static bool plan(struct job *job)
{
	if (!build_uuids(&job->h, &job->out->error) ||
	    !build_start(&job->build, &job->h, &job->h, &job->w, job->out))
		return false;
	job->build.rights = &job->rights;
	for (uint32_t i = 0; i < job->m.nr; i++) {
		const struct part *p = &job->h.parts[i];
		bool keep = p->state == PART_SIZE || p->state == PART_CLOSED;

		if (p->state != PART_WELL && !build_add(&job->build, i, keep, p->state == PART_MISSING ? "create" : "replace", p->why))
			return false;
	}
	return build_judge(&job->build);
}

bool manage_sync(const char *set, unsigned flags, const struct manage_options *o, struct manage_result *out)
{
	struct job job = { .out = out, .o = o, .w = { .o = o } };
	bool ok;

	if (!manage_open(out))
		return false;
	ok = set_open(&job, set, flags) && judge(&job, flags) && plan(&job);
	if (ok && !o->dry_run)
		ok = build_make(&job.build) && build_place(&job.build) && badfiles_remove(&job.badfiles, &job.w, out);
	build_drop(&job.build);
	members_close(&job.m);
	return ok;
}
