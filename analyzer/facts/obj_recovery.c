#include "analyzer/facts/obj_recovery.h"

#include "analyzer/facts/obj_sim.h"
#include "formats/image/overlay.h"
#include "formats/obj/descr.h"

#include <inttypes.h>

static const char *library(uint32_t major)
{
	static const char *const by[] = {
		"libpmemobj", "libpmemobj 1.0", "libpmemobj 1.1", "libpmemobj 1.2", "libpmemobj 1.3 or 1.4",
		"libpmemobj 1.5 or 1.6", "libpmemobj 1.12.1 or later",
	};

	return by[major <= 6 ? major : 0];
}

static void descr_look(struct obj_sim *s)
{
	const struct obj_pool *p = s->pool;
	const struct obj_words *w = p->words;

	if (p->descr == NULL || w == NULL)
		obj_sim_refuse(s, "it cannot open the pool: its descriptor could not be read");
	else if (!p->descr_good)
		obj_sim_refuse(s, "it refuses to open the pool: the descriptor's checksum does not hold");
	else if (p->descr->nlanes != p->lanes_nr || p->descr->lanes_offset != p->lanes_at ||
		 p->descr->heap_offset != p->heap_at)
		obj_sim_refuse(s, "it crashes or refuses to open the pool: the descriptor puts lanes or heap where they "
			       "cannot be");
	else if (w->run_id % 2)
		obj_sim_refuse(s, "it refuses to open the pool: the run id, %" PRIu64 ", is odd", w->run_id);
	else if (p->major >= 4 && w->heap_size > p->size - p->heap_at)
		obj_sim_refuse(s, "it refuses to open the pool: the file is smaller than the heap");
}

/* The library walks the chunk headers before anything else, by their own sizes. */
static void chunks_look(struct obj_sim *s, const struct obj_heap *h, const struct obj_zone *z)
{
	struct obj_zone_map m;
	uint64_t i = 0;

	if (!obj_zone_open(h, z, &m))
		return;
	while (i < m.chunks && !s->stopped) {
		struct obj_chunk_hdr c;

		if (!obj_zone_chunk(&m, (uint32_t)i, &c))
			break; /* lost: nothing can be said */
		if (c.type == OBJ_CHUNK_UNKNOWN || c.type >= OBJ_CHUNK_TYPES)
			obj_sim_refuse(s, "it refuses to open the pool: chunk %" PRIu64 " of zone %" PRIu32
				       " has no type that exists", i, z->idx);
		else if (c.flags & ~obj_chunk_flags_known(h->major))
			obj_sim_refuse(s, "it refuses to open the pool: chunk %" PRIu64 " of zone %" PRIu32
				       " has flags that do not exist", i, z->idx);
		else if (c.size_idx == 0)
			obj_sim_refuse(s, "it hangs: chunk %" PRIu64 " of zone %" PRIu32 " has no length", i, z->idx);
		else if ((i += c.size_idx) > m.chunks)
			obj_sim_refuse(s, "it refuses to open the pool: the chunks of zone %" PRIu32
				       " do not end where the zone does", z->idx);
	}
	obj_zone_close(&m);
}

static void heap_look(struct obj_sim *s)
{
	const struct obj_heap *h = s->pool->heap;

	if (h->hdr && !h->hdr_good)
		obj_sim_refuse(s, "it refuses to open the pool: the heap's header does not hold");
	for (uint32_t i = 0; i < h->zones_nr && !s->stopped; i++) {
		const struct obj_zone *z = &h->zones[i];

		if (z->state == OBJ_ZONE_VIRGIN || z->hdr == NULL || z->hdr->magic == 0)
			continue;
		if (z->hdr->magic != OBJ_ZONE_MAGIC)
			obj_sim_refuse(s, "it refuses to open the pool: the magic of zone %" PRIu32 " is wrong", i);
		else if (z->hdr->size_idx == 0)
			obj_sim_refuse(s, "it refuses to open the pool: zone %" PRIu32 " has no length", i);
		else
			chunks_look(s, h, z);
	}
}

