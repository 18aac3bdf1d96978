#include "formats/image/peel.h"

#include "formats/image/compressed.h"
#include "formats/image/tar.h"

#include <string.h>

/* compressed_probe wants fewer bytes */
enum { HEAD_LEN = TAR_HEAD_LEN };

const char *peel_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool peel_hold(struct intake *in, struct image *im, struct source *src)
{
	struct held *h = ARENA_NEW(in->arena, struct held);

	if (h == NULL) {
		image_close(im);
		return false;
	}
	*h = (struct held){ im, src, in->held };
	in->held = h;
	return true;
}

void peel_append(struct intake *in, struct item *it)
{
	if (in->last)
		in->last->next = it;
	else
		in->first = it;
	in->last = it;
	in->nr++;
}

static enum status item_add(struct intake *in, struct image *im, struct source *src,
			    const struct peel_file *file, const char *name, struct problem *p)
{
	struct item *it = ARENA_NEW(in->arena, struct item);

	if (it == NULL) {
		image_close(im);
		return problem_set(p, STATUS_NOMEM, "%s: no memory", src->path);
	}
	*it = (struct item){ .image = im, .source = src, .name = name, .path = file->path,
			     .dev = file->dev, .ino = file->ino };
	src->size = im->size;
	peel_append(in, it);
	return STATUS_OK;
}

static uint32_t depth_of(const struct source *src)
{
	uint32_t depth = 0;

	for (const struct layer *l = src->layers; l && l->next; l = l->next)
		depth++;
	return depth;
}

/* The first len bytes, fewer when there are no more. False: our own failure. */
static bool head_of(struct image *im, uint8_t *head, size_t *len)
{
	uint8_t lost[HEAD_LEN];

	*len = im->size < HEAD_LEN ? (size_t)im->size : HEAD_LEN;
	if (image_read(im, 0, *len, head, lost))
		return true;
	*len = im->size < HEAD_LEN ? (size_t)im->size : HEAD_LEN; /* the end was found by that */
	return image_read(im, 0, *len, head, lost);
}

/* A source for a member, with what is known of the archive's. */
static struct source *member_source(struct intake *in, const struct source *archive, const char *role,
				    const struct tar_member *m)
{
	struct source *s = source_add(&in->sources, in->arena, archive->path, role, "member of the tar");

	if (s == NULL)
		return NULL;
	s->stored_size = archive->stored_size;
	s->allocated = archive->allocated;
	s->mtime = archive->mtime;
	s->has_mtime = archive->has_mtime;
	for (const struct layer *l = archive->layers; l; l = l->next)
		if (source_layer(s, in->arena, l->kind, l->name, l->size) == NULL)
			return NULL;
	return source_layer(s, in->arena, "tar", m->name, m->size) ? s : NULL;
}

static enum status member_open(struct intake *in, struct image *archive, const struct source *src,
			       const char *role, const struct peel_file *file, const struct tar_member *m,
			       struct problem *p)
{
	struct source *s = member_source(in, src, role, m);
	struct image *im = s ? runs_open(in->arena, archive, m->size, m->runs, m->runs_nr, EXTENT_HOLE, s) : NULL;

	if (im == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory for a member of the tar", src->path);
	s->size = m->size;
	struct problem own = { STATUS_OK, "" };
	enum status st = peel_open(in, im, s, file, peel_last_part(m->name), &own);
	if (st == STATUS_NOMEM || st == STATUS_INTERRUPTED)
		return problem_set(p, st, "%s", own.text);
	if (st != STATUS_OK)
		source_note(s, in->arena, own.text);
	return STATUS_OK;
}

/* Takes im. */
static enum status tar_open(struct intake *in, struct image *im, struct source *src,
			    const struct peel_file *file, struct problem *p)
{
	const char *role = src->role;
	const uint32_t had = in->nr;
	struct tar_list list;

	if (!peel_hold(in, im, src))
		return problem_set(p, STATUS_NOMEM, "%s: no memory", src->path);
	const struct intake_limits *l = &in->options.limits;
	uint32_t more = l->members > in->nr ? l->members - in->nr : 0;
	enum status st = tar_members(in->arena, im, more, l->decoded, &list, p);
	if (st != STATUS_OK)
		return st;
	image_settle(im); /* the members' sources tell the size of what they lie in */
	if (im->problem.status == STATUS_INTERRUPTED)
		return problem_set(p, STATUS_INTERRUPTED, "%s", im->problem.text);
	src->role = "archive";
	src->size = im->size;
	source_note(src, in->arena, list.note);
	in->group = true;
	for (const struct tar_member *m = list.first; m; m = m->next) {
		st = member_open(in, im, src, role, file, m, p);
		if (st != STATUS_OK)
			return st;
	}
	if (in->nr == had)
		return problem_set(p, STATUS_UNSUPPORTED, "%s: a tar without a file in it that can be read%s%s",
				   src->path, list.note ? ": " : "", list.note ? list.note : "");
	return STATUS_OK;
}

enum status peel_open(struct intake *in, struct image *im, struct source *src, const struct peel_file *file,
		      const char *name, struct problem *p)
{
	uint8_t head[HEAD_LEN];
	const char *kind;
	size_t len;

	for (;;) {
		if (!head_of(im, head, &len)) {
			enum status st = im->problem.status ? im->problem.status : STATUS_IO;

			problem_set(p, st, "%s: its beginning cannot be read: %s", src->path, im->problem.text);
			image_close(im);
			return st;
		}
		bool compressed = compressed_probe(head, len, &kind), tar = !compressed && tar_probe(head, len);
		if (!compressed && !tar)
			return item_add(in, im, src, file, name, p);
		if (depth_of(src) >= in->options.limits.depth) {
			image_close(im);
			return problem_set(p, STATUS_LIMIT, "%s: more than %u layers of compression and tar; unpack it first",
					   src->path, (unsigned)in->options.limits.depth);
		}
		if (tar)
			return tar_open(in, im, src, file, p);
		enum status st = compressed_open(in, im, src, kind, &im, p);
		if (st != STATUS_OK)
			return st;
	}
}
