#include "formats/image/intake.h"

#include "formats/image/bad.h"
#include "formats/image/compressed.h"
#include "formats/image/hash.h"
#include "formats/image/open.h"
#include "formats/image/peel.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a directory's regular files, in order; at most max of them. */
static enum status names_read(struct intake *in, const char *path, char ***names, size_t *nr, struct problem *p)
{
	DIR *d = opendir(path);
	size_t room = 0;
	bool full = false;

	if (d == NULL)
		return problem_set(p, STATUS_IO, "%s: %s; check the path and your permissions", path,
				   strerror(errno));
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_type != DT_REG && e->d_type != DT_UNKNOWN)
			continue;
		if (in->nr + *nr == in->options.limits.members) {
			closedir(d);
			return problem_set(p, STATUS_LIMIT, "%s: more than %u files; name the pool's files or its set file",
					   path, (unsigned)in->options.limits.members);
		}
		if (*nr == room) {
			size_t more = room ? room * 2 : 64;
			char **grown = realloc(*names, more * sizeof(*grown));

			full = grown == NULL;
			if (full)
				break;
			*names = grown;
			room = more;
		}
		(*names)[*nr] = arena_printf(in->arena, "%s/%s", path, e->d_name);
		if ((*names)[*nr])
			(*nr)++;
	}
	closedir(d);
	if (full || arena_failed(in->arena))
		return problem_set(p, STATUS_NOMEM, "%s: no memory for the names in it", path);
	if (*nr)
		qsort(*names, *nr, sizeof(**names), by_name);
	return STATUS_OK;
}

/* True for what tells of another file of the same directory: a mapfile, a list of bad blocks, what was taken. */
static bool goes_with(const char *path, char **names, size_t nr)
{
	size_t stem;
	enum side side = open_side(path, &stem);

	const char *dot = strrchr(path, '.');

	if (dot && strcmp(dot, BAD_LIST_ENDING) == 0)
		stem = (size_t)(dot - path);
	else if (side != SIDE_MAP && side != SIDE_TAKEN)
		return false;
	for (size_t i = 0; i < nr; i++)
		if (strlen(names[i]) == stem && strncmp(names[i], path, stem) == 0)
			return true;
	return false;
}

/* One file that cannot be opened does not end the others' analysis: it is a source that says so. */
static enum status member_take(struct intake *in, const char *path, const char *role, const char *found,
			       struct problem *p)
{
	struct problem own = { STATUS_OK, "" };
	struct stat st;
	struct source *last = in->sources.last;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return STATUS_OK;
	size_t stem;
	bool manifest = open_side(path, &stem) == SIDE_MANIFEST;
	enum status s = manifest ? open_manifest(in, path, found, &own) : open_path(in, path, role, found, &st, &own);
	if (s == STATUS_OK)
		return s;
	if (s == STATUS_NOMEM || s == STATUS_INTERRUPTED)
		return problem_set(p, s, "%s", own.text);
	if (in->sources.last == last && source_add(&in->sources, in->arena, path, role, found) == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	source_note(in->sources.last, in->arena, own.text);
	return STATUS_OK;
}

static enum status directory_take(struct intake *in, const char *path, const char *role, const char *found,
				  struct problem *p)
{
	const uint32_t had = in->nr;
	char **names = NULL;
	size_t nr = 0;

	if (in->options.mapfile && !in->mapfile_used)
		return problem_set(p, STATUS_USAGE, "%s: a mapfile goes with one file, and this is a directory: put it "
				   "beside its file, as that file's name and .map", path);
	enum status st = names_read(in, path, &names, &nr, p);
	in->group = true;
	for (size_t i = 0; st == STATUS_OK && i < nr; i++)
		if (!goes_with(names[i], names, nr))
			st = member_take(in, names[i], role, found, p);
	free(names);
	if (st == STATUS_OK && in->nr == had)
		return problem_set(p, STATUS_UNSUPPORTED, "%s: a directory without a file that can be read: name the "
				   "pool's files or its set file", path);
	return st;
}

static enum status path_take(struct intake *in, const char *path, const char *role, const char *found,
			     struct problem *p)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return open_stdin(in, role, found, p);
	if (stat(path, &st) != 0)
		return problem_set(p, STATUS_IO, "%s: %s; check the path and your permissions", path,
				   strerror(errno));
	return S_ISDIR(st.st_mode) ? directory_take(in, path, role, found, p) :
				     open_path(in, path, role, found, &st, p);
}

/* Hands out what was opened under path before. False: nothing was. */
static bool take_again(struct intake *in, const char *path)
{
	struct image *const *image = in->again->images;
	bool any = false;

	for (const struct item *it = in->again->first->first; it; it = it->next, image++) {
		if (strcmp(it->opened_as, path) != 0)
			continue;
		struct item *mine = ARENA_NEW(in->arena, struct item);

		if (mine == NULL)
			return any;
		*mine = *it;
		mine->next = NULL;
		mine->borrowed = true;
		if (*image)
			mine->image = *image;
		peel_append(in, mine);
		any = true;
	}
	in->group |= any && in->again->first->group;
	return any;
}

enum status intake_open(struct intake *in, const char *path, const char *role, const char *found,
			struct problem *p)
{
	struct item *before = in->last;
	const char *as = arena_text(in->arena, path);

	if (in->again && take_again(in, path))
		return STATUS_OK;
	enum status st = path_take(in, path, role, found, p);
	for (struct item *it = before ? before->next : in->first; it; it = it->next)
		it->opened_as = as ? as : "";
	return st;
}

enum status intake_memory(struct intake *in, const char *name, const uint8_t *bytes, size_t len,
			  struct problem *p)
{
	return open_memory(in, name, bytes, len, p);
}

enum status intake_finish(struct intake *in, struct problem *p)
{
	enum status st = STATUS_OK;

	for (struct item *it = in->first; it; it = it->next) {
		if (it->borrowed)
			continue;
		enum status s = compressed_finish(it->image, p);

		it->source->size = it->image->size;
		if (s == STATUS_OK && in->options.hash_plain && !it->source->decoded_hashed)
			s = hash_image(&in->options, it->image, it->source, p);
		if (st == STATUS_OK)
			st = s;
	}
	for (struct held *h = in->held; h; h = h->next) {
		enum status s = compressed_finish(h->image, p);

		if (st == STATUS_OK)
			st = s;
	}
	return st;
}

bool intake_indexes(struct intake *in, bool (*keep)(void *ctx, const char *path, const uint8_t *bytes, size_t len),
		    void *ctx)
{
	for (struct compressed *c = in->streams; c; c = compressed_earlier(c)) {
		const char *path;
		uint8_t *bytes;
		size_t len;

		if (!compressed_index(c, &path, &bytes, &len))
			continue;
		bool good = bytes && keep(ctx, path, bytes, len);
		free(bytes);
		if (!good)
			return false;
	}
	return true;
}

void intake_close(struct intake *in)
{
	for (struct item *it = in->first; it; it = it->next)
		if (!it->borrowed)
			image_close(it->image);
	for (struct held *h = in->held; h; h = h->next) /* the last held is built on those before */
		image_close(h->image);
	sources_close(&in->sources);
	in->first = in->last = NULL;
	in->held = NULL;
}
