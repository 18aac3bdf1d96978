#include "analyzer/repair/apply.h"

#include "analyzer/repair/rescue.h"
#include "analyzer/repair/target.h"
#include "formats/base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

static enum status io(struct problem *p, const char *path, const char *doing)
{
	return problem_set(p, STATUS_IO, "%s: %s: %s; nothing is lost: run again, or undo with the journal", path, doing,
			   strerror(errno));
}

static enum status open_for(struct target **t, const struct plan_target *want, const char *path, int fd, bool write,
			    struct problem *p)
{
	if (!want->plain && strcmp(path, want->path) == 0)
		return problem_set(p, STATUS_USAGE, "%s: it is compressed or in an archive: write a mended copy with --to; "
				   "nothing was written", path);
	return target_open_resized(path, fd, want->size, want->size + (uint64_t)want->grows, write, t, p);
}

enum edit_state { EDIT_TO_MAKE, EDIT_MADE, EDIT_FOREIGN, EDIT_UNREAD };

/* A run that was cut off may have left an edit half made: every byte is the old or the new one. */
static enum edit_state edit_state(struct target *t, const struct plan_edit *e)
{
	uint8_t *is = malloc((size_t)e->len);
	enum edit_state state = EDIT_MADE;

	if (is == NULL || !target_read(t, is, e->len, e->at))
		state = EDIT_UNREAD;
	for (uint64_t i = 0; state != EDIT_UNREAD && state != EDIT_FOREIGN && i < e->len; i++)
		if (is[i] != e->now[i])
			state = is[i] == e->was[i] ? EDIT_TO_MAKE : EDIT_FOREIGN;
	free(is);
	return state;
}

static enum status targets_judge(const struct plan_file *p, struct target *const *targets, struct problem *problem)
{
	for (uint64_t i = 0; i < p->edits_nr; i++) {
		const struct plan_edit *e = &p->edits[i];
		struct target *t = targets[e->target];
		enum edit_state state = edit_state(t, e);

		if (state == EDIT_FOREIGN)
			return problem_set(problem, STATUS_USAGE, "%s: the bytes at 0x%" PRIx64 " are not what the plan was made "
					   "for; nothing was written: make a new plan", target_path(t), e->at);
		/* a range that cannot be read can still be written; nothing there is lost by it */
	}
	return STATUS_OK;
}

/* A run that goes on where another was cut off has the same journal; another plan's is not lost for it. */
static bool same_or_absent(const char *mine, const char *path)
{
	FILE *a = fopen(mine, "re"), *b = fopen(path, "re");
	bool same = b == NULL && errno == ENOENT;
	int c = 0;

	if (a && b)
		for (same = true; same && c != EOF;)
			same = (c = getc(a)) == getc(b);
	if (a)
		fclose(a);
	if (b)
		fclose(b);
	return same;
}

/* Written aside, synced, renamed, the directory synced: the journal is there whole or not at all. */
static enum status journal_write(const struct plan_file *p, const char *path, struct problem *problem)
{
	struct arena *a = arena_open(PLAN_FILE_MAX);
	struct plan_file *inverse = a ? plan_file_inverse(a, p) : NULL;
	char *aside = inverse ? arena_printf(a, "%s.part", path) : NULL;
	FILE *to = aside ? fopen(aside, "we") : NULL;
	bool ok = to && plan_file_write(inverse, to) && fsync(fileno(to)) == 0;
	enum status st = STATUS_OK;

	if (to && fclose(to) != 0)
		ok = false;
	if (ok && !same_or_absent(aside, path)) {
		unlink(aside);
		st = problem_set(problem, STATUS_USAGE, "%s: there is another journal already; nothing was written: keep it, "
				 "and name a new one with --journal", path);
	} else if (ok) {
		ok = rename(aside, path) == 0 && whole_settle(path);
	}
	if (!ok)
		st = problem_set(problem, STATUS_IO, "%s: the journal cannot be written: %s; nothing else was written", path,
				 strerror(errno));
	if (!ok && aside)
		unlink(aside);
	plan_file_close(inverse);
	arena_close(a);
	return st;
}

/* As long as the longer of what the targets are and become, while edits are made; then as they become. */
static enum status targets_resize(const struct plan_file *p, struct target *const *targets, bool before, struct problem *problem)
{
	for (uint32_t i = 0; i < p->targets_nr; i++) {
		const struct plan_target *t = &p->targets[i];
		uint64_t len = t->size + (uint64_t)(before && t->grows < 0 ? 0 : t->grows);

		if (targets[i] && t->grows && (!target_resize(targets[i], len) || !target_flush(targets[i])))
			return io(problem, target_path(targets[i]), "changing its length");
	}
	return STATUS_OK;
}

