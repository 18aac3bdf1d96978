#include "report/batch/find.h"

#include "formats/base/arena.h"
#include "formats/image/open.h"
#include "formats/image/side.h"
#include "formats/pool/poolset.h"
#include "report/batch/identity.h"
#include "report/batch/known.h"
#include "report/batch/shelf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct work {
	struct batch_find *f;
	struct batch_shelf shelf;
	struct batch_known known; /* ids: of an earlier manifest, and those written */
	FILE *out;
};

static bool image_add(struct batch_image *im, const char *path)
{
	struct batch_file *more = realloc(im->files, (im->nr + 1) * sizeof(*more));

	if (more == NULL)
		return false;
	im->files = more;
	more += im->nr;
	*more = (struct batch_file){ .path = strdup(path) };
	if (more->path && batch_file_look(path, more)) {
		im->nr++;
		return true;
	}
	free(more->path);
	return false;
}

static struct batch_shelf_file *shelved(struct work *w, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return NULL;
	for (size_t i = 0; i < w->shelf.nr; i++)
		if (w->shelf.files[i].dev == st.st_dev && w->shelf.files[i].ino == st.st_ino)
			return &w->shelf.files[i];
	return NULL;
}

static size_t dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool same_dir(const char *a, const char *b)
{
	size_t len = dir_len(a);

	return len == dir_len(b) && strncmp(a, b, len) == 0;
}

/* A part where the set file says it is, else a file of its name beside the set file; "" without either. */
static char *part_place(const char *set, const char *part)
{
	struct stat st;
	char *beside = NULL;

	if (stat(part, &st) == 0 && S_ISREG(st.st_mode))
		return strdup(part);
	if (asprintf(&beside, "%.*s%s", (int)dir_len(set), set, part + dir_len(part)) < 0)
		return NULL;
	if (stat(beside, &st) == 0 && S_ISREG(st.st_mode))
		return beside;
	free(beside);
	return strdup("");
}

static char *text_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(POOLSET_TEXT_MAX) : NULL;

	*len = text ? fread(text, 1, POOLSET_TEXT_MAX, f) : 0;
	if (f)
		fclose(f);
	return text;
}

/* Parts that lie elsewhere under other names are found by the analysis: by the uuid of those that are here. */
static bool kin_take(struct work *w, struct batch_image *im, const char *set, const uint8_t *uuid)
{
	for (size_t i = 0; i < w->shelf.nr; i++) {
		struct batch_shelf_file *it = &w->shelf.files[i];

		if (it->taken || it->sniff.kind != SNIFF_POOL || !it->sniff.in_set || !same_dir(set, it->path) ||
		    !uuid_same(it->sniff.poolset_uuid, uuid))
			continue;
		it->taken = true;
		if (!image_add(im, it->path))
			return false;
	}
	return true;
}

static bool parts_take(struct work *w, struct batch_image *im, const struct poolset *set)
{
	const uint8_t *uuid = NULL;
	bool good = true, missing = false;

	for (const struct poolset_line *line = set->lines; good && line; line = line->next) {
		if (line->kind != POOLSET_LINE_PART || line->path == NULL)
			continue;
		char *path = part_place(im->source, line->path);
		struct batch_shelf_file *it = path && *path ? shelved(w, path) : NULL;

		if (it && it->sniff.kind == SNIFF_POOL)
			uuid = it->sniff.poolset_uuid;
		if (it)
			it->taken = true;
		good = path && (*path == '\0' || image_add(im, path));
		missing |= path && *path == '\0';
		free(path);
	}
	return good && (!missing || uuid == NULL || kin_take(w, im, im->source, uuid));
}

/* The set's files: its parts, in its order; the set file itself last. */
static enum status set_take(struct work *w, struct batch_shelf_file *set, struct batch_image *im, struct problem *p)
{
	struct arena *a = arena_open((size_t)64 << 20);
	size_t len;
	char *text = text_read(set->path, &len);
	struct poolset *ps = a && text ? poolset_parse(a, (struct span){ .p = (const uint8_t *)text, .len = len }) : NULL;
	bool good = ps && parts_take(w, im, ps);

	good = good && image_add(im, set->path);
	arena_close(a);
	free(text);
	return good ? STATUS_OK : problem_set(p, STATUS_NOMEM, "%s: no memory for its parts, or one went away", set->path);
}

static enum status write_out(struct work *w, struct batch_image *im, struct problem *p)
{
	struct buf line = { .p = NULL };
	struct problem own = { STATUS_OK, "" };
	const char *id = batch_known_id(&w->known, im);
	enum status st = STATUS_OK;

	if (id)
		memcpy(im->id, id, BATCH_ID_LEN + 1);
	else
		st = batch_identity(im, w->f->go_on, w->f->ctx, &own);
	if (st == STATUS_IO) {
		w->f->failed++;
		if (w->f->say)
			w->f->say(w->f->ctx, own.text);
		return STATUS_OK;
	}
	if (st != STATUS_OK)
		return problem_set(p, st, "%s", own.text);
	switch (batch_known_add(&w->known, im->id)) {
	case KNOWN_BEFORE:
		w->f->copies++;
		return STATUS_OK;
	case KNOWN_NEW:
		break;
	default:
		return problem_set(p, STATUS_NOMEM, "no memory");
	}
	batch_image_write(im, &line);
	w->f->images++;
	for (size_t i = 0; i < im->nr; i++) {
		w->f->files++;
		w->f->bytes += im->files[i].size;
	}
	if (line.failed || fwrite(buf_text(&line), 1, line.len, w->out) != line.len)
		st = problem_set(p, line.failed ? STATUS_NOMEM : STATUS_IO, "the manifest: %s", strerror(errno));
	buf_free(&line);
	return st;
}

