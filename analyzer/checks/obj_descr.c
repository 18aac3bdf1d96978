/* The descriptor of a pmemobj pool and the persistent words behind it. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/obj_descr.h"
#include "formats/obj/descr.h"
#include "formats/obj/heap.h"
#include "formats/obj/obj.h"

#include <inttypes.h>

static const struct obj_pool *descr_of(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->obj && m->obj->descr == NULL)
		findings_unchecked(out, self, m->obj->descr_node, "the descriptor could not be read");
	return m->obj && m->obj->descr ? m->obj : NULL;
}

static const struct obj_pool *words_of(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->obj && m->obj->words == NULL)
		findings_unchecked(out, self, m->obj->words_node, "the words behind the descriptor could not be read");
	return m->obj && m->obj->words ? m->obj : NULL;
}

static struct finding at_descr(const struct check *by, const struct obj_pool *p, const char *field)
{
	return (struct finding){ .by = by, .verdict = CORRUPT, .node = p->descr_node,
				 .field = layout_field(&obj_descr_layout, field) };
}

static struct finding at_word(const struct check *by, const struct obj_pool *p, const char *field)
{
	return (struct finding){ .by = by, .verdict = CORRUPT, .node = p->words_node,
				 .field = layout_field(p->words_node->layout, field) };
}

static bool nonzero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return true;
	return false;
}

/* Text, in whatever encoding, up to the first NUL; zero from there on. */
static bool name_good(const struct obj_descr *d)
{
	size_t len = 0;

	while (len < sizeof(d->layout) && d->layout[len] >= 0x20 && d->layout[len] != 0x7f)
		len++;
	return len < sizeof(d->layout) && !nonzero(d->layout + len, sizeof(d->layout) - len);
}

static bool places_good(const struct obj_pool *p)
{
	const struct obj_descr *d = p->descr;

	return d->lanes_offset == p->lanes_at && d->nlanes == OBJ_LANES_NR && d->heap_offset == p->heap_at;
}

static void version_verify(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->obj && m->obj->major_guessed)
		findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED, .node = m->obj->node,
						    .actual = arena_printf(out->arena, "read as %" PRIu32, m->obj->major) });
}

static void lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = m->obj;

	if (p && p->descr == NULL)
		findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED, .node = p->descr_node,
						    .detail = "the descriptor", .repair = REPAIR_ADVANCED });
	if (p && p->words == NULL)
		findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED, .node = p->words_node,
						    .detail = "the words behind the descriptor: root object, run id, "
							      "heap size" });
}

static void sum_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = descr_of(self, m, out);

	if (p == NULL || p->descr_good)
		return;
	struct finding f = at_descr(self, p, "checksum");
	f.expected = arena_printf(out->arena, "0x%016" PRIx64, p->descr_sum);
	f.actual = arena_printf(out->arena, "0x%016" PRIx64, p->descr->checksum);
	/* all else are constants; of the name nothing tells what it was */
	f.repair = name_good(p->descr) ? REPAIR_SAFE : REPAIR_ASK;
	findings_add(out, f);
}

static void places_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = descr_of(self, m, out);

	if (p == NULL || places_good(p))
		return;
	const struct { const char *field; uint64_t want, have; } words[] = {
		{ "lanes_offset", p->lanes_at, p->descr->lanes_offset },
		{ "nlanes", OBJ_LANES_NR, p->descr->nlanes },
		{ "heap_offset", p->heap_at, p->descr->heap_offset },
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].want == words[i].have)
			continue;
		struct finding f = at_descr(self, p, words[i].field);
		f.expected = arena_printf(out->arena, i == 1 ? "%" PRIu64 : "0x%" PRIx64, words[i].want);
		f.actual = arena_printf(out->arena, i == 1 ? "%" PRIu64 : "0x%" PRIx64, words[i].have);
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

/* Major 4 as PMDK 1.3 made it keeps the size in the descriptor, like the majors before. */
static bool size_in_descr(const struct obj_pool *p)
{
	return p->major < 4 || (p->major == 4 && p->descr && p->descr->heap_size_old);
}

