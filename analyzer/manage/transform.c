/*
 * A pool from one set file to another: replicas more, replicas less, or headers in part 0 only and back. One kind of
 * change at a time, as the peer has it. What is new is made aside; what stays is edited in its headers' links alone; what
 * goes is removed last (transform_finish.h). The source is whole until then, whatever fails.
 * Rules: PMDK src/libpmempool/transform.c, doc/libpmempool/pmempool_sync.3.
 */
#include "analyzer/manage/badfiles.h"
#include "analyzer/manage/replicas.h"
#include "analyzer/manage/transform_finish.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

/* An edit is one, from there to the end of the header: from the links to other replicas on, or from the features. */
enum { FEATURES_OFF = 0x0c, LINKS_OFF = 0x58, NONE = -1 };

struct job {
	struct manage_result *out;
	const struct manage_options *o;
	struct members from, to;
	struct health was, will;
	int64_t *source;      /* for each replica of the target: the same one of the source; NONE: it is new */
	bool *stays;          /* for each replica of the source */
	uint32_t kept, added, gone;
	struct rights *own;   /* for each replica of the target: its data is its own */
	struct build build;
	struct writes w;
	struct plan_file *plan;
	int *fds;
};

static bool sets_read(struct job *job, const char *from, const char *to)
{
	struct manage_error *e = &job->out->error;

	if (!members_read(&job->from, job->out->arena, from, MEMBERS_SET_ONLY, e) ||
	    !members_read(&job->to, job->out->arena, to, MEMBERS_SET_ONLY, e) || !members_local(&job->from, ENOTSUP, e) ||
	    !members_local(&job->to, ENOTSUP, e))
		return false;
	if (job->from.directories || job->to.directories)
		return manage_fail(e, EINVAL, "%s: the parts of a set that is transformed are files that the set file names, not directories",
				   job->from.directories ? job->from.path : job->to.path);
	return true;
}

static bool source_judge(struct job *job)
{
	struct manage_error *e = &job->out->error;
	struct badfiles none;

	if (!replicas_judge(&job->to, e) || !replicas_judge(&job->from, e) || !members_open(&job->from, true, false, e) ||
	    !replicas_any(&job->from, e) || !replicas_settle(&job->from, job->o->dry_run, e) ||
	    !health_judge(&job->was, &job->from, e) || !badfiles_read(&job->was, false, &none, job->out))
		return false;
	for (uint32_t i = 0; i < job->from.nr; i++)
		if (job->was.parts[i].state != PART_WELL)
			return manage_fail(e, EINVAL, "%s: %s: sync the pool first; nothing was changed",
					   health_name(&job->was, &job->was.parts[i]), job->was.parts[i].why);
	return true;
}

static bool same_replica(const struct job *job, uint32_t from, uint32_t to)
{
	uint32_t nr = members_parts(&job->from, from);

	if (nr != members_parts(&job->to, to))
		return false;
	for (uint32_t i = 0; i < nr; i++) {
		const struct member *a = members_at(&job->from, from, i), *b = members_at(&job->to, to, i);

		if (strcmp(a->path, b->path) != 0 || a->declared != b->declared)
			return false;
	}
	return true;
}

