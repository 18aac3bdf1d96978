/* The set file: its lines, and the parts that it declares against the files that are there. */
#include "analyzer/checks/pool_parts.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/set_file.h"
#include "formats/obj/descr.h"
#include "formats/obj/heap.h"
#include "formats/obj/obj.h"

#include <inttypes.h>
#include <string.h>

enum { PART_MIN = 2 << 20 };

static struct finding at_line(const struct check *by, const struct pool_set *s, uint32_t number, uint64_t at,
			      uint64_t len, const char *detail)
{
	return (struct finding){ .by = by, .verdict = CORRUPT, .node = s->text_node, .at = at,
				 .len = len ? len : 1, .idx = number, .detail = detail, .repair = REPAIR_ASK };
}

/* Which check tells a fault: the faults of one kind have one consequence and one remedy. */
static const char *const told_by[POOLSET_FAULTS] = {
	[POOLSET_SIGNATURE] = "poolset.file.signature",
	[POOLSET_TOKEN] = "poolset.line.token",
	[POOLSET_REPLICA_WORD] = "poolset.line.token",
	[POOLSET_REMOTE_PARTS] = "poolset.line.remote",
	[POOLSET_REMOTE_ADDRESS] = "poolset.line.remote",
	[POOLSET_DESCRIPTOR] = "poolset.line.remote",
	[POOLSET_SIZE] = "poolset.line.size",
	[POOLSET_SIZE_RANGE] = "poolset.line.size",
	[POOLSET_AUTO] = "poolset.line.size",
	[POOLSET_PATH] = "poolset.line.path",
	[POOLSET_NO_PARTS] = "poolset.replica.empty",
	[POOLSET_REPLICA_EMPTY] = "poolset.replica.empty",
	[POOLSET_OPTION_UNKNOWN] = "poolset.line.option",
	[POOLSET_OPTION_MISSING] = "poolset.line.option",
	[POOLSET_NOHDRS] = "poolset.line.option",
	[POOLSET_BOTH_OPTIONS] = "poolset.line.option",
};

static bool tells(const struct check *c, enum poolset_fault f)
{
	return f > POOLSET_OK && f < POOLSET_FAULTS && told_by[f] && strcmp(told_by[f], c->id) == 0;
}

static void faults_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	if (s == NULL || s->text == NULL || s->text_node == NULL)
		return;
	if (s->text->lost)
		findings_unchecked(out, self, s->text_node, "bytes of the set file could not be read");
	if (s->text->dropped)
		findings_unchecked(out, self, s->text_node, "the set file has more lines than are kept");
	if (tells(self, s->text->whole)) {
		const char *why = poolset_fault_text(s->text->whole);
		findings_add(out, at_line(self, s, s->text->whole_number, 0, s->text_bytes.len,
					  s->text->whole_number
						  ? arena_printf(out->arena, "line %" PRIu32 ": %s", s->text->whole_number, why)
						  : why));
	}
	for (const struct poolset_line *l = s->text->lines; l; l = l->next)
		if (tells(self, l->fault))
			findings_add(out, at_line(self, s, l->number, l->at, l->len,
						  arena_printf(out->arena, "line %" PRIu32 ", byte %" PRIu64 " of it: %s",
							       l->number, l->fault_at - l->at + 1,
							       poolset_fault_text(l->fault))));
}

static void twice_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;) {
		if (p->same_file == NULL)
			continue;
		struct finding f = { .by = self, .verdict = CONFLICT, .node = p->node };
		f.detail = arena_printf(out->arena, "%s is the same file as %s", pool_parts_name(out->arena, p),
					pool_parts_name(out->arena, p->same_file));
		findings_add(out, f);
	}
}

static void size_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;) {
		if (p->declared == 0 || s->replicas[p->replica]->remote)
			continue;
		if (p->item == NULL) {
			findings_unchecked(out, self, p->node, "the part is missing");
			continue;
		}
		if (p->declared == p->file_size)
			continue;
		struct finding f = { .by = self, .verdict = CONFLICT, .node = p->node };
		f.expected = arena_printf(out->arena, "%" PRIu64 " bytes, as line %" PRIu32 " of the set file says",
					  p->declared, p->line ? p->line->number : 0);
		f.actual = arena_printf(out->arena, "%" PRIu64 " bytes", p->file_size);
		f.detail = p->file_size < p->declared ? "the file is shorter: it was cut, or the set file is wrong"
						      : "the file is longer: it was extended, or the set file is wrong";
		if (s->inner_known && s->inner_size == s->size)
			f.detail = arena_printf(out->arena, "%s; the pool's own descriptor agrees with a pool of %" PRIu64
						" bytes", f.detail, s->size);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
}

