/*
 * The replicas of a pmemobj pool against its master, structure by structure: descriptor, words, heap header, zones,
 * blocks, bitmaps. Each difference says which of the two is right where its own checks tell. Lanes are no difference:
 * the library copies the master's over the others' before it looks at any of them. User data is compared by
 * pool.replica.data. Source: PMDK src/libpmemobj/obj.c obj_replicas_check_basic, obj_rep_*.
 */
#include "analyzer/checks/pool_parts.h"
#include "analyzer/checks/tables.h"
#include "formats/obj/descr.h"
#include "formats/obj/lane.h"
#include "formats/obj/run.h"
#include "formats/pool/set.h"

#include <inttypes.h>
#include <string.h>

enum { MEMORY = 128 << 20 };

struct pair {
	const struct check *self;
	struct findings *out;
	const struct pool_replica *replica;
	const struct obj_pool *of[2];      /* the master's, the replica's */
	const struct findings *says[2];    /* what the checks find in each by itself */
	bool open;                         /* the pool was not closed: the last write may be in one only */
	uint64_t nr;
};

/* The place of a finding in the pool's own space. */
static void place_of(const struct finding *f, uint64_t *at, uint64_t *len)
{
	*at = f->len ? f->at : f->node->at + (f->field ? f->field->off : 0);
	*len = f->len ? f->len : f->field ? f->field->width : f->node->len;
}

/* The check that finds fault with [at, at+len), or NULL. */
static const struct check *blamed(const struct findings *fs, uint64_t at, uint64_t len)
{
	for (const struct finding *f = fs->first; f; f = f->next) {
		uint64_t its, its_len;

		if (f->severity == NOTE || strncmp(f->by->id, "obj.", 4))
			continue;
		place_of(f, &its, &its_len);
		if (at < its + its_len && its < at + len)
			return f->by;
	}
	return NULL;
}

static void differ(struct pair *p, const char *what, uint64_t at, uint64_t len, const char *master, const char *other)
{
	struct arena *a = p->out->arena;
	const struct check *bad[2] = { blamed(p->says[0], at, len), blamed(p->says[1], at, len) };
	struct finding f = { .by = p->self, .verdict = CONFLICT, .node = p->replica->node, .at = at, .len = len,
			     .idx = p->nr++, .expected = master, .actual = other };

	if (obj_lanes_pending(p->of[0], at))
		return; /* the master's log is about to write it, in both */
	const char *who = bad[0] && bad[1] ? "both are damaged here"
			  : bad[1] ? arena_printf(a, "the master's is right: in the replica %s", bad[1]->says)
			  : bad[0] ? arena_printf(a, "the replica's is right: in the master %s", bad[0]->says)
			  : p->open ? "each holds by itself: the last write reached one of them only, and the library goes on with the "
				      "master's"
				    : "each holds by itself: nothing here tells which is right";
	f.detail = arena_printf(a, "%s at 0x%" PRIx64 ": %s", what, at, who);
	findings_add_as(p->out, bad[0] || bad[1] ? ERROR : p->open ? NOTE : WARNING, f);
}

/* Bytes of one structure, as a whole. */
static void bytes_compare(struct pair *p, const char *what, uint64_t at, uint32_t len)
{
	uint8_t bytes[2][2048], lost[2][2048];
	const char *told[2] = { NULL, NULL };
	uint64_t word[2];

	for (int i = 0; i < 2; i++)
		if (!image_read(p->of[i]->image, at, len, bytes[i], lost[i]) || memchr(lost[i], 1, len))
			return; /* what is unread is told elsewhere */
	if (memcmp(bytes[0], bytes[1], len) == 0)
		return;
	for (int i = 0; i < 2; i++)
		if (span_le64((struct span){ bytes[i], NULL, at, len }, 0, &word[i]) && len == sizeof(word[i]))
			told[i] = arena_printf(p->out->arena, "0x%" PRIx64 ", in the %s", word[i], i ? "replica" : "master");
	differ(p, what, at, len, told[0], told[1]);
}