static bool replicas_match(struct job *job)
{
	struct manage_error *e = &job->out->error;
	bool other = job->from.singlehdr != job->to.singlehdr;

	job->source = arena_array(job->out->arena, job->to.replicas, sizeof(*job->source));
	job->stays = arena_array(job->out->arena, job->from.replicas, sizeof(*job->stays));
	if (job->source == NULL || job->stays == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", job->to.path);
	for (uint32_t r = 0; r < job->to.replicas; r++) {
		job->source[r] = NONE;
		for (uint32_t s = 0; s < job->from.replicas; s++)
			if (same_replica(job, s, r)) {
				job->source[r] = s;
				job->stays[s] = true;
				job->kept++;
			}
		job->added += job->source[r] == NONE;
	}
	job->gone = job->from.replicas - job->kept;
	if (job->kept == 0)
		return manage_fail(e, EINVAL, "%s: it has no replica of %s: one at least stays as it is, paths and sizes", job->to.path,
				   job->from.path);
	if (job->added && job->gone)
		return manage_fail(e, EINVAL, "%s: it adds replicas to %s and removes others: one at a time (a replica with another path or "
				   "size counts as another)", job->to.path, job->from.path);
	if (other && (job->added || job->gone))
		return manage_fail(e, EINVAL, "%s: it changes replicas and OPTION SINGLEHDR: one at a time", job->to.path);
	for (uint32_t i = 0; other && i < job->to.nr; i++)
		if (job->to.list[i].kind == MEMBER_DAX && job->to.list[i].part)
			return manage_fail(e, ENOTSUP, "%s: OPTION SINGLEHDR cannot be changed there: the data would have to move on the device "
					   "itself, and a crash would lose it. Transform the pool to a set without this replica, change the "
					   "option there, and add the replica again", members_name(&job->to, &job->to.list[i]));
	if (!other && !job->added && !job->gone)
		return manage_fail(e, EINVAL, "%s: the same replicas and options as in %s: there is nothing to change", job->to.path,
				   job->from.path);
	return true;
}

/* A device is there always; it is opened here, and so locked. */
static bool new_parts_judge(struct job *job)
{
	for (uint32_t i = 0; i < job->to.nr; i++) {
		struct member *p = &job->to.list[i];

		if (job->source[p->replica] != NONE)
			continue;
		if (p->kind == MEMBER_DAX) {
			if (!members_device_open(p, !job->o->dry_run, &job->out->error))
				return false;
			continue;
		}
		if (p->errnum != ENOENT)
			return manage_fail(&job->out->error, EINVAL, "%s: %s; a new replica is made of files that are not there yet",
					   members_name(&job->to, p), p->errnum ? strerror(p->errnum) : "it is there already");
	}
	return true;
}

/* A part that is made anew when headers go or come. A device that is a whole replica has its one header either way. */
static bool remade(const struct job *job, const struct member *p)
{
	return job->from.singlehdr != job->to.singlehdr && p->kind != MEMBER_DAX;
}

/* The target as it will be, before anything is made: what its parts are called and which headers they have. */
static bool target_draw(struct job *job)
{
	struct health *h = &job->will;
	struct manage_error *e = &job->out->error;
	uint32_t seen = 0;

	*h = (struct health){ .m = &job->to, .single = job->to.singlehdr, .voted = job->was.voted, .pool_size = job->was.pool_size };
	h->parts = arena_array(job->out->arena, job->to.nr, sizeof(*h->parts));
	h->first = arena_array(job->out->arena, job->to.replicas, sizeof(*h->first));
	h->spaces = arena_array(job->out->arena, job->to.replicas, sizeof(*h->spaces));
	job->own = arena_array(job->out->arena, job->to.replicas, sizeof(*job->own));
	if (h->parts == NULL || h->first == NULL || h->spaces == NULL || job->own == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", job->to.path);
	for (uint32_t r = 0; r < job->to.replicas; r++) {
		if (!space_make(&h->spaces[r], &job->to, r, h->single, e))
			return false;
		if (h->spaces[r].size < h->pool_size)
			return manage_fail(e, EINVAL, "%s: its replica %" PRIu32 " holds %" PRIu64 " bytes, and the pool has %" PRIu64,
					   job->to.path, r, h->spaces[r].size, h->pool_size);
		h->first[r] = seen;
		seen += h->spaces[r].nr;
	}
	for (uint32_t i = 0; i < job->to.nr; i++) {
		struct part *p = &h->parts[i];
		int64_t s = job->source[job->to.list[i].replica];

		p->m = &job->to.list[i];
		p->has_header = p->m->part == 0 || !h->single;
		if (s == NONE)
			continue;
		const struct part *old = health_part(&job->was, (uint32_t)s, p->m->part);
		p->m->fd = old->m->fd; /* borrowed: the source's members close it */
		p->m->device = old->m->device;
		p->header_good = p->has_header && old->header_good;
		if (p->header_good) {
			p->hdr = old->hdr;
			memcpy(p->uuid, old->uuid, UUID_LEN);
		}
	}
	return build_uuids(h, e);
}

static bool files_plan(struct job *job)
{
	if (!build_start(&job->build, &job->was, &job->will, &job->w, job->out))
		return false;
	for (uint32_t i = 0; i < job->to.nr; i++) {
		uint32_t r = job->to.list[i].replica;
		bool moves = remade(job, &job->to.list[i]);

		if (!moves && job->source[r] != NONE)
			continue;
		if (job->source[r] != NONE && job->own[r].list == NULL) {
			job->own[r] = (struct rights){ ARENA_NEW(job->out->arena, struct right), 1 };
			if (job->own[r].list == NULL)
				return manage_fail(&job->out->error, ENOMEM, "%s: no memory", job->to.path);
			*job->own[r].list = (struct right){ 0, job->was.pool_size, (uint32_t)job->source[r] };
		}
		job->build.rights = &job->own[r];
		if (!build_add(&job->build, i, false, moves ? "replace" : "create", moves ? "its data moves as headers go or come" : NULL))
			return false;
	}
	return build_judge(&job->build);
}

static bool target_add(struct job *job, const struct member *p, const char *label, int fd)
{
	struct plan_file *f = job->plan;

	job->fds[f->targets_nr] = fd;
	f->targets[f->targets_nr++] = (struct plan_target){ .path = p->path, .size = space_part_size(p), .plain = true,
		.label = arena_printf(job->out->arena, "%s[%" PRIu32 "].part[%" PRIu32 "]", label, p->replica, p->part) };
	return !arena_failed(job->out->arena) || manage_fail(&job->out->error, ENOMEM, "%s: no memory", p->path);
}

static bool act_add(struct job *job, const char *verb, const struct member *p, const char *what, uint64_t bytes)
{
	struct manage_act *act = manage_act(job->out, verb, p->path, what);

	if (act == NULL)
		return false;
	act->in_set = true;
	act->replica = p->replica;
	act->part = p->part;
	act->bytes = bytes;
	return true;
}

/* The links of a header that stays where it is. */
static bool edit_add(struct job *job, uint32_t part)
{
	struct plan_file *f = job->plan;
	const struct part *p = &job->will.parts[part];
	bool other = job->from.singlehdr != job->to.singlehdr;
	uint32_t at = other ? FEATURES_OFF : LINKS_OFF;
	uint8_t *was = arena_alloc(job->out->arena, POOL_HDR_LEN), *now = arena_alloc(job->out->arena, POOL_HDR_LEN);
	struct pool_hdr hdr;

	if (was == NULL || now == NULL)
		return manage_fail(&job->out->error, ENOMEM, "%s: no memory", job->to.path);
	layout_encode(&pool_hdr_layout, &p->hdr, was);
	build_header(&job->will, part, &hdr);
	build_header_bytes(&hdr, now);
	if (memcmp(was, now, POOL_HDR_LEN) == 0)
		return true;
	f->edits[f->edits_nr++] = (struct plan_edit){ .target = f->targets_nr - 1, .step = 1, .at = at,
		.len = POOL_HDR_LEN - at, .was = was + at, .now = now + at,
		.why = other ? "SINGLEHDR in the features, and what the checksum makes of it"
			     : "links to the other replicas, and what the checksum makes of them" };
	f->bytes += POOL_HDR_LEN - at;
	return act_add(job, "write", p->m, other ? "the bit of SINGLEHDR in its header" : "links to the other replicas in its header",
		       POOL_HDR_LEN - at);
}

static bool edits_plan(struct job *job)
{
	struct arena *a = job->out->arena;
	struct plan_file *f = ARENA_NEW(a, struct plan_file);
	size_t room = (size_t)job->to.nr + job->from.nr;
	char uuid[UUID_TEXT_LEN];

	uuid_text_pmdk(job->was.voted->poolset_uuid, uuid);
	job->fds = arena_array(a, room, sizeof(*job->fds));
	if (f == NULL || job->fds == NULL)
		return manage_fail(&job->out->error, ENOMEM, "%s: no memory", job->to.path);
	*f = (struct plan_file){ .kind = "plan", .format = pool_type_name(pool_hdr_type(job->was.voted)), .pool = arena_text(a, uuid),
				 .targets = arena_array(a, room, sizeof(*f->targets)),
				 .edits = arena_array(a, room, sizeof(*f->edits)), .steps = json_array() };
	f->pool_after = f->pool;
	job->plan = f;
	if (f->targets == NULL || f->edits == NULL || f->steps == NULL || f->pool == NULL)
		return manage_fail(&job->out->error, ENOMEM, "%s: no memory", job->to.path);
	for (uint32_t i = 0; i < job->to.nr; i++) {
		const struct part *p = &job->will.parts[i];
		bool edits = p->header_good && !remade(job, p->m);

		if (!target_add(job, p->m, "replica", edits ? p->m->fd : -1) || (edits && !edit_add(job, i)))
			return false;
	}
	for (uint32_t i = 0; i < job->from.nr; i++) {
		const struct member *p = &job->from.list[i];
		struct aside probe;

		if (job->stays[p->replica])
			continue;
		/* leave to remove is leave to make */
		if (!target_add(job, p, TRANSFORM_GONE, p->device ? p->fd : -1) ||
		    !act_add(job, "remove", p, p->device ? "part of a replica that goes: the device is blanked where it begins"
							 : "part of a replica that goes", p->size) ||
		    (p->device == NULL && !aside_start(&probe, a, p->path, &job->out->error)))
			return false;
	}
	return true;
}

/* The list of what is left to do lies beside the target set file. */
static bool list_judge(struct job *job)
{
	struct aside probe;

	return aside_start(&probe, job->out->arena, job->to.path, &job->out->error);
}

/* Of new replicas; the others are the source's. */
static void devices_close(struct job *job)
{
	for (uint32_t i = 0; job->source && i < job->to.nr; i++)
		if (job->source[job->to.list[i].replica] == NONE)
			target_close(job->to.list[i].device);
}

static bool change(struct job *job)
{
	bool ok = source_judge(job) && replicas_match(job) && new_parts_judge(job) && target_draw(job) && files_plan(job) &&
		  edits_plan(job) && list_judge(job);

	if (ok && !job->o->dry_run)
		ok = build_make(&job->build) &&
		     transform_finish(&job->build, &job->to, job->plan, job->fds, &job->out->error);
	if (job->plan)
		plan_file_close(job->plan);
	build_drop(&job->build);
	devices_close(job);
	members_close(&job->from);
	return ok;
}

bool manage_transform(const char *from, const char *to, const struct manage_options *o, struct manage_result *out)
{
	struct job job = { .out = out, .o = o, .w = { .o = o } };
	bool ok;

	if (!manage_open(out) || !sets_read(&job, from, to))
		return false;
	job.build.w = &job.w;
	if (transform_left(&job.to) == NULL)
		return change(&job);
	ok = transform_resume(&job.to, &job.w, out);
	members_close(&job.to);
	return ok;
}
