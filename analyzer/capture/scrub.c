#include "analyzer/capture/scrub.h"

#include "formats/base/checksum.h"
#include "formats/image/memory.h"
#include "formats/image/peel.h"
#include "formats/ns/label.h"
#include "formats/ns/ns.h"
#include "formats/obj/descr.h"
#include "formats/obj/obj.h"
#include "formats/obj/vos.h"
#include "formats/pool/set.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 256 };

/* Where it lies, as a set file would name it. */
static const char *path_of(const struct capture_part *part)
{
	const struct layer *tar = NULL;

	for (const struct layer *l = part->item->source->layers; l; l = l->next)
		if (strcmp(l->kind, "tar") == 0)
			tar = l;
	if (part->part && part->part->path)
		return part->part->path;
	return tar ? tar->name : part->item->path;
}

/* "SET_r0_p1_badblocks.txt" goes by the set file's name. */
static const char *recovery_name(struct capture *c, const struct capture_part *part)
{
	const char *name = part->item->name, *end = NULL;

	for (const char *p = strstr(name, "_r"); p; p = strstr(p + 1, "_r"))
		end = p;
	for (uint32_t i = 0; end && i < c->nr; i++) {
		const char *other = c->parts[i].item->name;

		if (&c->parts[i] != part && c->parts[i].name && strlen(other) == (size_t)(end - name) &&
		    strncmp(other, name, strlen(other)) == 0)
			return arena_printf(c->arena, "%s%s", c->parts[i].name, end);
	}
	return NULL;
}

/* With a set file members are named by their paths, as the set file names them: so the parts are found again. */
static bool same_directory(const struct capture *c)
{
	const struct pool_set *s = c->result->model.pool;
	size_t len = 0;

	if (s && s->text)
		return false;
	for (uint32_t i = 0; i < c->nr; i++) {
		const char *path = path_of(&c->parts[i]), *base = peel_last_part(path);

		if (i == 0)
			len = (size_t)(base - path);
		if ((size_t)(base - path) != len || strncmp(path, path_of(&c->parts[0]), len) != 0)
			return false;
	}
	return true;
}

