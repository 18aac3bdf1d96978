#include "formats/image/peel.h"

#include "formats/image/compressed.h"
#include "formats/image/mapfile.h"
#include "formats/image/side.h"
#include "formats/image/taken.h"
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

/* A tar's members by name, as the list has them: what tells of another is found by its name. */
struct tar_all {
	const struct tar_member **list;
	uint32_t nr;
	const struct peel_file *file;
	struct image *archive;
	const struct source *src;
	const char *role;
};

static const struct tar_member *named(const struct tar_all *t, const char *name, size_t len, const char *ending)
{
	uint32_t lo = 0, hi = t->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int d = strncmp(t->list[mid]->name, name, len);

		d = d ? d : strcmp(t->list[mid]->name + len, ending);
		if (d == 0)
			return t->list[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The member's own bytes. NULL without memory. */
static struct image *member_image(struct intake *in, const struct tar_all *t, const struct tar_member *m, struct source *s)
{
	return s ? runs_open(in->arena, t->archive, m->size, m->runs, m->runs_nr, EXTENT_HOLE, s) : NULL;
}

static bool maybe_side(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < SIDE_ENDINGS; i++) {
		size_t end = strlen(side_endings[i].text);

		if (n > end && strcmp(name + n - end, side_endings[i].text) == 0)
			return true;
	}
	return strcmp(peel_last_part(name), SIDE_MANIFEST_NAME) == 0;
}

static enum side member_side(const struct tar_all *t, const struct tar_member *m, size_t *stem)
{
	uint8_t head[SIDE_HEAD_LEN], lost[SIDE_HEAD_LEN];
	const struct run *r = m->runs_nr ? &m->runs[0] : NULL;
	size_t len = r && r->len < SIDE_HEAD_LEN ? (size_t)r->len : SIDE_HEAD_LEN;

	*stem = 0;
	if (r == NULL || r->at || !maybe_side(m->name) || !image_read(t->archive, r->from, len, head, lost))
		return SIDE_NONE;
	return side_of(m->name, head, len, stem);
}

/* Lays over *im what the member `name` with that ending says of it, if there is one. */
static enum status side_lay(struct intake *in, const struct tar_all *t, const struct tar_member *m,
			    const struct side_ending *ending, struct source *src, struct image **im, struct problem *p)
{
	const struct tar_member *side = named(t, m->name, strlen(m->name), ending->text);
	size_t stem;
	struct span text;

	if (side == NULL || member_side(t, side, &stem) != ending->side)
		return STATUS_OK;
	struct source *s = member_source(in, t->src, "source", side);
	struct image *map = member_image(in, t, side, s);
	if (map == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory for a member of the tar", t->src->path);
	s->role = side_role(ending->side);
	s->size = side->size;
	if (ending->side == SIDE_TAKEN)
		return taken_open(in->arena, *im, map, src, im, p);
	if (side->size > MAPFILE_MAX || !image_span(map, in->arena, 0, side->size, &text))
		return problem_set(p, STATUS_LIMIT, "%s: this mapfile cannot be read, or is longer than %d MiB", side->name,
				   MAPFILE_MAX >> 20);
	return side_lay_map(in, im, src, side->name, (const char *)text.p, text.len, s, p);
}

/* True when m only tells of others; a manifest is taken in. */
static bool tells_only(struct intake *in, const struct tar_all *t, const struct tar_member *m)
{
	size_t stem;
	enum side side = member_side(t, m, &stem);

	if (side == SIDE_MAP || side == SIDE_TAKEN)
		return named(t, arena_copy(in->arena, m->name, stem), stem, "") != NULL;
	if (side != SIDE_MANIFEST || m->size > SIDE_MANIFEST_MAX)
		return false;
	struct source *s = member_source(in, t->src, "source", m);
	struct image *im = member_image(in, t, m, s);
	if (im == NULL || !image_span(im, in->arena, 0, m->size, &in->manifest))
		return false;
	s->role = side_role(SIDE_MANIFEST);
	s->size = m->size;
	return true;
}

static enum status member_open(struct intake *in, const struct tar_all *t, const struct tar_member *m, struct problem *p)
{
	struct source *s = member_source(in, t->src, t->role, m);
	struct image *im = member_image(in, t, m, s);
	struct problem own = { STATUS_OK, "" };
	enum status st = STATUS_OK;

	if (im == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory for a member of the tar", t->src->path);
	s->size = m->size;
	for (size_t i = 0; st == STATUS_OK && i < SIDE_ENDINGS; i++)
		st = side_lay(in, t, m, &side_endings[i], s, &im, &own);
	if (st == STATUS_OK)
		st = peel_open(in, im, s, t->file, peel_last_part(m->name), &own);
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
	const bool group = in->group;
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
	struct tar_all all = { .list = arena_array(in->arena, list.nr, sizeof(*all.list)), .file = file, .archive = im,
			       .src = src, .role = role };
	if (all.list == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory for the members of the tar", src->path);
	for (const struct tar_member *m = list.first; m; m = m->next)
		all.list[all.nr++] = m;
	for (uint32_t i = 0; i < all.nr; i++) {
		st = tells_only(in, &all, all.list[i]) ? STATUS_OK : member_open(in, &all, all.list[i], p);
		if (st != STATUS_OK)
			return st;
	}
	if (in->manifest.len && in->nr == had + 1)
		in->group = group; /* a capture of one file is that file */
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
