/*
 * Feature bits lie in every header of a pool, inside its checksum. A change is one plan: all headers are judged
 * first, the new ones are made in memory, the way back is on stable storage before the first write, and it is
 * removed after the last. A run that finds a way back left behind takes it, so a crash leaves the old state.
 * Rules: PMDK src/libpmempool/feature.c, doc/libpmempool/pmempool_feature_query.3.
 */
#include "analyzer/manage/copy.h"
#include "analyzer/manage/journal.h"
#include "formats/pool/hdr.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEATURES_OFF = 12, FEATURES_LEN = 12 }; /* the three words, side by side */

static const struct feature {
	const char *name;
	uint32_t compat, incompat;
} features[MANAGE_FEATURES] = {
	[MANAGE_SINGLEHDR] = { "SINGLEHDR", 0, POOL_FEAT_SINGLEHDR },
	[MANAGE_CKSUM_2K] = { "CKSUM_2K", 0, POOL_FEAT_CKSUM_2K },
	[MANAGE_SHUTDOWN_STATE] = { "SHUTDOWN_STATE", 0, POOL_FEAT_SDS },
	[MANAGE_CHECK_BAD_BLOCKS] = { "CHECK_BAD_BLOCKS", POOL_FEAT_CHECK_BAD_BLOCKS, 0 },
};

const char *manage_feature_name(enum manage_feature f)
{
	return f < MANAGE_FEATURES ? features[f].name : "unknown";
}

enum manage_feature manage_feature_named(const char *name)
{
	if (strcmp(name, "CHECKSUM_2K") == 0) /* as the manual has it */
		return MANAGE_CKSUM_2K;
	for (int i = 0; i < MANAGE_FEATURES; i++)
		if (strcmp(name, features[i].name) == 0)
			return (enum manage_feature)i;
	return MANAGE_FEATURES;
}

struct header {
	const struct member *member;
	uint8_t was[POOL_HDR_LEN], now[POOL_HDR_LEN];
	struct pool_hdr hdr;
};

struct job {
	struct manage_result *out;
	struct members m;
	struct header **headers;
	uint32_t nr;
};

static bool header_read(struct job *job, const struct member *p, struct header *h)
{
	struct manage_error *e = &job->out->error;
	struct span s = { .p = h->was, .len = POOL_HDR_LEN };
	const char *name = members_name(&job->m, p);
	uint64_t sum;

	h->member = p;
	if (p->size < POOL_HDR_LEN)
		return manage_fail(e, EINVAL, "%s: %" PRIu64 " bytes are no pool", name, p->size);
	if (!copy_read(p, h->was, sizeof(h->was), 0))
		return manage_fail(e, errno, "%s: reading its header: %s", name, strerror(errno));
	memcpy(h->now, h->was, sizeof(h->now));
	if (!layout_decode(&pool_hdr_layout, s, 0, &h->hdr))
		return manage_fail(e, EIO, "%s: its header cannot be read", name);
	if (pool_hdr_type(&h->hdr) == POOL_UNKNOWN)
		return manage_fail(e, EINVAL, "%s: pool_hdr.signature: no pool header", name);
	if (pool_hdr_sum(s, &h->hdr, &sum) == POOL_HDR_SUM_BAD)
		return manage_fail(e, EINVAL, "%s: pool_hdr.checksum is 0x%" PRIx64 ", and that of its bytes 0x%" PRIx64
				   ": mend the pool first", name, h->hdr.checksum, sum);
	if (pool_hdr_len(&h->hdr) != POOL_HDR_LEN)
		return manage_fail(e, EINVAL, "%s: pool_hdr.machine: a pool of another machine", name);
	return true;
}

/* Every header says the same, and nothing that is not known. */
static bool header_judge(struct job *job, const struct header *h)
{
	const struct header *first = job->headers[0];
	struct manage_error *e = &job->out->error;
	const char *name = members_name(&job->m, h->member);
	const uint32_t incompat = POOL_FEAT_SINGLEHDR | POOL_FEAT_CKSUM_2K | POOL_FEAT_SDS;

	if (memcmp(h->was + FEATURES_OFF, first->was + FEATURES_OFF, FEATURES_LEN) != 0)
		return manage_fail(e, EINVAL, "%s: pool_hdr.features are 0x%x 0x%x 0x%x, and those of %s 0x%x 0x%x 0x%x%s", name,
				   h->hdr.compat, h->hdr.incompat, h->hdr.ro_compat, members_name(&job->m, first->member),
				   first->hdr.compat, first->hdr.incompat, first->hdr.ro_compat,
				   journal_left(&job->m) ? ": a change was cut off; make it again" : "");
	if (h->hdr.compat & ~(uint32_t)POOL_FEAT_CHECK_BAD_BLOCKS || h->hdr.incompat & ~incompat || h->hdr.ro_compat)
		return manage_fail(e, EINVAL, "%s: pool_hdr.features 0x%x 0x%x 0x%x have bits that are not known", name,
				   h->hdr.compat, h->hdr.incompat, h->hdr.ro_compat);
	return true;
}

