#include "formats/image/side.h"

#include "formats/image/mapfile.h"
#include "formats/image/taken.h"

#include <string.h>

const struct side_ending side_endings[SIDE_ENDINGS] = {
	{ ".map", SIDE_MAP }, { ".mapfile", SIDE_MAP }, { ".taken", SIDE_TAKEN },
};

static bool is_manifest(const char *name, const uint8_t *head, size_t len)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash ? slash + 1 : name, SIDE_MANIFEST_NAME) == 0 && len && head[0] == '{' &&
	       memmem(head, len, SIDE_MANIFEST_MAGIC, sizeof(SIDE_MANIFEST_MAGIC) - 1) != NULL;
}

enum side side_of(const char *name, const uint8_t *head, size_t len, size_t *stem)
{
	size_t n = strlen(name);

	*stem = 0;
	for (size_t i = 0; i < SIDE_ENDINGS; i++) {
		size_t end = strlen(side_endings[i].text);
		bool fits = side_endings[i].side == SIDE_MAP ? mapfile_probe((const char *)head, len)
							     : taken_probe((const char *)head, len);

		if (n > end && strcmp(name + n - end, side_endings[i].text) == 0 && fits) {
			*stem = n - end;
			return side_endings[i].side;
		}
	}
	return is_manifest(name, head, len) ? SIDE_MANIFEST : SIDE_NONE;
}

const char *side_role(enum side side)
{
	return side == SIDE_MAP ? "mapfile" : side == SIDE_TAKEN ? "list of what was taken" : "capture manifest";
}

struct source *side_source(struct intake *in, enum side side, const char *path, const char *found, uint64_t size)
{
	struct source *s = source_add(&in->sources, in->arena, path, side_role(side), found);

	if (s)
		s->size = s->stored_size = s->read = size;
	return s;
}

enum status side_lay_map(struct intake *in, struct image **im, struct source *src, const char *name, const char *text,
			 size_t len, struct source *side, struct problem *p)
{
	struct mapfile *m = ARENA_NEW(in->arena, struct mapfile);
	struct image *below = *im;

	if (m == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", name);
	if (!mapfile_parse(in->arena, name, text, len, below->size, m, p))
		return p->status;
	*im = runs_open(in->arena, below, below->size, m->runs, m->nr, EXTENT_LOST, src);
	if (*im == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", name);
	src->map = m;
	src->under = below;
	source_note(side, in->arena, arena_printf(in->arena, "%llu of the %llu bytes of %s were never read%s",
						  (unsigned long long)m->lost, (unsigned long long)below->size,
						  below->label, m->end > below->size ? "; it names bytes behind that file's end" : ""));
	return STATUS_OK;
}