/* At boot the library follows the links of every log of every lane, used or not. */
static void links_look(struct obj_sim *s)
{
	const struct obj_lanes *l = s->pool->lanes;

	for (uint32_t i = 0; i < l->lane_nr; i++)
		for (int k = 0; k < OBJ_LOGS; k++) {
			const struct obj_log *log = &l->lane[i].log[k];

			if (log->chain_stop == OBJ_ULOG_BAD_NEXT)
				obj_sim_refuse(s, "it crashes while opening the pool: %s is linked to an extension outside "
					       "of the pool", node_path(s->arena, log->node));
			else if (log->chain_stop == OBJ_ULOG_LOOP)
				obj_sim_refuse(s, "it never comes back: the extensions of %s link back to an earlier one",
					       node_path(s->arena, log->node));
		}
}

static void words_update(struct obj_sim *s)
{
	const struct obj_pool *p = s->pool;
	uint64_t at = p->words_node->at, id = p->words->run_id + 2;

	obj_sim_put(s, p->words_node, at + OBJ_WORD_RUN_ID, id ? id : 2);
}

static void boot(struct obj_sim *s)
{
	const struct obj_pool *p = s->pool;
	struct obj_pool *now = ARENA_NEW(s->arena, struct obj_pool);

	if (now == NULL)
		return;
	if (p->major >= 4 && p->words->heap_size == 0) {
		obj_sim_put(s, p->words_node, p->words_node->at + OBJ_WORD_HEAP_SIZE, p->heap_len);
		obj_sim_step(s, p->words_node, "stores the heap's size, %" PRIu64, p->heap_len);
	}
	*now = *p;
	now->image = s->after;
	s->heap = obj_heap_decode(s->arena, NULL, now);
	if (s->heap && p->major >= 5)
		obj_sim_zones_grow(s);
}

static void carry_out(struct obj_sim *s)
{
	const struct obj_pool *p = s->pool;

	words_update(s);
	if (p->lanes->old)
		obj_sim_old_redo(s, false);
	else
		obj_sim_redo(s);
	if (!s->stopped)
		boot(s);
	if (s->stopped || s->heap == NULL)
		return;
	if (p->lanes->old) {
		obj_sim_old_redo(s, true);
		obj_sim_old_tx(s);
	} else {
		obj_sim_undo(s);
	}
	if (p->major >= 4 && p->words->conversion_flags)
		obj_sim_put(s, p->words_node, p->words_node->at + OBJ_WORD_CONVERSION, 0);
}

static void limits_tell(struct obj_sim *s)
{
	struct recovery *r = s->out;

	if (r->not_simulated)
		return;
	if (s->pool->lanes->lost_nr)
		r->not_simulated = arena_printf(s->arena, "%" PRIu32 " lanes that could not be read: what they hold is not "
						"known", s->pool->lanes->lost_nr);
	else if (s->pool->lanes->old && s->frees)
		r->not_simulated = "what the allocator does beside freeing: joined free chunks, released runs, the remnants "
				   "of its own redo log";
	else
		r->not_simulated = "the shutdown state and the header's checksum, the run-time area, the process's own "
				   "descriptors in free chunks, statistics";
}

static struct recovery *recover(struct arena *a, const struct model *m, bool spares)
{
	struct recovery *r;

	if (m->obj == NULL || (r = ARENA_NEW(a, struct recovery)) == NULL)
		return NULL;
	struct obj_sim s = { .arena = a, .pool = m->obj, .out = r, .budget = 2 * m->obj->size, .spares = spares };
	r->by = library(m->obj->major);
	descr_look(&s);
	if (!s.stopped)
		heap_look(&s);
	if (!s.stopped)
		links_look(&s);
	if (!s.stopped && (s.after = overlay_open(a, m->obj->image)) != NULL)
		carry_out(&s);
	if (s.stopped) {
		r->needed = true;
		return r;
	}
	/* counters that rise at every open are no recovery */
	if (r->steps_nr && s.after) {
		r->after = s.after;
		r->changed = overlay_changed(s.after);
		limits_tell(&s);
	}
	return arena_failed(a) ? NULL : r;
}

struct recovery *obj_recovery(struct arena *a, const struct model *m)
{
	return recover(a, m, false);
}

struct recovery *obj_recovery_sparing(struct arena *a, const struct model *m)
{
	return recover(a, m, true);
}