static void size_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = words_of(self, m, out);

	if (p == NULL || p->size < p->heap_at)
		return;
	uint64_t room = p->size - p->heap_at, said = p->major < 4 ? 0 : p->words->heap_size;
	struct finding f = at_word(self, p, "heap_size");
	if (said == 0 && size_in_descr(p) && p->descr) {
		said = p->descr->heap_size_old;
		f = at_descr(self, p, "heap_size_old");
	}
	if (said <= room && (p->major >= 4 || said == room))
		return;
	if (findings_hit(out, "pool.set.inner-size", NULL))
		return; /* the files were cut, and that says so */
	f.verdict = CONFLICT;
	f.expected = arena_printf(out->arena, p->major >= 4 ? "%" PRIu64 " or less" : "%" PRIu64, room);
	f.actual = arena_printf(out->arena, "%" PRIu64, said);
	f.detail = said > room ? "the pool's files are shorter than its heap" : NULL;
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void small_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = words_of(self, m, out);

	if (p == NULL || p->major < 4 || p->words->heap_size == 0 || p->heap_len != p->words->heap_size)
		return;
	for (uint32_t i = 0; i < p->heap->zones_nr; i++) {
		const struct obj_zone *z = &p->heap->zones[i];

		uint64_t end = z->hdr ? z->at + OBJ_ZONE_META + (uint64_t)z->hdr->size_idx * OBJ_CHUNK_LEN : 0;

		/* one chunk more, or a zone that passes the pool's end, is the zone's own fault */
		if (z->hdr == NULL || z->hdr->magic != OBJ_ZONE_MAGIC || z->hdr->size_idx <= z->expected + 1 ||
		    z->hdr->size_idx > OBJ_ZONE_CHUNKS || end > p->size)
			continue;
		struct finding f = at_word(self, p, "heap_size");
		f.verdict = CONFLICT;
		f.actual = arena_printf(out->arena, "%" PRIu64, p->words->heap_size);
		f.detail = arena_printf(out->arena, "zone %" PRIu32 " says %" PRIu32 " chunks, and the heap's size leaves "
					"room for %" PRIu32, i, z->hdr->size_idx, z->expected);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
		return;
	}
}

static void zero_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = words_of(self, m, out);

	if (p == NULL || p->words->heap_size || size_in_descr(p))
		return;
	struct finding f = at_word(self, p, "heap_size");
	f.expected = arena_printf(out->arena, "%" PRIu64, p->heap_len);
	f.actual = "0";
	f.repair = REPAIR_SAFE;
	findings_add(out, f);
}

static void run_id_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = words_of(self, m, out);

	if (p == NULL || p->words->run_id % 2 == 0)
		return;
	struct finding f = at_word(self, p, "run_id");
	f.expected = "an even number";
	f.actual = arena_printf(out->arena, "%" PRIu64, p->words->run_id);
	f.repair = REPAIR_SAFE;
	findings_add(out, f);
}