static enum status edits_make(const struct plan_file *p, const struct apply_options *o, struct target *const *targets,
			      struct apply_done *done, struct problem *problem)
{
	for (uint64_t i = 0; i < p->edits_nr; i++) {
		const struct plan_edit *e = &p->edits[i];
		struct target *t = targets[e->target];

		if (edit_state(t, e) == EDIT_MADE) {
			done->already++;
			continue;
		}
		if (o->before_write && !o->before_write(o->ctx, done->writes))
			return problem_set(problem, STATUS_INTERRUPTED, "%s: stopped before a write; run again", target_path(t));
		done->writes++;
		if (!target_write(t, e->now, e->len, e->at))
			return io(problem, target_path(t), "writing");
		done->made++;
		done->bytes += e->len;
	}
	for (uint32_t i = 0; i < p->targets_nr; i++)
		if (targets[i] && !target_flush(targets[i]))
			return io(problem, target_path(targets[i]), "flushing");
	for (uint64_t i = 0; i < p->edits_nr; i++)
		if (edit_state(targets[p->edits[i].target], &p->edits[i]) != EDIT_MADE)
			return problem_set(problem, STATUS_IO, "%s: what was written at 0x%" PRIx64 " does not read back",
					   target_path(targets[p->edits[i].target]), p->edits[i].at);
	return STATUS_OK;
}

static bool edited(const struct plan_file *p, uint32_t target)
{
	for (uint64_t i = 0; i < p->edits_nr; i++)
		if (p->edits[i].target == target)
			return true;
	return false;
}

enum status apply_plan(const struct plan_file *p, const struct apply_options *o, struct apply_done *done,
		       struct problem *problem)
{
	struct target **targets = calloc(p->targets_nr ? p->targets_nr : 1, sizeof(struct target *));
	enum status st = targets ? STATUS_OK : problem_set(problem, STATUS_NOMEM, "no memory to apply the plan");

	*done = (struct apply_done){ 0 };
	for (uint32_t i = 0; st == STATUS_OK && i < p->targets_nr; i++) {
		const char *path = o->paths && o->paths[i] ? o->paths[i] : p->targets[i].path;

		/* the way back is open whatever a mapfile says */
		if (edited(p, i) && strcmp(p->kind, "journal") != 0)
			st = rescue_target(p, i, path, problem);
		if (st == STATUS_OK && edited(p, i))
			st = open_for(&targets[i], &p->targets[i], path, o->fds ? o->fds[i] : -1, !o->dry_run, problem);
	}
	if (st == STATUS_OK)
		st = targets_judge(p, targets, problem);
	if (st == STATUS_OK && !o->dry_run && o->journal)
		st = journal_write(p, o->journal, problem);
	if (st == STATUS_OK && !o->dry_run)
		st = targets_resize(p, targets, true, problem);
	if (st == STATUS_OK && !o->dry_run)
		st = edits_make(p, o, targets, done, problem);
	if (st == STATUS_OK && !o->dry_run)
		st = targets_resize(p, targets, false, problem);
	for (uint32_t i = 0; targets && i < p->targets_nr; i++)
		target_close(targets[i]);
	free(targets);
	return st;
}

static bool zero(const uint8_t *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

static enum status copy_to(struct image *im, int fd, const char *path, uint8_t *buf, struct problem *p)
{
	for (uint64_t at = 0; at < im->size;) {
		struct extent e = image_extent(im, at);
		size_t len = e.len < CHUNK ? (size_t)e.len : CHUNK;

		if (e.len == 0)
			return problem_set(p, STATUS_IO, "%s: its length changed while it was copied", im->label);
		if (e.kind != EXTENT_DATA) { /* lost bytes become a hole: the report lists them */
			at += e.len;
			continue;
		}
		if (!image_read(im, at, len, buf, buf + CHUNK))
			return problem_set(p, im->problem.status, "%s", im->problem.text);
		if (!zero(buf, len) && !whole_write(fd, buf, len, at))
			return problem_set(p, STATUS_IO, "%s: writing: %s", path, strerror(errno));
		at += len;
	}
	return STATUS_OK;
}

enum status apply_copy(struct image *im, const char *path, struct problem *p)
{
	uint8_t *buf = malloc((size_t)2 * CHUNK);
	int fd = buf ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	enum status st = STATUS_OK;

	if (buf == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	if (fd < 0)
		st = problem_set(p, errno == EEXIST ? STATUS_USAGE : STATUS_IO, "%s: %s; name a new file", path, strerror(errno));
	if (st == STATUS_OK && !image_settle(im))
		st = problem_set(p, im->problem.status, "%s", im->problem.text);
	if (st == STATUS_OK && ftruncate(fd, (off_t)im->size) != 0)
		st = problem_set(p, STATUS_IO, "%s: %s", path, strerror(errno));
	if (st == STATUS_OK)
		st = copy_to(im, fd, path, buf, p);
	if (st == STATUS_OK && (fsync(fd) != 0 || !whole_settle(path)))
		st = problem_set(p, STATUS_IO, "%s: flushing: %s", path, strerror(errno));
	if (fd >= 0) {
		close(fd);
		if (st != STATUS_OK)
			unlink(path);
	}
	free(buf);
	return st;
}