static void words_compare(struct pair *p)
{
	static const char *const names[] = { "root_offset", "run_id", "root_size", "conversion_flags", "heap_size" };
	const struct layout *l = p->of[0]->words_node->layout;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct field *f = layout_field(l, names[i]);

		if (f)
			bytes_compare(p, names[i], p->of[0]->words_node->at + f->off, f->width);
	}
}

static const char *block_text(struct arena *a, const struct obj_block *b, const char *where)
{
	return arena_printf(a, "type %u, flags 0x%x, %" PRIu32 " chunks, in the %s", b->hdr.type, b->hdr.flags, b->hdr.size_idx,
			    where);
}

static void run_compare(struct pair *p, const struct obj_zone_map m[2], const struct obj_block b[2])
{
	struct arena *a = p->out->arena;
	uint64_t words[2][OBJ_RUN_STEP], first = 0, only[2] = { 0, 0 };
	uint8_t lost[2][OBJ_RUN_STEP];
	struct obj_run r[2];
	bool read = obj_run_read(&m[0], &b[0], &r[0]);

	read = obj_run_read(&m[1], &b[1], &r[1]) && read; /* both are filled, whatever the first says */

	if (r[0].lost || r[1].lost)
		return;
	if (r[0].hdr.block_size != r[1].hdr.block_size || r[0].hdr.alignment != r[1].hdr.alignment) {
		differ(p, "the header of a run", b[0].at, OBJ_RUN_HDR_LEN,
		       arena_printf(a, "units of %" PRIu64 " bytes", r[0].hdr.block_size),
		       arena_printf(a, "units of %" PRIu64 " bytes", r[1].hdr.block_size));
		return;
	}
	if (!read)
		return; /* both have no unit that could be */
	for (uint64_t at = 0; at < r[0].words; at += OBJ_RUN_STEP) {
		uint32_t nr = r[0].words - at < OBJ_RUN_STEP ? (uint32_t)(r[0].words - at) : OBJ_RUN_STEP;

		for (int i = 0; i < 2; i++)
			if (!obj_run_words(&m[i], &r[i], at, nr, words[i], lost[i]))
				return;
		for (uint32_t i = 0; i < nr; i++) {
			if (lost[0][i] || lost[1][i] || words[0][i] == words[1][i])
				continue;
			if (only[0] + only[1] == 0)
				first = r[0].bitmap_at + (at + i) * 8;
			only[0] += (uint64_t)__builtin_popcountll(words[0][i] & ~words[1][i]);
			only[1] += (uint64_t)__builtin_popcountll(words[1][i] & ~words[0][i]);
		}
	}
	if (only[0] + only[1])
		differ(p, "the bitmap of a run", first, 8,
		       arena_printf(a, "%" PRIu64 " units that only the master has in use", only[0]),
		       arena_printf(a, "%" PRIu64 " units that only the replica has in use", only[1]));
}

/* Block by block; where one walk goes another way, on from where both begin a block again. */
static void blocks_compare(struct pair *p, const struct obj_zone_map m[2])
{
	struct obj_block b[2] = { { 0 }, { 0 } };
	bool more[2] = { obj_block_next(&m[0], &b[0]), obj_block_next(&m[1], &b[1]) };

	while (more[0] && more[1]) {
		if (b[0].chunk != b[1].chunk) {
			int behind = b[0].chunk > b[1].chunk;

			more[behind] = obj_block_next(&m[behind], &b[behind]);
			continue;
		}
		if (memcmp(&b[0].hdr, &b[1].hdr, sizeof(b[0].hdr)))
			differ(p, "the header of a block", b[0].hdr_at, OBJ_CHUNK_HDR_LEN, block_text(p->out->arena, &b[0], "master"),
			       block_text(p->out->arena, &b[1], "replica"));
		if (b[0].type == OBJ_CHUNK_RUN && b[1].type == OBJ_CHUNK_RUN && b[0].len == b[1].len)
			run_compare(p, m, b);
		for (int i = 0; i < 2; i++)
			more[i] = obj_block_next(&m[i], &b[i]);
	}
}

