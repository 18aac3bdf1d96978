/* Redo and undo logs of majors 5 and 6. */
#include "analyzer/facts/obj_sim.h"

#include <inttypes.h>

/* Entry after entry, each on what the ones before it left. False: the library would not get further. */
static bool entries_apply(struct obj_sim *s, const struct obj_log *log, struct obj_ulog_walk *w)
{
	const struct node *n = log->node;
	struct obj_ulog_entry e;
	uint8_t byte, lost;
	uint64_t word;

	while (obj_ulog_walk_next(w, &e)) {
		bool done = true;

		if (e.op == OBJ_ULOG_BUF_CPY)
			done = obj_sim_copy(s, n, e.data_at, e.target, e.data_len);
		else if (e.op == OBJ_ULOG_BUF_SET)
			done = image_read(s->after, e.data_at, 1, &byte, &lost) &&
			       obj_sim_fill(s, n, e.target, byte, e.data_len);
		else if (obj_sim_get(s, e.target, &word) || e.op == OBJ_ULOG_SET)
			done = obj_sim_put(s, n, e.target, obj_ulog_apply(e.op, e.value, word));
		else
			done = obj_sim_put(s, n, e.target, e.value); /* outside is told; lost is not known */
		if (!done)
			return false;
	}
	switch (w->stop) {
	case OBJ_ULOG_BAD_OP:
		obj_sim_refuse(s, "it hangs: %s holds an entry of an operation that does not exist, at 0x%" PRIx64
			       ", which it takes to have no length", node_path(s->arena, n), w->stop_at);
		return false;
	case OBJ_ULOG_LOOP:
		obj_sim_refuse(s, "it never comes back: the extensions of %s link back to an earlier one",
			       node_path(s->arena, n));
		return false;
	case OBJ_ULOG_BAD_NEXT:
	case OBJ_ULOG_BAD_SIZE:
		obj_sim_refuse(s, "it crashes while opening the pool: in %s, %s", node_path(s->arena, n),
			       obj_ulog_stop_text(w->stop));
		return false;
	default:
		return true;
	}
}

/* The header is zeroed but for the link to its extensions, which are kept. */
static bool clobber(struct obj_sim *s, const struct obj_log *log, uint64_t next)
{
	return obj_sim_fill(s, log->node, log->at, 0, OBJ_ULOG_HDR_LEN) &&
	       obj_sim_put(s, log->node, log->at + OBJ_ULOG_NEXT_OFF, next);
}

static void redo_one(struct obj_sim *s, const struct obj_lane *lane, const struct obj_log *log)
{
	struct obj_ulog_walk w;
	struct obj_ulog hdr;

	if (log->state == OBJ_LOG_LOST || !obj_ulog_read(s->after, log->at, &hdr))
		return;
	struct obj_ulog_redo r = obj_ulog_redo_look(s->after, s->pool->major, log->at, &hdr, &s->budget);
	if (!r.stored && r.stop != OBJ_ULOG_BAD_OP)
		return;
	obj_ulog_walk_start(&w, s->after, s->pool->major, log->at, &hdr, &s->budget);
	if (!entries_apply(s, log, &w) || !clobber(s, log, hdr.next))
		return;
	s->out->needed = true;
	obj_sim_step(s, log->node, "lane %" PRIu32 ": carries out the %" PRIu64 " stored changes of its %s log", lane->idx,
		     w.entries, obj_lane_log_name(log->kind));
}

void obj_sim_redo(struct obj_sim *s)
{
	const struct obj_lanes *l = s->pool->lanes;

	for (uint32_t i = 0; i < l->lane_nr && !s->stopped; i++)
		for (int k = OBJ_LOG_INTERNAL; k <= OBJ_LOG_EXTERNAL; k++)
			redo_one(s, &l->lane[i], &l->lane[i].log[k]);
}

struct link {
	uint64_t at;
	bool spared; /* unlinked, not freed */
};

static bool link_end(struct obj_sim *s, const struct obj_log *log, const struct link *l)
{
	return l->spared ? obj_sim_put(s, log->node, l->at, 0) : obj_sim_free(s, l->at);
}

/*
 * Frees the extensions, last first. Each is named by the word that links it; keep: of the first ones,
 * that stay linked.
 */
static uint64_t chain_free(struct obj_sim *s, const struct obj_log *log, uint64_t next, uint64_t keep)
{
	struct obj_ulog_chain c;
	struct obj_ulog_ext ext;
	uint64_t nr = 0, freed = 0;

	obj_ulog_chain_start(&c, s->after, log->at, next, &s->budget);
	while (obj_ulog_chain_next(&c, &ext))
		nr++;
	struct link *links = arena_array(s->arena, nr, sizeof(*links));
	if (links == NULL)
		return 0;
	obj_ulog_chain_start(&c, s->after, log->at, next, NULL);
	for (uint64_t i = 0; i < nr && obj_ulog_chain_next(&c, &ext); i++)
		links[i] = (struct link){ ext.link_at, s->spares && (ext.hdr.flags & OBJ_ULOG_USER_OWNED) };
	for (uint64_t i = nr; i-- > keep && link_end(s, log, &links[i]);)
		freed++;
	return freed;
}

static void undo_finish(struct obj_sim *s, const struct obj_lane *lane, const struct obj_log *log,
			const struct obj_ulog *hdr, const struct obj_ulog_walk *w)
{
	uint64_t keep = 0, freed;

	if (s->pool->major >= 6) {
		if (!obj_sim_put(s, log->node, log->at + OBJ_ULOG_GEN_OFF, hdr->gen_num + 1))
			return;
	} else {
		if (!obj_sim_fill(s, log->node, log->at + OBJ_ULOG_HDR_LEN, 0, w->base_bytes))
			return;
		keep = 1;
	}
	if (w->entries) {
		s->out->needed = true;
		obj_sim_step(s, log->node, "lane %" PRIu32 ": takes back its transaction: %" PRIu64
			     " before-images, %" PRIu64 " bytes, are put back", lane->idx, w->entries, log->bytes);
	}
	freed = hdr->next ? chain_free(s, log, hdr->next, keep) : 0;
	if (freed)
		obj_sim_step(s, log->node, "lane %" PRIu32 ": frees %" PRIu64 " extension%s of its undo log", lane->idx,
			     freed, freed == 1 ? "" : "s");
	/* what a committed transaction keeps for reuse is no work left undone */
	s->out->needed = s->out->needed || freed > 1;
}

static void undo_one(struct obj_sim *s, const struct obj_lane *lane, const struct obj_log *log)
{
	struct obj_ulog_walk w;
	struct obj_ulog hdr;

	if (log->state == OBJ_LOG_LOST || !obj_ulog_read(s->after, log->at, &hdr))
		return;
	obj_ulog_walk_start(&w, s->after, s->pool->major, log->at, &hdr, &s->budget);
	if (!entries_apply(s, log, &w))
		return;
	if (w.base_bytes || (s->pool->major >= 6 && hdr.next))
		undo_finish(s, lane, log, &hdr, &w);
}

void obj_sim_undo(struct obj_sim *s)
{
	const struct obj_lanes *l = s->pool->lanes;

	for (uint32_t i = 0; i < l->lane_nr && !s->stopped; i++)
		undo_one(s, &l->lane[i], &l->lane[i].log[OBJ_LOG_UNDO]);
}