static void small_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;) {
		if (p->item == NULL || p->file_size >= PART_MIN)
			continue;
		struct finding f = { .by = self, .verdict = CORRUPT, .node = p->node };
		f.expected = "2097152 bytes or more";
		f.actual = arena_printf(out->arena, "%" PRIu64 " bytes", p->file_size);
		findings_add(out, f);
	}
}

static void pool_small_verify(const struct check *self, const struct model *m, struct findings *out)
{
	static const uint64_t min[] = { [POOL_OBJ] = 8 << 20, [POOL_BLK] = (16 << 20) + (8 << 10), [POOL_LOG] = 2 << 20 };
	const struct pool_set *s = m->pool;

	if (s == NULL || s->lone_part || s->nr == 0)
		return;
	if (s->type >= sizeof(min) / sizeof(min[0]) || min[s->type] == 0) {
		findings_unchecked(out, self, m->root, "the least size depends on the type of the pool");
		return;
	}
	for (uint32_t i = 0; i < s->nr; i++) {
		const struct pool_replica *r = s->replicas[i];

		if (r->remote || r->nr == 0 || r->size >= min[s->type])
			continue;
		struct finding f = { .by = self, .verdict = CORRUPT, .node = r->node };
		f.expected = arena_printf(out->arena, "%" PRIu64 " bytes or more in a %s pool", min[s->type],
					  pool_type_name(s->type));
		f.actual = arena_printf(out->arena, "%" PRIu64 " bytes", r->size);
		findings_add(out, f);
	}
}

/*
 * A pmemobj pool whose zones end where its files do, or whose heap would end inside a page, which no library makes: its heap's
 * size is what is wrong, and obj.words.* says so.
 */
static bool word_blamed(const struct model *m)
{
	enum { PAGE = 4096 };
	const struct obj_pool *p = m->obj;

	return p && p->words && p->major >= 4 && p->size > p->heap_at && obj_heap_zones_fill(p->heap, p->size - p->heap_at) &&
	       (p->words->heap_size % PAGE || !obj_heap_zones_fill(p->heap, p->words->heap_size));
}

/* All files are as large as the set file says. */
static bool sizes_declared(const struct pool_set *s)
{
	for (const struct pool_part *p = NULL; (p = pool_parts_next(s, p)) != NULL;)
		if (p->item == NULL || p->declared == 0 || p->declared != p->file_size)
			return false;
	return true;
}

/*
 * Zones that are whole, and behind them less than another needs: a heap that counts this in has more chunks than headers
 * (obj.zone.overlay), so what mends it leaves it out.
 */
static bool rest_useless(const struct model *m, const struct pool_set *s)
{
	const struct obj_pool *p = m->obj;

	return p && s->inner_size > p->heap_at && s->size > s->inner_size && p->heap->zones_all &&
	       s->inner_size - p->heap_at == obj_heap_whole_zones(p->heap->zones_all) && s->size - s->inner_size < OBJ_ZONE_MIN;
}

static void inner_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	if (s == NULL)
		return;
	if (!s->inner_known || s->lone_part) {
		findings_unchecked(out, self, m->root, s->lone_part ? "one part of a set was given alone"
				   : "no readable descriptor tells the size of the pool");
		return;
	}
	/* A pool may be larger than what a shorter replica leaves of it, never smaller. */
	if (s->inner_size == s->size || s->nr == 0 || word_blamed(m))
		return;
	struct finding f = { .by = self, .verdict = CONFLICT, .node = s->replicas[0]->node };
	f.expected = arena_printf(out->arena, "%" PRIu64 " bytes, by %s", s->inner_size,
				  s->inner_how ? s->inner_how : "the pool's own descriptor");
	f.actual = arena_printf(out->arena, "%" PRIu64 " bytes, by the files", s->size);
	f.detail = s->inner_size > s->size ? "bytes at the end are missing" : "there are more bytes than the pool has use for";
	/* transform keeps a pool's size whatever the replicas have room for, and the library opens it */
	if (s->type == POOL_OBJ && s->text && s->voted && s->inner_size < s->size && sizes_declared(s)) {
		f.detail = "the replicas have more room than the pool: a smaller one is gone, or these were added later";
		findings_add_as(out, NOTE, f);
	} else if (rest_useless(m, s)) {
		f.detail = "what is behind the last zone is too short for another, and is left out";
		findings_add_as(out, NOTE, f);
	} else {
		findings_add(out, f);
	}
}

static void missing_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	if (s && s->lone_part) {
		findings_unchecked(out, self, m->root, "one part of a set was given alone");
		return;
	}
	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;) {
		const struct pool_replica *r = s->replicas[p->replica];

		if (p->item || r->remote || r->directory)
			continue;
		struct finding f = { .by = self, .verdict = UNVERIFIED, .node = p->node };
		f.expected = p->path;
		f.actual = p->why_missing;
		f.detail = uuid_null(p->uuid) ? NULL
			 : arena_printf(out->arena, "its neighbours know it as %s", pool_parts_uuid(out->arena, p->uuid));
		findings_add(out, f);
	}
}