static void zones_compare(struct pair *p)
{
	const struct obj_heap *h[2] = { p->of[0]->heap, p->of[1]->heap };

	for (uint32_t i = 0; i < h[0]->zones_nr && i < h[1]->zones_nr; i++) {
		const struct obj_zone *z[2] = { &h[0]->zones[i], &h[1]->zones[i] };
		struct obj_zone_map m[2] = { { 0 }, { 0 } };

		if (z[0]->state == OBJ_ZONE_VIRGIN && z[1]->state == OBJ_ZONE_VIRGIN)
			continue;
		bytes_compare(p, "the header of a zone", z[0]->at, OBJ_ZONE_HDR_LEN);
		if (z[0]->chunks && z[1]->chunks && obj_zone_open(h[0], z[0], &m[0]) && obj_zone_open(h[1], z[1], &m[1]))
			blocks_compare(p, m);
		obj_zone_close(&m[0]);
		obj_zone_close(&m[1]);
	}
}

static bool of_the_heap(void *ctx, const struct check *c)
{
	(void)ctx;
	return strncmp(c->id, "obj.", 4) == 0;
}

/* The replica by itself, decoded and judged. False without memory. */
static bool judge(struct pair *p, const struct model *m, struct arena *a)
{
	struct node *root = node_group(a, NULL, "");
	const struct obj_pool *master = p->of[0];
	struct model its = { .arena = a, .root = root, .format = "pmemobj", .logical = p->replica->logical };

	if (root == NULL)
		return false;
	its.obj = obj_decode(a, root, p->replica->logical, m->pool->size, master->major,
			     (uint32_t)pool_set_descr_at(m->pool),
			     m->pool->voted ? m->pool->voted->poolset_uuid : NULL);
	struct findings *fs = findings_open(a, p->out->keep);
	if (its.obj == NULL || fs == NULL)
		return false;
	checks_run(&its, fs, of_the_heap, NULL);
	p->of[1] = its.obj;
	p->says[1] = fs;
	return true;
}

static void structure_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->obj ? m->pool : NULL;

	for (uint32_t i = 0; s && i < s->nr; i++) {
		struct pair p = { .self = self, .out = out, .replica = s->replicas[i], .of = { m->obj }, .says = { out } };
		struct arena *a;

		if (i == m->replica || s->nr == 1)
			continue;
		if (p.replica->remote || p.replica->logical == NULL) {
			findings_unchecked(out, self, p.replica->node, "a replica is remote or has no parts");
			continue;
		}
		if (findings_hit(out, "poolset.parts.order", p.replica->node) || findings_hit(out, "pool.set.inner-size", NULL)) {
			findings_unchecked(out, self, p.replica->node, "the set's parts are not what makes the pool");
			continue;
		}
		p.open = pool_parts_open(m);
		a = arena_open(MEMORY);
		if (a && judge(&p, m, a)) {
			bytes_compare(&p, "the descriptor", m->obj->descr_node->at, OBJ_DESCR_LEN);
			words_compare(&p);
			bytes_compare(&p, "the header of the heap", m->obj->heap->at, OBJ_HEAP_HDR_LEN);
			zones_compare(&p);
		} else {
			findings_unchecked(out, self, p.replica->node, "no memory to look at a replica");
		}
		arena_close(a);
	}
}

static const struct check checks[] = {
	{ .id = "obj.replica.structure", .after = "poolset.parts.order", .covers = "X-7", .severity = ERROR,
	  .says = "a structure is another in a replica than in the master",
	  .means = "One of the two is damaged, or the last write before a crash reached only one. The library goes on with "
		   "the master's lanes, and looks at no more of the others than their headers.",
	  .remedy = "Where one is told to be right, bring the other in line with pmempool sync, from the right one; else "
		    "compare what both hold before the pool is opened.",
	  .source = "PMDK src/libpmemobj/obj.c obj_replicas_init, obj_rep_persist", .verify = structure_verify },
};

const struct check_table obj_replica_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