static void unused_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = descr_of(self, m, out);

	if (p && nonzero(p->descr->unused, sizeof(p->descr->unused))) {
		struct finding f = at_descr(self, p, "unused");
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
	p = words_of(self, m, out);
	if (p && p->major >= 4 && nonzero(p->words->pmem_reserved, sizeof(p->words->pmem_reserved))) {
		struct finding f = at_word(self, p, "pmem_reserved");
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
	if (p && p->words->conversion_flags & ~(p->major == 4 ? UINT64_C(1) : 0)) {
		struct finding f = at_word(self, p, "conversion_flags");
		f.actual = arena_printf(out->arena, "0x%" PRIx64, p->words->conversion_flags);
		f.expected = "0";
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

static void name_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = descr_of(self, m, out);

	if (p && !name_good(p->descr))
		findings_add(out, at_descr(self, p, "layout"));
}

#define SOURCE "PMDK src/libpmemobj/obj.c obj_descr_check, obj_check_basic_local"

static const struct check checks[] = {
	{ .id = "obj.pool.version", .covers = "P-1", .severity = WARNING,
	  .says = "no header tells the pool's layout version, or one that does not exist",
	  .means = "It was told from the structures inside. Majors 2 and 3 look the same, and 5 and 6 do until a "
		   "transaction has run.",
	  .remedy = "Restore the header from another part or replica, or say the version when repairing it.",
	  .source = "PMDK src/common/pool_hdr.h", .verify = version_verify },
	{ .id = "obj.descr.lost", .covers = "P-2", .severity = ERROR,
	  .says = "bytes that every opening of the pool needs could not be read",
	  .means = "The library cannot open the pool. Places were taken as the format's constants.",
	  .remedy = "All of the descriptor but the layout's name can be made anew.", .source = SOURCE,
	  .verify = lost_verify,
	  .repair = obj_descr_repair },
	{ .id = "obj.descr.checksum", .covers = "P-2", .severity = ERROR,
	  .says = "the descriptor's checksum does not hold",
	  .means = "The library refuses to open the pool. Nothing in the descriptor changes after creation, so it is damaged.",
	  .remedy = "Make it anew: all but the layout's name are constants.", .source = SOURCE, .verify = sum_verify,
	  .repair = obj_descr_repair },
	{ .id = "obj.descr.places", .covers = "P-3", .severity = ERROR,
	  .says = "lanes or heap are not where the format puts them",
	  .means = "The library crashes or refuses to open the pool. The constants were used for reading.",
	  .remedy = "Put the constants back.", .source = SOURCE, .verify = places_verify,
	  .repair = obj_descr_repair },
	{ .id = "obj.words.heap-size", .after = "pool.set.inner-size", .covers = "P-4", .severity = ERROR,
	  .says = "the heap does not fit the pool's files",
	  .means = "The library refuses to open the pool.",
	  .remedy = "Find out first whether the files were cut: then data is missing. Do not lower the size to fit.",
	  .source = "PMDK src/libpmemobj/heap.c heap_boot", .verify = size_verify,
	  .repair = obj_descr_repair_word },
	{ .id = "obj.words.heap-small", .covers = "P-5", .severity = ERROR,
	  .says = "the heap's size is less than what its zones describe",
	  .means = "The library crashes when it opens the pool, and when it checks it.",
	  .remedy = "Make the size anew from the pool's size and the zones.",
	  .source = "PMDK src/libpmemobj/heap.c heap_zone_update_if_needed", .verify = small_verify,
	  .repair = obj_descr_repair_word },
	{ .id = "obj.words.heap-zero", .covers = "P-6", .severity = WARNING,
	  .says = "the heap's size is not stored",
	  .means = "The next opening stores it. Until then tools of PMDK cannot show the heap.",
	  .remedy = "Open the pool, or store the size.", .source = "PMDK src/libpmemobj/obj.c obj_runtime_init",
	  .verify = zero_verify,
	  .repair = obj_descr_repair_word },
	{ .id = "obj.words.run-id", .covers = "P-7", .severity = ERROR,
	  .says = "the run id is odd",
	  .means = "The library refuses to open the pool.", .remedy = "Raise it by one.", .source = SOURCE,
	  .verify = run_id_verify,
	  .repair = obj_descr_repair_word },
	{ .id = "obj.descr.unused", .covers = "P-8", .severity = WARNING,
	  .says = "bytes that are to be zero are not",
	  .means = "No library reads them; something wrote where it should not.", .remedy = "Zero them.",
	  .source = "PMDK src/libpmemobj/obj.h struct pmemobjpool", .verify = unused_verify,
	  .repair = obj_descr_repair_word },
	{ .id = "obj.descr.name", .covers = "P-12", .severity = NOTE,
	  .says = "the layout's name is no text with zeros behind it",
	  .means = "A program that gives another name cannot open the pool.",
	  .remedy = "Nothing, when the program that made the pool opens it.", .source = SOURCE, .verify = name_verify },
};

const struct check_table obj_descr_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
