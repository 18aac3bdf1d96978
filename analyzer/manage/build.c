#include "analyzer/manage/build.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_FIRST = 64, ROOM_SPARE = 1 << 20 /* for directories and the file system's own */ };

bool build_start(struct build *b, const struct health *from, struct health *to, struct writes *w, struct manage_result *out)
{
	*b = (struct build){ .from = from, .to = to, .w = w, .out = out, .runs_room = RUNS_FIRST };
	b->parts = arena_array(out->arena, to->m->nr, sizeof(*b->parts));
	b->runs = arena_array(out->arena, b->runs_room, sizeof(*b->runs));
	for (uint32_t i = from->m->nr; i-- > 0;)
		if (from->parts[i].m->part == 0 && from->parts[i].readable)
			b->mode = from->parts[i].m->mode;
	return (b->parts && b->runs) || manage_fail(&out->error, ENOMEM, "%s: no memory", to->m->path);
}

static struct copy_run *run_new(struct build *b)
{
	if (b->runs_nr == b->runs_room) {
		struct copy_run *more = arena_array(b->out->arena, (size_t)b->runs_room * 2, sizeof(*more));

		if (more == NULL)
			return NULL;
		memcpy(more, b->runs, b->runs_nr * sizeof(*more));
		b->runs = more;
		b->runs_room *= 2;
	}
	return &b->runs[b->runs_nr++];
}

/* What the part holds of the pool, from wherever it is. */
static bool runs_add(struct build *b, uint32_t part)
{
	const struct part *p = &b->to->parts[part];
	const struct space_piece *piece = &b->to->spaces[p->m->replica].pieces[p->m->part];
	uint64_t at = piece->at, end = piece->at + piece->len;

	if (end > b->from->pool_size)
		end = b->from->pool_size;
	if (at < POOL_HDR_LEN)
		at = POOL_HDR_LEN;
	while (at < end) {
		struct taken t;
		struct copy_run *run;

		if (!pick_at(b->from, b->rights, at, end, &t))
			return manage_fail(&b->out->error, EINVAL, "%s: byte 0x%" PRIx64 " of the pool is in no part that holds: nothing was "
					   "changed", health_name(b->to, p), at);
		run = run_new(b);
		if (run == NULL)
			return manage_fail(&b->out->error, ENOMEM, "%s: no memory", b->to->m->path);
		*run = (struct copy_run){ .from = b->from->parts[t.part].m, .from_at = t.off, .len = t.len, .to = b->nr,
					  .to_at = piece->off + (at - piece->at) };
		at += t.len;
	}
	return true;
}

bool build_add(struct build *b, uint32_t part, bool keep, const char *verb, const char *why)
{
	const struct part *p = &b->to->parts[part];
	struct build_part *bp = &b->parts[b->nr];
	const char *what = arena_printf(b->out->arena, "replica %" PRIu32 " part %" PRIu32 "%s%s%s%s", p->m->replica, p->m->part,
					why ? ": " : "", why ? why : "", keep ? "; what is there now is kept beside it as " : "",
					keep ? "*" ASIDE_KEPT : "");

	*bp = (struct build_part){ .part = part, .new_header = p->has_header && !p->header_good, .keep = keep };
	bp->act = manage_act(b->out, verb, p->m->path, what ? what : "");
	bp->aside.fd = -1;
	bp->device = p->m->device;
	if (p->m->kind == MEMBER_DAX && (bp->device == NULL || keep))
		return manage_fail(&b->out->error, EINVAL, "%s: %s: a device can be written only as it is", health_name(b->to, p), p->why);
	if (bp->act == NULL || (bp->device == NULL && !aside_start(&bp->aside, b->out->arena, p->m->path, &b->out->error)) ||
	    !runs_add(b, part))
		return false;
	bp->act->in_set = true;
	bp->act->replica = p->m->replica;
	bp->act->part = p->m->part;
	b->nr++;
	return true;
}

static bool job_of(const struct build *b, struct copy_job *job)
{
	int *fds = arena_array(b->out->arena, b->nr ? b->nr : 1, sizeof(*fds));
	const char **names = arena_array(b->out->arena, b->nr ? b->nr : 1, sizeof(*names));
	struct target **devices = arena_array(b->out->arena, b->nr ? b->nr : 1, sizeof(struct target *));

	if (fds == NULL || names == NULL || devices == NULL)
		return manage_fail(&b->out->error, ENOMEM, "%s: no memory", b->to->m->path);
	for (uint32_t i = 0; i < b->nr; i++) {
		fds[i] = b->parts[i].aside.fd;
		devices[i] = b->parts[i].device;
		names[i] = devices[i] ? target_path(devices[i]) : b->parts[i].aside.name;
	}
	*job = (struct copy_job){ .runs = b->runs, .runs_nr = b->runs_nr, .to = fds, .devices = devices, .to_names = names,
				  .to_nr = b->nr };
	return true;
}

/* The file system that a part's new file is to lie on. */
static bool room_of(const struct build *b, uint32_t i, uint64_t *dev, struct statfs *fs)
{
	char *copy = arena_text(b->out->arena, b->parts[i].aside.path);
	const char *dir = copy ? dirname(copy) : NULL;
	struct stat st;

	if (dir == NULL || stat(dir, &st) != 0 || statfs(dir, fs) != 0)
		return manage_fail(&b->out->error, dir ? errno : ENOMEM, "%s: its directory cannot be looked at", b->parts[i].aside.path);
	*dev = st.st_dev;
	return true;
}