static bool headers_read(struct job *job)
{
	struct manage_error *e = &job->out->error;

	job->nr = 0;
	job->headers = arena_array(job->m.arena, job->m.nr, sizeof(*job->headers));
	for (uint32_t i = 0; job->headers && i < job->m.nr; i++) {
		const struct member *p = &job->m.list[i];
		struct header *h;

		if (job->m.singlehdr && p->part)
			continue;
		h = ARENA_NEW(job->m.arena, struct header);
		if (h == NULL)
			break;
		if (!header_read(job, p, h))
			return false;
		job->headers[job->nr++] = h;
		if (!header_judge(job, h))
			return false;
	}
	return !arena_failed(job->m.arena) || manage_fail(e, ENOMEM, "%s: no memory", job->m.path);
}

static bool parts_open(struct job *job, const char *path, bool write)
{
	struct manage_error *e = &job->out->error;
	bool ok = members_read(&job->m, job->out->arena, path, 0, e) && members_local(&job->m, EINVAL, e) &&
		  members_whole(&job->m, e);

	if (e->errnum == EISDIR)
		e->errnum = EINVAL;
	return ok && members_open(&job->m, write, true, e);
}

bool manage_feature_query(const char *path, enum manage_feature f, struct manage_result *out)
{
	struct job job = { .out = out };
	bool ok;

	if (!manage_open(out))
		return false;
	if ((unsigned)f >= MANAGE_FEATURES)
		return manage_fail(&out->error, EINVAL, "feature %d: there is no such", (int)f);
	ok = parts_open(&job, path, false) && headers_read(&job);
	if (ok) {
		const struct pool_hdr *h = &job.headers[0]->hdr;

		out->value = h->compat & features[f].compat || h->incompat & features[f].incompat;
	}
	members_close(&job.m);
	return ok;
}

/* What the change asks of the pool. */
static bool change_judge(struct job *job, enum manage_feature f, bool on)
{
	struct manage_error *e = &job->out->error;
	const struct pool_hdr *h = &job->headers[0]->hdr;
	bool single = h->incompat & POOL_FEAT_SINGLEHDR;

	for (uint32_t i = 1; i < job->nr; i++)
		if (!uuid_same(job->headers[i]->hdr.poolset_uuid, h->poolset_uuid))
			return manage_fail(e, EINVAL, "%s: pool_hdr.poolset_uuid differs from that of %s: parts of different pools",
					   members_name(&job->m, job->headers[i]->member),
					   members_name(&job->m, job->headers[0]->member));
	if (job->m.text && job->m.singlehdr != single)
		return manage_fail(e, EINVAL, "%s: OPTION SINGLEHDR is %s, and the headers say otherwise: mend the set file",
				   job->m.path, job->m.singlehdr ? "given" : "not given");
	if (f == MANAGE_CKSUM_2K && !on && h->incompat & POOL_FEAT_SDS)
		return manage_fail(e, EINVAL, "%s: SHUTDOWN_STATE needs CKSUM_2K: disable SHUTDOWN_STATE first", job->m.path);
	if (f == MANAGE_SHUTDOWN_STATE && on && !(h->incompat & POOL_FEAT_CKSUM_2K))
		return manage_fail(e, EINVAL, "%s: SHUTDOWN_STATE needs CKSUM_2K: enable CKSUM_2K first", job->m.path);
	return true;
}

/* The header as it will be, in h->now. */
static void header_make(struct header *h, enum manage_feature f, bool on)
{
	const struct feature *feature = &features[f];
	struct pool_hdr *to = &h->hdr;

	to->compat = on ? to->compat | feature->compat : to->compat & ~feature->compat;
	to->incompat = on ? to->incompat | feature->incompat : to->incompat & ~feature->incompat;
	if (f == MANAGE_SHUTDOWN_STATE && !on) {
		to->sds_usc = to->sds_uuid = to->sds_checksum = 0;
		to->sds_dirty = 0;
		memset(to->sds_reserved, 0, sizeof(to->sds_reserved));
	}
	layout_encode(&pool_hdr_layout, to, h->now);
	pool_hdr_sum((struct span){ .p = h->now, .len = sizeof(h->now) }, to, &to->checksum);
	layout_encode(&pool_hdr_layout, to, h->now);
}

