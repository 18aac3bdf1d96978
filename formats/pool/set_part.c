#include "formats/pool/set_work.h"

#include <string.h>

/* A file that was taken: found again by device and inode. */
struct set_same {
	uint64_t dev, ino;
	struct pool_part *part;
};

const char *part_found_text(enum part_found f)
{
	static const char *const texts[] = {
		[PART_GIVEN] = "given",
		[PART_SET_PATH] = "path in the set file",
		[PART_MAPPED] = "path in the set file, by --map",
		[PART_BESIDE_UUID] = "beside, by uuid",
		[PART_BESIDE_NAME] = "beside, by name and size",
		[PART_MISSING] = "missing",
		[PART_NO_ACCESS] = "cannot be opened",
	};

	return f < sizeof(texts) / sizeof(texts[0]) ? texts[f] : "";
}

enum status set_part_nomem(struct set_work *w)
{
	return problem_set(w->p, STATUS_NOMEM, "no memory left to put the parts of the pool together");
}

/* Room for one more of size bytes behind nr: lists double at every power of two. */
static bool room_for(struct set_work *w, void **list, uint32_t nr, size_t size)
{
	if (nr & (nr - 1))
		return true;
	void *grown = arena_array(w->arena, nr ? (size_t)nr * 2 : 1, size);

	if (grown == NULL) {
		set_part_nomem(w);
		return false;
	}
	if (nr)
		memcpy(grown, *list, nr * size);
	*list = grown;
	return true;
}

struct pool_replica *set_part_replica(struct set_work *w)
{
	struct pool_set *s = w->s;
	struct pool_replica *r = ARENA_NEW(w->arena, struct pool_replica);
	void *list = s->replicas;

	if (r == NULL) {
		set_part_nomem(w);
		return NULL;
	}
	if (!room_for(w, &list, s->nr, sizeof(struct pool_replica *)))
		return NULL;
	s->replicas = list;
	r->idx = s->nr;
	r->node = node_group_idx(w->arena, w->m->root, "replica", r->idx);
	if (r->node == NULL) {
		set_part_nomem(w);
		return NULL;
	}
	s->replicas[s->nr++] = r;
	return r;
}

struct pool_part *set_part_add(struct set_work *w, struct pool_replica *r)
{
	struct pool_part *p = ARENA_NEW(w->arena, struct pool_part);
	void *list = r->parts;

	if (p == NULL) {
		set_part_nomem(w);
		return NULL;
	}
	if (!room_for(w, &list, r->nr, sizeof(struct pool_part *)))
		return NULL;
	r->parts = list;
	p->replica = r->idx;
	p->idx = r->nr;
	p->found = PART_MISSING;
	p->node = node_group_idx(w->arena, r->node, "part", p->idx);
	if (p->node == NULL) {
		set_part_nomem(w);
		return NULL;
	}
	p->node->state = NODE_ABSENT;
	r->parts[r->nr++] = p;
	return p;
}

static size_t same_slot(const struct set_work *w, uint64_t dev, uint64_t ino)
{
	uint64_t h = (ino ^ dev << 17) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 32) & (w->same_room - 1);

	while (w->same[i].part && (w->same[i].dev != dev || w->same[i].ino != ino))
		i = (i + 1) & (w->same_room - 1);
	return i;
}

struct pool_part *set_part_same(const struct set_work *w, uint64_t dev, uint64_t ino)
{
	return w->same_room ? w->same[same_slot(w, dev, ino)].part : NULL;
}

static bool same_add(struct set_work *w, uint64_t dev, uint64_t ino, struct pool_part *part)
{
	enum { FIRST_ROOM = 64 };

	if (w->same_nr >= w->same_room / 2) {
		struct set_same *old = w->same;
		uint32_t room = w->same_room;

		w->same_room = room ? room * 2 : FIRST_ROOM;
		w->same = arena_array(w->arena, w->same_room, sizeof(*w->same));
		if (w->same == NULL) {
			w->same_room = 0;
			set_part_nomem(w);
			return false;
		}
		for (uint32_t i = 0; i < room; i++)
			if (old[i].part)
				w->same[same_slot(w, old[i].dev, old[i].ino)] = old[i];
	}
	w->same[same_slot(w, dev, ino)] = (struct set_same){ dev, ino, part };
	w->same_nr++;
	return true;
}