/* A part like it is in the group: they are captures of one part, and belong to two captures of the set. */
static bool has_twin(const struct batch_shelf_file *it, const struct batch_shelf_file *last)
{
	while (last && !uuid_same(last->sniff.uuid, it->sniff.uuid))
		last = last->kin;
	return last != NULL;
}

/* Parts without their set file, in one directory: given to the analysis together. */
static enum status parts_group(struct work *w, size_t first, struct batch_image *im, struct problem *p)
{
	const struct batch_shelf_file *one = &w->shelf.files[first], *last = NULL;

	for (size_t i = first; i < w->shelf.nr; i++) {
		struct batch_shelf_file *it = &w->shelf.files[i];

		if (it->taken || it->sniff.kind != SNIFF_POOL || !it->sniff.in_set || !same_dir(one->path, it->path) ||
		    !uuid_same(it->sniff.poolset_uuid, one->sniff.poolset_uuid) || has_twin(it, last))
			continue;
		it->taken = true;
		it->kin = last;
		last = it;
		if (!image_add(im, it->path))
			return problem_set(p, STATUS_NOMEM, "%s: no memory, or it went away", it->path);
	}
	return STATUS_OK;
}

/* What ddrescue could not read of it: laid over it by the analysis, so it belongs to it. */
static bool mapfile_take(struct batch_image *im)
{
	bool good = true;

	for (size_t i = 0; good && i < SIDE_ENDINGS; i++) {
		char *path = NULL;
		size_t stem;

		good = asprintf(&path, "%s%s", im->source, side_endings[i].text) > 0;
		/* as the analysis sees it: of a file that was named by itself it is not on the shelf */
		if (good && open_side(path, &stem) == SIDE_MAP)
			good = image_add(im, path);
		free(path);
	}
	return good;
}

static bool worth(const struct work *w, const struct batch_shelf_file *it)
{
	return it->given || w->f->all || it->sniff.kind == SNIFF_POOL || it->sniff.kind == SNIFF_CAPTURE ||
	       it->sniff.kind == SNIFF_PACKED || (it->sniff.kind == SNIFF_OTHER && it->size >= BATCH_FIND_LEAST);
}

static enum status one(struct work *w, size_t i, struct problem *p)
{
	static const char *const kinds[] = { [SNIFF_OTHER] = "unknown", [SNIFF_POOL] = "pool", [SNIFF_SET_FILE] = "set",
					     [SNIFF_CAPTURE] = "capture", [SNIFF_PACKED] = "packed", [SNIFF_MAPFILE] = "unknown" };
	struct batch_shelf_file *it = &w->shelf.files[i];
	struct batch_image im = { .source = strdup(it->path) };
	enum status st = STATUS_OK;

	snprintf(im.kind, sizeof(im.kind), "%s", kinds[it->sniff.kind]);
	if (im.source == NULL)
		st = problem_set(p, STATUS_NOMEM, "no memory");
	else if (it->sniff.kind == SNIFF_SET_FILE)
		st = set_take(w, it, &im, p);
	else if (it->sniff.kind == SNIFF_POOL && it->sniff.in_set)
		st = parts_group(w, i, &im, p);
	else if (!image_add(&im, it->path) || !mapfile_take(&im))
		st = problem_set(p, STATUS_NOMEM, "%s: no memory, or it went away", it->path);
	it->taken = true;
	if (im.nr > 1 && it->sniff.kind == SNIFF_POOL && it->sniff.in_set)
		snprintf(im.kind, sizeof(im.kind), "parts");
	if (st == STATUS_OK)
		st = write_out(w, &im, p);
	batch_image_free(&im);
	return st;
}

static enum status all_write(struct work *w, struct problem *p)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < w->shelf.nr; i++) /* the sets first: they own their parts */
		if (w->shelf.files[i].sniff.kind == SNIFF_SET_FILE && !w->shelf.files[i].taken)
			st = one(w, i, p);
	for (size_t i = 0; st == STATUS_OK && i < w->shelf.nr; i++) {
		if (w->shelf.files[i].taken)
			continue;
		if (worth(w, &w->shelf.files[i]))
			st = one(w, i, p);
		else
			w->f->left_out += w->shelf.files[i].sniff.kind != SNIFF_MAPFILE;
	}
	return st;
}

enum status batch_find(struct batch_find *f, const char *const *paths, size_t nr, FILE *out, struct problem *p)
{
	struct work w = { .f = f, .out = out };
	enum status st = batch_known_load(&w.known, f->before) ? STATUS_OK : problem_set(p, STATUS_NOMEM, "no memory");

	for (size_t i = 0; st == STATUS_OK && i < nr; i++)
		st = batch_shelf_walk(&w.shelf, paths[i], f, p);
	batch_shelf_sort(&w.shelf);
	if (st == STATUS_OK)
		st = all_write(&w, p);
	batch_shelf_free(&w.shelf);
	batch_known_free(&w.known);
	return st;
}