static struct plan_file *plan_make(struct job *job)
{
	struct arena *a = job->m.arena;
	struct plan_file *f = ARENA_NEW(a, struct plan_file);
	char uuid[UUID_TEXT_LEN];

	if (f == NULL)
		return NULL;
	uuid_text_pmdk(job->headers[0]->hdr.poolset_uuid, uuid);
	*f = (struct plan_file){ .kind = "plan", .format = pool_type_name(pool_hdr_type(&job->headers[0]->hdr)),
				 .pool = arena_text(a, uuid), .steps = json_array() };
	f->pool_after = f->pool;
	f->targets = arena_array(a, job->nr, sizeof(*f->targets));
	f->edits = arena_array(a, job->nr, sizeof(*f->edits));
	for (uint32_t i = 0; f->targets && f->edits && i < job->nr; i++) {
		const struct header *h = job->headers[i];

		f->targets[f->targets_nr++] = (struct plan_target){
			.label = arena_printf(a, "replica[%" PRIu32 "].part[%" PRIu32 "]", h->member->replica, h->member->part),
			.path = h->member->path, .size = h->member->size, .plain = true };
		/* one edit, so one write: a header is never half the old one */
		f->edits[f->edits_nr++] = (struct plan_edit){ .target = i, .step = 1, .at = FEATURES_OFF,
			.len = POOL_HDR_LEN - FEATURES_OFF, .was = h->was + FEATURES_OFF, .now = h->now + FEATURES_OFF,
			.why = "feature bits and what the checksum makes of them" };
	}
	return arena_failed(a) || f->steps == NULL ? NULL : f;
}

static bool change_make(struct job *job, const struct manage_options *o)
{
	struct plan_file *f = plan_make(job);
	bool ok = f ? journal_change(&job->m, f, o, &job->out->error)
		    : manage_fail(&job->out->error, ENOMEM, "%s: no memory", job->m.path);

	plan_file_close(f);
	return ok;
}

static bool acts_tell(struct job *job, enum manage_feature f, bool on)
{
	for (uint32_t i = 0; i < job->nr; i++) {
		const struct member *p = job->headers[i]->member;
		const char *what = arena_printf(job->out->arena, "%s %s in pool_hdr.%s, checksum made anew", manage_feature_name(f),
						on ? "set" : "cleared", features[f].compat ? "compat" : "incompat");
		struct manage_act *act = manage_act(job->out, "write", p->path, what ? what : "");

		if (act == NULL)
			return false;
		act->in_set = job->m.text != NULL;
		act->replica = p->replica;
		act->part = p->part;
		act->bytes = POOL_HDR_LEN - FEATURES_OFF;
	}
	return true;
}

static bool change(struct job *job, enum manage_feature f, bool on, const struct manage_options *o)
{
	bool taken;

	if (o->dry_run && journal_left(&job->m))
		return manage_fail(&job->out->error, EINVAL, "%s: a change was cut off; make it again, not as a dry run",
				   journal_left(&job->m));
	if ((!o->dry_run && !journal_take_back(&job->m, &taken, &job->out->error)) || !headers_read(job) || !change_judge(job, f, on))
		return false;
	const struct pool_hdr *h = &job->headers[0]->hdr;
	if (on == (h->compat & features[f].compat || h->incompat & features[f].incompat))
		return true;
	for (uint32_t i = 0; i < job->nr; i++)
		header_make(job->headers[i], f, on);
	if (!acts_tell(job, f, on) || !change_make(job, o))
		return false;
	for (struct manage_act *act = job->out->first; act; act = act->next)
		act->done = !o->dry_run;
	job->out->value = on;
	return true;
}

bool manage_feature_set(const char *path, enum manage_feature f, bool on, const struct manage_options *o,
			struct manage_result *out)
{
	struct job job = { .out = out };
	bool ok;

	if (!manage_open(out))
		return false;
	if ((unsigned)f >= MANAGE_FEATURES)
		return manage_fail(&out->error, EINVAL, "feature %d: there is no such", (int)f);
	if (f == MANAGE_SINGLEHDR)
		return manage_fail(&out->error, EINVAL, "SINGLEHDR says how the parts are laid out: change it with transform");
	ok = parts_open(&job, path, !o->dry_run) && change(&job, f, on, o);
	members_close(&job.m);
	return ok;
}