/* Without what would lead out of the directory that it is unpacked in. */
static const char *inside(struct arena *a, const char *path)
{
	char *to = arena_copy(a, path, strlen(path)), *end = to;

	while (to && *path) {
		size_t len = strcspn(path, "/");
		bool skip = len == 0 || (len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.');

		if (!skip) {
			if (end > to)
				*end++ = '/';
			memcpy(end, path, len);
			end += len;
		}
		path += len + (path[len] == '/');
	}
	if (to)
		*end = '\0';
	return to && end > to ? to : arena_text(a, "pool");
}

static bool taken_name(const struct capture *c, uint32_t before, const char *name)
{
	for (uint32_t i = 0; i < before; i++)
		if (c->parts[i].name && strcmp(c->parts[i].name, name) == 0)
			return true;
	return false;
}

/*
 * What a path becomes in the set file: its token, at the root where it was absolute. Of the numbered files
 * in a directory the number stays, by which they are found.
 */
static const char *path_token(struct capture *c, const char *path, bool numbered)
{
	const char *base = peel_last_part(path);
	const char *dir = numbered ? arena_copy(c->arena, path, (size_t)(base - path) - (base > path)) : NULL;
	const char *token = names_token(c->options->names, "path", dir ? dir : path);

	return token ? arena_printf(c->arena, "%s%s%s%s", path[0] == '/' ? "/" : "", token, dir ? "/" : "", dir ? base : "") : NULL;
}

static bool in_directory(const struct capture *c, const struct capture_part *part)
{
	const struct pool_set *s = c->result->model.pool;

	return part->part && s && part->part->replica < s->nr && s->replicas[part->part->replica]->directory;
}

bool scrub_members(struct capture *c)
{
	struct capture_names *names = c->options->names;
	bool beside = same_directory(c);

	for (int late = 0; late < 2; late++) /* recovery files by the names of the others */
		for (uint32_t i = 0; i < c->nr; i++) {
			struct capture_part *part = &c->parts[i];
			bool recovery = strcmp(part->item->source->role, "recovery file") == 0;
			const char *path = path_of(part);

			if (recovery != (late != 0))
				continue;
			if (names && recovery)
				part->name = recovery_name(c, part);
			else if (names)
				path = path_token(c, path, in_directory(c, part));
			if (part->name == NULL)
				part->name = path ? inside(c->arena, beside && !(names && !recovery) ? peel_last_part(path) : path) : NULL;
			for (unsigned nr = 2; part->name && taken_name(c, i, part->name); nr++)
				part->name = arena_printf(c->arena, "%s.%u", inside(c->arena, peel_last_part(path)), nr);
			if (part->name == NULL)
				return false;
		}
	return true;
}

/* A text with `what` as `with` everywhere. */
static char *replaced(struct arena *a, char *text, const char *what, const char *with)
{
	size_t len = strlen(what);
	char *at;

	if (len == 0)
		return text;
	for (size_t from = 0; text && (at = strstr(text + from, what)) != NULL;) {
		size_t head = (size_t)(at - text);
		char *next = arena_printf(a, "%.*s%s%s", (int)head, text, with, at + len);

		text = next;
		from = head + strlen(with);
	}
	return text;
}

/* What people write behind '#' is nobody else's business. */
static void comments_blank(char *text)
{
	for (char *p = strchr(text, '#'); p; p = strchr(p, '#'))
		for (p++; *p && *p != '\n';)
			*p++ = ' ';
}

/* First where it ends a line, for one path may begin another; then wherever it still stands. */
static char *path_replaced(struct capture *c, char *text, const char *path)
{
	struct arena *a = c->arena;
	const char *token = path ? path_token(c, path, false) : NULL;

	if (path == NULL || text == NULL)
		return text;
	if (token == NULL)
		return NULL;
	text = replaced(a, text, arena_printf(a, " %s\n", path), arena_printf(a, " %s\n", token));
	text = text ? replaced(a, text, arena_printf(a, "\t%s\n", path), arena_printf(a, "\t%s\n", token)) : NULL;
	return text ? replaced(a, text, path, token) : NULL;
}

static char *paths_replaced(struct capture *c, const struct pool_set *s, char *text)
{
	struct capture_names *names = c->options->names;

	for (uint32_t r = 0; text && r < s->nr; r++) {
		const struct pool_replica *rep = s->replicas[r];

		if (rep->remote_node)
			text = replaced(c->arena, text, rep->remote_node, names_token(names, "host", rep->remote_node));
		if (text && rep->remote_descriptor)
			text = replaced(c->arena, text, rep->remote_descriptor,
					path_token(c, rep->remote_descriptor, false));
		for (uint32_t i = 0; text && i < rep->nr && !rep->directory; i++)
			text = path_replaced(c, text, rep->parts[i]->path);
	}
	for (const struct poolset_replica *t = s->text->replicas; t && text; t = t->next)
		for (uint32_t i = 0; text && i < t->nr; i++) /* also directories */
			if (strstr(text, t->parts[i]->path))
				text = path_replaced(c, text, t->parts[i]->path);
	return text;
}

static bool set_text(struct capture *c, const struct pool_set *s)
{
	struct capture_part *part = s->text_item ? capture_part_of(c, s->text_item->source) : NULL;
	char *text;

	if (part == NULL || s->text == NULL)
		return true;
	text = arena_printf(c->arena, "%.*s\n", (int)s->text_bytes.len, (const char *)s->text_bytes.p);
	if (text == NULL)
		return false; /* the line's end, which a last path may lack, is taken off again */
	comments_blank(text);
	text = paths_replaced(c, s, text);
	if (text == NULL)
		return false;
	part->image = memory_open(c->arena, part->name, (const uint8_t *)text, strlen(text) - 1, part->item->source);
	part->written_anew = true;
	json_array_append_new(c->anew, json_string("set file: paths and hosts are tokens, comments are blank"));
	return part->image != NULL;
}

/* A name that is none keeps its form, which is a finding: letters become x, other bytes one of their kind. */
static void odd_name(uint8_t *p)
{
	for (size_t i = 0; i < OBJ_LAYOUT_NAME_LEN; i++)
		if (p[i])
			p[i] = p[i] >= 0x80 ? 0xff : p[i] < ' ' || p[i] == 0x7f ? 1 : 'x';
}

static bool is_name(const uint8_t *p)
{
	size_t len = strnlen((const char *)p, OBJ_LAYOUT_NAME_LEN), i = 0;

	while (i < len && p[i] >= ' ' && p[i] != 0x7f)
		i++;
	for (; i < OBJ_LAYOUT_NAME_LEN && p[i] == 0; i++)
		;
	return i == OBJ_LAYOUT_NAME_LEN;
}

static bool layout_name(struct capture *c, const struct model *m)
{
	uint64_t at = pool_set_descr_at(m->pool);
	uint8_t page[OBJ_DESCR_LEN], lost[OBJ_DESCR_LEN];
	const struct obj_descr *d = m->obj->descr;
	char name[OBJ_LAYOUT_NAME_LEN + 1] = "";

	if (m->obj->vos && m->obj->vos->named)
		return true; /* DAOS's, the same everywhere: no secret, and what the pool is known by */
	if (d == NULL || d->layout[0] == 0 || !image_read(m->logical, at, sizeof(page), page, lost))
		return true;
	memcpy(name, d->layout, OBJ_LAYOUT_NAME_LEN);
	const char *token = names_token(c->options->names, "layout", name);
	if (token == NULL)
		return false;
	if (is_name(page)) {
		memset(page, 0, OBJ_LAYOUT_NAME_LEN);
		memcpy(page, token, strlen(token));
	} else {
		odd_name(page);
	}
	if (m->obj->descr_good)
		span_put_le(page + OBJ_DESCR_SUM_OFF, 8,
		     checksum_fletcher64((struct span){ page, NULL, at, sizeof(page) }, OBJ_DESCR_SUM_OFF, CHECKSUM_NO_SKIP));
	json_array_append_new(c->anew, json_string(m->obj->descr_good ? "pmemobj descriptor: the layout's name is a token, under a "
								       "checksum made anew"
								     : "pmemobj descriptor: the layout's name is a token"));
	for (uint32_t r = 0; r < m->pool->nr; r++) {
		struct image *im = m->pool->replicas[r]->logical;

		if (im && !capture_rewrite(c, im, at, page, sizeof(page)))
			return false;
	}
	return true;
}

/* A namespace's name in its labels. */
static bool labels(struct capture *c, const struct label_area *la)
{
	for (uint32_t i = 0; i < la->slots_nr; i++) {
		const struct label_slot *s = &la->slots[i];
		const struct field *f = NULL, *sum = NULL;
		uint8_t bytes[LABEL_MAX], lost[LABEL_MAX];
		char name[LABEL_MAX] = "";

		if (!s->read || s->node->len > LABEL_MAX || !image_read(la->image, s->node->at, s->node->len, bytes, lost))
			continue;
		for (uint32_t k = 0; s->node->layout && k < s->node->layout->nr; k++) {
			const struct field *row = &s->node->layout->fields[k];

			f = strcmp(row->name, "name") == 0 ? row : f;
			sum = strcmp(row->name, "checksum") == 0 ? row : sum;
		}
		if (f == NULL || bytes[f->off] == 0 || f->width >= LABEL_MAX)
			continue;
		memcpy(name, bytes + f->off, f->width);
		const char *token = names_token(c->options->names, "namespace", name);
		if (token == NULL)
			return false;
		memset(bytes + f->off, 0, f->width);
		memcpy(bytes + f->off, token, strlen(token) < f->width ? strlen(token) : f->width);
		if (sum && s->sum == s->label.checksum)
			span_put_le(bytes + sum->off, 8, checksum_fletcher64((struct span){ bytes, NULL, 0, s->node->len }, sum->off,
								   CHECKSUM_NO_SKIP));
		json_array_append_new(c->anew, json_string("a namespace label: its name is a token"));
		if (!capture_rewrite(c, la->image, s->node->at, bytes, s->node->len))
			return false;
	}
	return true;
}

bool scrub_content(struct capture *c, struct problem *p)
{
	const struct model *top = &c->result->model;
	bool ok = true;

	for (const struct model *m = NULL; ok && (m = model_next(top, m)) != NULL;) {
		ok = m->pool == NULL || set_text(c, m->pool);
		ok = ok && (m->obj == NULL || m->pool == NULL || layout_name(c, m));
		ok = ok && (m->ns == NULL || m->ns->labels == NULL || labels(c, m->ns->labels));
	}
	if (!ok)
		problem_set(p, STATUS_NOMEM, "no memory to replace names");
	return ok;
}

json_t *scrub_left(const struct capture *c)
{
	json_t *left = json_array();

	json_array_append_new(left, json_string("uuids of pools, parts, BTTs and namespaces; serial numbers of DIMMs"));
	if (!c->options->metadata_only)
		json_array_append_new(left, json_string("user bytes, and what names lie in them"));
	return left;
}