/* The header's bytes: 4096, or 65536 where it says so and the file has them. */
static bool bytes_take(struct set_work *w, struct pool_part *part, struct image *im)
{
	uint64_t len = part->hdr ? pool_hdr_len(part->hdr) : POOL_HDR_LEN;

	if (image_span(im, w->arena, 0, len, &part->hdr_bytes))
		return true;
	return len == POOL_HDR_LEN || image_span(im, w->arena, 0, POOL_HDR_LEN, &part->hdr_bytes);
}

static bool header_take(struct set_work *w, struct pool_part *part)
{
	struct image *im = part->item->image;
	struct set_cand c = { .item = NULL };

	if (!part->header_expected) {
		set_cand_look(&c, im);
		if (!c.header || c.type == POOL_UNKNOWN)
			return true;
	}
	part->header = node_decode(w->arena, part->node, "header", &pool_hdr_layout, im, 0);
	if (part->header == NULL) {
		set_part_nomem(w);
		return false;
	}
	part->hdr = part->header->host;
	if (bytes_take(w, part, im) && part->hdr)
		part->sum = pool_hdr_sum(part->hdr_bytes, part->hdr, &part->sum_announced);
	return true;
}

/* The same file again: what was read of it the first time is all there is to read. */
static bool header_share(struct set_work *w, struct pool_part *part)
{
	const struct pool_part *first = part->same_file;

	part->hdr = first->hdr;
	part->hdr_bytes = first->hdr_bytes;
	part->sum = first->sum;
	part->sum_announced = first->sum_announced;
	if (first->header == NULL)
		return true;
	part->header = node_group(w->arena, part->node, "header");
	if (part->header == NULL) {
		set_part_nomem(w);
		return false;
	}
	part->header->state = first->header->state;
	part->header->layout = first->header->layout;
	part->header->host = first->header->host;
	part->header->image = first->header->image;
	part->header->len = first->header->len;
	return true;
}

bool set_part_take(struct set_work *w, struct pool_part *part, struct item *item, enum part_found found)
{
	bool tar = set_cand_in_tar(item);

	part->item = item;
	part->found = found;
	part->why_missing = NULL;
	part->node->image = item->image;
	part->node->state = NODE_READ;
	if (item->source && found != PART_GIVEN) {
		item->source->role = "part";
		item->source->found = part_found_text(found);
	}
	if (!tar)
		part->same_file = set_part_same(w, item->dev, item->ino);
	if (part->same_file)
		return header_share(w, part);
	return (tar || same_add(w, item->dev, item->ino, part)) && header_take(w, part);
}

const struct pool_part *set_part_with(const struct set_work *w, const struct item *item)
{
	for (uint32_t r = 0; r < w->s->nr; r++)
		for (uint32_t i = 0; i < w->s->replicas[r]->nr; i++)
			if (w->s->replicas[r]->parts[i]->item == item)
				return w->s->replicas[r]->parts[i];
	return NULL;
}

bool set_part_take_cand(struct set_work *w, struct pool_part *part, struct set_cand *c, enum part_found found)
{
	struct item *before = w->in->last;

	if (c->item == NULL) {
		struct problem own = { STATUS_OK, "" };

		enum status st = intake_open(w->in, c->path, "part", part_found_text(found), &own);
		if (st == STATUS_NOMEM || st == STATUS_INTERRUPTED)
			problem_set(w->p, st, "%s", own.text);
		if (st != STATUS_OK || w->in->last == before)
			return false;
		c->item = before ? before->next : w->in->first;
	}
	c->taken = true;
	return set_part_take(w, part, c->item, found);
}

bool set_part_stray(struct set_work *w, struct set_cand *c, enum stray_why why, const struct pool_part *twin)
{
	struct pool_stray *t = ARENA_NEW(w->arena, struct pool_stray);

	if (t == NULL) {
		set_part_nomem(w);
		return false;
	}
	if (w->last_stray)
		w->last_stray->next = t;
	else
		w->s->strays = t;
	w->last_stray = t;
	c->dropped = true;
	t->item = c->item;
	t->why = why;
	t->twin = twin;
	t->node = node_group_idx(w->arena, w->m->root, "stray", w->s->strays_nr++);
	if (t->node == NULL) {
		set_part_nomem(w);
		return false;
	}
	t->node->image = c->item->image;
	t->node->state = NODE_READ;
	if (c->header) {
		struct node *n = node_decode(w->arena, t->node, "header", &pool_hdr_layout, c->item->image, 0);

		t->hdr = n ? n->host : NULL;
	}
	node_fact_text(w->arena, t->node, "file", c->item->name);
	c->item->source->role = "other file";
	return true;
}