static void gap_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;) {
		if (!p->gap_before || s->text)
			continue;
		findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED, .node = p->node });
	}
}

static void directory_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;) {
		if (!s->replicas[p->replica]->directory || p->item)
			continue;
		struct finding f = { .by = self, .verdict = UNVERIFIED, .node = p->node };
		f.expected = arena_printf(out->arena, "%06" PRIu32 ".pmem", p->idx);
		f.actual = p->why_missing;
		findings_add(out, f);
	}
}

static void remote_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (uint32_t i = 0; m->pool && i < m->pool->nr; i++) {
		const struct pool_replica *r = m->pool->replicas[i];

		if (!r->remote)
			continue;
		struct finding f = { .by = self, .verdict = UNVERIFIED, .node = r->node };
		f.actual = r->remote_node;
		f.repair = REPAIR_ADVANCED;
		findings_add(out, f);
	}
}

/* In default mode a missing header is told by pool.hdr.lost; here the one that ought not to be. */
static void second_header_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;) {
		if (p->header_expected || p->hdr == NULL || pool_hdr_type(p->hdr) == POOL_UNKNOWN)
			continue;
		struct finding f = pool_parts_finding(self, CONFLICT, p, NULL);
		f.actual = pool_parts_uuid(out->arena, p->hdr->uuid);
		f.detail = s->voted && uuid_same(s->voted->poolset_uuid, p->hdr->poolset_uuid)
				   ? "it is a header of this very set: the set was made without SINGLEHDR"
				   : "it is a header of another pool: the file does not belong here";
		findings_add(out, f);
	}
}

static void strays_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (const struct pool_stray *t = m->pool ? m->pool->strays : NULL; t; t = t->next) {
		bool twin = t->why == STRAY_DUPLICATE;

		if (t->node == NULL || t->why == STRAY_NO_POOL || twin != (strcmp(self->id, "poolset.stray.duplicate") == 0))
			continue;
		struct finding f = { .by = self, .verdict = CONFLICT, .node = t->node };
		if (t->hdr)
			f.actual = pool_parts_uuid(out->arena, twin ? t->hdr->uuid : t->hdr->poolset_uuid);
		if (!twin && m->pool->voted)
			f.expected = pool_parts_uuid(out->arena, m->pool->voted->poolset_uuid);
		if (twin && t->twin)
			f.detail = arena_printf(out->arena, "the same uuid as %s, which was taken",
						pool_parts_name(out->arena, t->twin));
		findings_add(out, f);
	}
}

#define GRAMMAR "PMDK 1.12 src/common/set.c util_poolset_parse"
#define NO_SET "The libraries and pmempool refuse the set file."
#define EDIT "Correct the line; the headers of the parts tell which files belong together."
/* Without the set file a directory's parts are put together by what their headers say of each other. */
#define REMAKE "Put the set file aside, and let 'pmemscope repair DIRECTORY --set NEW' write one from the parts' headers."
#define FILES "PMDK 1.12 src/common/set.c util_poolset_check, util_part_open"