/* Blocks that are shared take no room; whether they can be is known only when it is tried. */
static bool may_share(const struct statfs *fs)
{
	return fs->f_type == BTRFS_SUPER_MAGIC || fs->f_type == XFS_SUPER_MAGIC;
}

/* The bytes that all files on device dev need together. */
static bool need_of(const struct build *b, const struct copy_job *job, uint64_t dev, bool exact, uint64_t *need)
{
	*need = ROOM_SPARE;
	for (uint32_t i = 0; i < b->nr; i++) {
		struct statfs fs;
		uint64_t bytes = 0, its = 0;

		if (b->parts[i].device)
			continue;
		if (!room_of(b, i, &its, &fs))
			return false;
		if (its != dev)
			continue;
		if (!copy_measure(job, i, exact, &bytes, &b->out->error))
			return false;
		b->parts[i].act->bytes = bytes;
		*need += bytes;
	}
	return true;
}

bool build_judge(struct build *b)
{
	struct copy_job job;

	if (!job_of(b, &job))
		return false;
	for (uint32_t i = 0; i < b->nr; i++) {
		struct statfs fs;
		uint64_t dev = 0, need = 0, room;

		if (b->parts[i].device)
			b->parts[i].act->bytes = space_part_size(b->to->parts[b->parts[i].part].m);
		if (b->parts[i].act->bytes)
			continue;
		if (!room_of(b, i, &dev, &fs) || !need_of(b, &job, dev, false, &need))
			return false;
		room = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
		/* zeros that the file system holds as data take no room in the copy: worth a reading before a refusal */
		if (need > room && !may_share(&fs) && !need_of(b, &job, dev, true, &need))
			return false;
		if (need > room && !may_share(&fs))
			return manage_fail(&b->out->error, ENOSPC, "%s: %" PRIu64 " bytes are needed there, and %" PRIu64 " are free; nothing "
					   "was changed", b->parts[i].aside.path, need, room);
	}
	return true;
}

static bool device_write(struct build *b, struct build_part *bp, const uint8_t bytes[POOL_HDR_LEN])
{
	return writes_next(b->w, &b->out->error) &&
	       ((target_write(bp->device, bytes, POOL_HDR_LEN, 0) && target_flush(bp->device)) ||
		manage_fail(&b->out->error, errno, "%s: writing its header: %s", target_path(bp->device), strerror(errno)));
}

/* An empty place for the part. */
static bool place_open(struct build *b, struct build_part *bp)
{
	static const uint8_t blank[POOL_HDR_LEN];

	return bp->device ? device_write(b, bp, blank)
			  : aside_open(&bp->aside, space_part_size(b->to->parts[bp->part].m), b->w, &b->out->error);
}

static bool header_write(struct build *b, struct build_part *bp)
{
	uint8_t bytes[POOL_HDR_LEN];
	struct pool_hdr hdr;
	struct stat st;

	build_header(b->to, bp->part, &hdr);
	if (bp->new_header && bp->device)
		hdr.crtime = (uint64_t)time(NULL);
	else if (bp->new_header && fstat(bp->aside.fd, &st) == 0)
		hdr.crtime = (uint64_t)st.st_ctime;
	build_header_bytes(&hdr, bytes);
	if (bp->device)
		return device_write(b, bp, bytes);
	if (!writes_next(b->w, &b->out->error))
		return false;
	return pwrite(bp->aside.fd, bytes, sizeof(bytes), 0) == sizeof(bytes) ||
	       manage_fail(&b->out->error, errno, "%s: writing its header: %s", bp->aside.name, strerror(errno));
}

bool build_make(struct build *b)
{
	struct manage_error *e = &b->out->error;
	struct copy_job job;
	uint64_t written;
	bool ok = true;

	for (uint32_t i = 0; ok && i < b->nr; i++)
		ok = place_open(b, &b->parts[i]);
	ok = ok && job_of(b, &job) && copy_all(&job, b->w, &written, e);
	for (uint32_t i = 0; ok && i < b->nr; i++) {
		const struct part *p = &b->to->parts[b->parts[i].part];

		ok = (!p->has_header || header_write(b, &b->parts[i])) &&
		     (b->parts[i].device || aside_finish(&b->parts[i].aside, b->mode, p->m->fd, b->w, e));
	}
	for (uint32_t i = 0; ok && i < b->nr; i++)
		ok = b->parts[i].device || aside_settle(b->parts[i].aside.path, e);
	return ok;
}

bool build_place(struct build *b)
{
	for (uint32_t i = 0; i < b->nr; i++) {
		struct build_part *bp = &b->parts[i];

		if (bp->device == NULL && !aside_place(&bp->aside, b->out->arena, bp->keep, &bp->kept, b->w, &b->out->error))
			return false;
		bp->act->done = true;
	}
	for (uint32_t i = 0; i < b->nr; i++)
		if (b->parts[i].device == NULL && !aside_settle(b->parts[i].aside.path, &b->out->error))
			return false;
	return true;
}

void build_drop(struct build *b)
{
	for (uint32_t i = 0; i < b->nr; i++)
		aside_drop(&b->parts[i].aside, b->w->cut);
}
