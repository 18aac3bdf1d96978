#include "analyzer/capture/capture.h"

#include "analyzer/capture/scrub.h"
#include "analyzer/capture/state.h"
#include "analyzer/capture/structures.h"
#include "formats/image/overlay.h"
#include "formats/pool/set.h"

#include <stdlib.h>
#include <string.h>

#define CAPTURE_MEMORY ((size_t)256 << 20) /* bytes, of what is written anew and what is listed */

struct capture_part *capture_part_of(struct capture *c, const struct source *source)
{
	for (uint32_t i = 0; i < c->nr; i++)
		if (c->parts[i].item->source == source)
			return &c->parts[i];
	return NULL;
}

bool capture_rewrite(struct capture *c, struct image *image, uint64_t at, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	while (len) {
		struct origin o = image_origin(image, at);
		struct capture_part *part = o.source ? capture_part_of(c, o.source) : NULL;
		size_t n = o.len < len ? (size_t)o.len : len;

		if (n == 0)
			return true; /* no file has it */
		if (part && !part->written_anew) {
			part->image = overlay_open(c->arena, part->item->image);
			part->written_anew = part->image != NULL;
		}
		if (part && !(part->image && overlay_write(part->image, o.at, from, n)))
			return false;
		at += n;
		from += n;
		len -= n;
	}
	return true;
}

static const struct pool_part *part_of_item(const struct result *r, const struct item *it)
{
	for (const struct model *m = NULL; (m = model_next(&r->model, m)) != NULL;)
		for (uint32_t k = 0; m->pool && k < m->pool->nr; k++)
			for (uint32_t i = 0; i < m->pool->replicas[k]->nr; i++)
				if (m->pool->replicas[k]->parts[i]->item == it)
					return m->pool->replicas[k]->parts[i];
	return NULL;
}

static bool is_text(const struct result *r, const struct item *it)
{
	for (const struct model *m = NULL; (m = model_next(&r->model, m)) != NULL;)
		if (m->pool && m->pool->text_item == it)
			return true;
	return strcmp(it->source->role, "recovery file") == 0;
}

static bool parts_open(struct capture *c)
{
	const struct result *r = c->result;

	c->parts = calloc(r->intake.nr ? r->intake.nr : 1, sizeof(*c->parts));
	c->anew = json_array();
	if (c->parts == NULL || c->anew == NULL)
		return false;
	for (struct item *it = r->intake.first; it; it = it->next) {
		struct capture_part *p = &c->parts[c->nr];

		if (it->image->size == 0)
			continue;
		*p = (struct capture_part){ .item = it, .image = it->image, .part = part_of_item(r, it),
					    .text = is_text(r, it), .digest = digest_open() };
		c->nr++;
		if (p->digest == NULL || (c->options->metadata_only && !p->text && !mask_open(&p->mask, it->image->size)))
			return false;
	}
	return true;
}

/* A device does not tell its holes: it is looked at. */
static bool is_device(const struct source *s)
{
	const struct layer *l = s->layers;

	return l && l->next == NULL && (strcmp(l->kind, "block-device") == 0 || strcmp(l->kind, "dax-device") == 0);
}

static enum status stored_of(struct capture *c, struct capture_part *p, struct problem *pr)
{
	enum status st = STATUS_OK;
	struct extents unused;
	bool good = true;

	if (p->mask.bits) {
		p->left_out = p->image->size - mask_finish(&p->mask);
		good = mask_extents(&p->mask, &p->stored, &p->mask_stored);
		st = extents_of(p->item->image, false, c->options->intake, &unused, &p->known, pr);
		extents_free(&unused);
	} else if (p->text) {
		good = extents_add(&p->stored, 0, p->image->size);
	} else {
		st = extents_of(p->image, is_device(p->item->source), c->options->intake, &p->stored, &p->known, pr);
	}
	for (size_t i = 0; i < p->known.nr; i++)
		p->sums.lost += p->known.ranges[i].len;
	c->total += p->stored.total;
	return good ? st : problem_set(pr, STATUS_NOMEM, "%s: no memory to list what is in it", p->image->label);
}

enum status capture_open(struct capture *c, const struct result *r, const struct capture_options *o, struct problem *p)
{
	enum status st = STATUS_OK;

	*c = (struct capture){ .arena = arena_open(CAPTURE_MEMORY), .result = r, .options = o };
	if (c->arena == NULL || !parts_open(c) || !scrub_members(c))
		return problem_set(p, STATUS_NOMEM, "%s: no memory to capture it", r->path);
	if (c->nr == 0)
		return problem_set(p, STATUS_UNSUPPORTED, "%s: there is nothing to capture", r->path);
	if (o->metadata_only && !structures_mark(c, p))
		return p->status;
	if (o->names && !scrub_content(c, p))
		return p->status;
	for (uint32_t i = 0; i < c->nr && st == STATUS_OK; i++)
		st = stored_of(c, &c->parts[i], p);
	return st;
}

void capture_close(struct capture *c)
{
	for (uint32_t i = 0; i < c->nr; i++) {
		struct capture_part *p = &c->parts[i];

		mask_close(&p->mask);
		extents_free(&p->stored);
		extents_free(&p->mask_stored);
		extract_lost_free(&p->known);
		extract_lost_free(&p->lost);
		digest_close(p->digest);
	}
	free(c->parts);
	json_decref(c->anew);
	arena_close(c->arena);
	*c = (struct capture){ 0 };
}

bool capture_resume(struct capture *c, const char *state, uint64_t *len)
{
	if (!state_read(c, state, &c->part, len))
		return false;
	c->resumed = true;
	c->out = *len;
	return true;
}