static const struct check checks[] = {
	{ .id = "poolset.file.signature", .covers = "PS-01", .severity = ERROR,
	  .says = "the first line is not exactly PMEMPOOLSET", .means = NO_SET, .remedy = "Correct the first line.",
	  .source = GRAMMAR, .verify = faults_verify, .repair = set_file_repair_signature },
	{ .id = "poolset.line.token", .covers = "PS-02", .severity = ERROR, .says = "a line is none that a set file may have",
	  .means = NO_SET, .remedy = EDIT, .source = GRAMMAR, .verify = faults_verify, .repair = set_file_repair_token },
	{ .id = "poolset.line.size", .covers = "PS-02", .severity = ERROR, .says = "a part's size is not one",
	  .means = NO_SET, .remedy = "Write the size of the file in bytes.", .source = GRAMMAR, .verify = faults_verify,
	  .repair = set_file_repair_size },
	{ .id = "poolset.line.path", .covers = "PS-02 PS-04", .severity = ERROR, .says = "a part's path is not absolute",
	  .means = NO_SET, .remedy = EDIT, .source = GRAMMAR, .verify = faults_verify, .repair = set_file_repair_path },
	{ .id = "poolset.line.option", .covers = "PS-02", .severity = ERROR, .says = "an option is not one that may be used",
	  .means = NO_SET, .remedy = "SINGLEHDR is the only option of a local set.", .source = GRAMMAR,
	  .verify = faults_verify, .repair = set_file_repair_option },
	{ .id = "poolset.line.remote", .covers = "PS-02", .severity = ERROR, .says = "a remote replica is not well declared",
	  .means = NO_SET, .remedy = EDIT, .source = GRAMMAR, .verify = faults_verify },
	{ .id = "poolset.replica.empty", .covers = "PS-03", .severity = ERROR, .says = "a replica has no parts",
	  .means = NO_SET, .remedy = REMAKE,
	  .source = GRAMMAR, .verify = faults_verify, .repair = set_file_repair_empty },
	{ .id = "poolset.path.twice", .covers = "PS-04", .severity = ERROR, .says = "one file is listed as two parts",
	  .means = "The libraries refuse the set; pmempool sync and transform destroy the file.",
	  .remedy = "Do not run pmempool sync. " REMAKE, .source = FILES, .verify = twice_verify },
	{ .id = "pool.part.size", .covers = "PH-23 PS-05", .severity = ERROR,
	  .says = "a part's file is not as long as the set file says",
	  .means = "The libraries refuse the set; pmempool sync deletes such a part and makes it anew.",
	  .remedy = "Do not run pmempool sync. Find out which of the two is wrong; what a cut file has lost is only in a "
		    "replica.",
	  .source = FILES, .verify = size_verify, .repair = set_file_repair_size },
	{ .id = "pool.part.small", .covers = "PH-23 PS-10", .severity = ERROR, .says = "a part is smaller than any part may be",
	  .means = "The libraries refuse it. The file was cut.", .remedy = "Find another copy of the file.", .source = FILES,
	  .verify = small_verify },
	{ .id = "pool.set.small", .covers = "PS-10", .severity = ERROR,
	  .says = "the pool is smaller than any pool of its type may be",
	  .means = "The libraries refuse it. A file was cut, or parts are not listed.",
	  .remedy = "Find the missing bytes.", .source = FILES, .verify = pool_small_verify },
	{ .id = "pool.set.inner-size", .covers = "PH-24", .severity = ERROR,
	  .says = "the files are not as large together as the pool inside says",
	  .means = "Parts are missing, cut, or not this pool's; the libraries refuse it.",
	  .remedy = "Compare the list of parts and their sizes with what the pool inside expects.",
	  .source = "PMDK 1.12 src/libpmemobj/heap.c, src/libpmemlog/log.c", .verify = inner_verify },
	{ .id = "pool.part.missing", .covers = "PS-05 PH-11", .severity = ERROR, .says = "a part is missing",
	  .means = "The libraries refuse the set. What lay in this part is read as lost.",
	  .remedy = "Find the file, or say where it is with --map.", .source = FILES, .verify = missing_verify },
	{ .id = "pool.part.gap", .covers = "PH-11 PS-03", .severity = ERROR,
	  .says = "the links break before this part: further parts may be missing here",
	  .means = "All that lies behind it may be at a wrong place.", .remedy = "Find the other files of the set.",
	  .source = FILES, .verify = gap_verify },
	{ .id = "poolset.directory.gap", .covers = "PS-12", .severity = ERROR,
	  .says = "a numbered file of a directory replica is missing",
	  .means = "The libraries refuse the set, or shift all data behind it.", .remedy = "Find the file.",
	  .source = "PMDK 1.12 src/common/set.c util_poolset_directory_load", .verify = directory_verify },
	{ .id = "poolset.replica.remote", .covers = "PS-11", .severity = WARNING,
	  .says = "the set has a remote replica, which was not looked at",
	  .means = "PMDK 2.0 and later refuse such a set.", .remedy = "Drop the line where only local replicas are to be used.",
	  .source = "PMDK 2.0 src/common/set.c", .verify = remote_verify, .repair = set_file_repair_remote },
	{ .id = "pool.part.second-header", .covers = "PH-25", .severity = ERROR,
	  .says = "a later part begins with a header, where data ought to begin",
	  .means = "The file belongs to another pool, or the SINGLEHDR option is wrong and data is shifted.",
	  .remedy = "Compare with the feature word of part 0.", .source = FILES, .verify = second_header_verify },
	{ .id = "poolset.stray.foreign", .covers = "PS-08", .severity = NOTE, .says = "a file of another pool lies among the parts",
	  .means = "It was not used.", .remedy = "None needed, unless a part is missing.", .source = FILES,
	  .verify = strays_verify },
	{ .id = "poolset.stray.duplicate", .covers = "PH-13", .severity = WARNING, .says = "there is a second file of the same part",
	  .means = "Only one of them was used; they may differ.", .remedy = "Compare the two, and keep one.",
	  .source = FILES, .verify = strays_verify },
};

const struct check_table poolset_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
