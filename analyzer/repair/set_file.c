#include "analyzer/repair/set_file.h"

#include "analyzer/checks/pool_parts.h"
#include "analyzer/repair/header.h"
#include "analyzer/repair/header_lone.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_LINE "PMEMPOOLSET"
#define SINGLE "OPTION SINGLEHDR"

/* The set file's text, when all of it could be read and no other step of this round makes it. NULL: it cannot be made. */
static const char *text_of(const struct model *m, const struct plan *plan)
{
	const struct pool_set *s = m->pool;

	if (s == NULL || s->text == NULL || s->text_item == NULL || s->text->lost || s->text->dropped ||
	    memchr(s->text_bytes.p, '\0', s->text_bytes.len))
		return NULL;
	for (const struct step *o = plan->first; o; o = o->next)
		if (o->round == plan->round && o->first && o->first->item->source == s->text_item->source)
			return NULL;
	return arena_copy(plan->arena, s->text_bytes.p, s->text_bytes.len);
}

/* Where line number begins, and its length without its end. False: there is none. */
static bool line_find(const char *text, uint32_t number, size_t *at, size_t *len)
{
	const char *p = text;

	for (uint32_t n = 1; n < number; n++) {
		p = strchr(p, '\n');
		if (p++ == NULL)
			return false;
	}
	*at = (size_t)(p - text);
	*len = strcspn(p, "\n");
	if (*len && p[*len - 1] == '\r')
		--*len;
	return p[0] != '\0';
}

/* text with another line there; NULL: there is no such line, or no memory. */
static const char *with_line(struct arena *a, const char *text, uint32_t number, const char *line)
{
	size_t at, len;

	if (text == NULL || !line_find(text, number, &at, &len))
		return NULL;
	return arena_printf(a, "%.*s%s%s", (int)at, text, line, text + at + len);
}

static const char *line_text(struct arena *a, const char *text, uint32_t number)
{
	size_t at, len;

	return line_find(text, number, &at, &len) ? arena_copy(a, text + at, len) : NULL;
}

static struct step *text_step(struct plan *plan, const struct finding *f, enum remedy_class class, const struct model *m,
			      const char *text, const char *says, const char *why)
{
	struct step *s = text ? plan_step(plan, f, class, says) : NULL;

	if (s)
		plan_put_text(plan, s, m->pool->text_item->image, text, why);
	return s;
}

static const struct poolset_line *line_of(const struct model *m, const struct finding *f)
{
	for (const struct poolset_line *l = m->pool->text->lines; l; l = l->next)
		if (f->idx == l->number && l->fault != POOLSET_OK)
			return l;
	return NULL;
}

void set_file_repair_signature(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *text = text_of(m, plan), *line = text ? line_text(plan->arena, text, 1) : NULL;

	(void)by;
	if (line == NULL || strncmp(line, FIRST_LINE, strlen(FIRST_LINE)) != 0)
		return;
	const char *rest = line + strlen(FIRST_LINE);
	bool blank = rest[strspn(rest, " \t\r")] == '\0';
	struct step *s = text_step(plan, f, blank ? REPAIR_SAFE : REPAIR_ASK, m, with_line(plan->arena, text, 1, FIRST_LINE),
				   "makes the first line what it has to be", "the first line of every set file");
	if (s && !blank)
		s->loses = "what stands behind the first word, which no library reads";
}

void set_file_repair_token(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *text = text_of(m, plan), *line, *now = NULL;
	const struct poolset_line *l = text ? line_of(m, f) : NULL;

	(void)by;
	if (l == NULL || (line = line_text(plan->arena, text, l->number)) == NULL)
		return;
	uint64_t behind = l->fault_at - l->at;
	bool blank = line[strspn(line, " \t")] == '\0' || line[strspn(line, " \t")] == '#';
	if (blank)
		now = "";
	else if (behind > 1 && behind < l->len && (line[behind - 1] == ' ' || line[behind - 1] == '\t'))
		now = arena_printf(plan->arena, "%.*s#%s", (int)behind - 1, line, line + behind);
	if (now == NULL)
		return;
	struct step *s = text_step(plan, f, blank ? REPAIR_SAFE : REPAIR_ASK, m, with_line(plan->arena, text, l->number, now),
				   arena_printf(plan->arena, blank ? "empties line %" PRIu32 ", which says nothing"
						: "makes a comment of what stands behind the path in line %" PRIu32, l->number),
				   blank ? "an empty line is passed over" : "a part has a size and a path, and nothing else");
	if (s && !blank)
		s->loses = "the end of the path, if there is a blank in it: no set file can have such a path";
}

static const struct pool_part *part_at(const struct model *m, uint32_t number)
{
	for (const struct pool_part *p = NULL; (p = pool_parts_next(m->pool, p)) != NULL;)
		if (p->line && p->line->number == number)
			return p;
	return NULL;
}

/* The replica's bytes when all its files are taken as they are; 0: one is missing. */
static uint64_t by_files(const struct pool_replica *r)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < r->nr; i++) {
		const struct pool_part *p = r->parts[i];
		uint64_t usable = p->align ? p->file_size / p->align * p->align : 0;

		if (p->item == NULL || usable <= p->data_off)
			return 0;
		size += usable - p->data_off;
	}
	return size;
}

/*
 * Does the pool fit its files as they are? *exactly: and fills those of p's replica. Where it does not, nothing tells the
 * size of any part but the last: with another one the parts behind it would be read from another place.
 */
static bool files_fit(const struct pool_set *s, const struct pool_part *p, bool *exactly)
{
	for (uint32_t i = 0; s->inner_known && i < s->nr; i++)
		if (!s->replicas[i]->remote && by_files(s->replicas[i]) < s->inner_size)
			return false;
	const struct pool_replica *r = s->replicas[p->replica];

	*exactly = s->inner_known && by_files(r) == s->inner_size;
	return *exactly || (s->inner_known && p->idx + 1 == r->nr);
}

/* Of pool.part.size and poolset.line.size: the size of the file, when the pool inside agrees with it. */
void set_file_repair_size(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *text = text_of(m, plan);
	const struct pool_part *p = text ? f->node == m->pool->text_node ? part_at(m, (uint32_t)f->idx)
						 : header_part_of(m->pool, f->node) : NULL;
	bool exactly = false;

	(void)by;
	if (p == NULL || p->line == NULL || p->item == NULL || p->line->path == NULL || p->file_size == 0 ||
	    !files_fit(m->pool, p, &exactly))
		return;
	const char *now = arena_printf(plan->arena, "%" PRIu64 " %s", p->file_size, p->line->path);
	struct step *s = text_step(plan, f, exactly ? REPAIR_SAFE : REPAIR_ASK, m, with_line(plan->arena, text, p->line->number, now),
				   arena_printf(plan->arena, "sets the size in line %" PRIu32 " to %" PRIu64 ", that of the file",
						p->line->number, p->file_size),
				   exactly ? "the pool inside has just this size" : "the pool inside fits the files as they are");
	if (s && !exactly)
		s->loses = "the sign that the file was cut or extended: the pool has no use for these bytes";
}

void set_file_repair_path(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *text = text_of(m, plan);
	const struct pool_part *p = text ? part_at(m, (uint32_t)f->idx) : NULL;

	(void)by;
	if (p == NULL || p->item == NULL || p->item->path[0] != '/' || p->item->path[strcspn(p->item->path, " \t#\n")] ||
	    p->line->size == 0)
		return;
	text_step(plan, f, REPAIR_ASK, m, with_line(plan->arena, text, p->line->number,
						    arena_printf(plan->arena, "%" PRIu64 " %s", p->line->size, p->item->path)),
		  arena_printf(plan->arena, "sets the path in line %" PRIu32 " to %s", p->line->number, p->item->path),
		  "the part was found there");
}

/* The text without options, but for SINGLEHDR when the set has it. */
static const char *with_option(struct arena *a, const struct poolset *set, const char *text, bool single)
{
	bool done = !single;

	for (const struct poolset_line *l = set->lines; l && text; l = l->next) {
		if (l->kind != POOLSET_LINE_OPTION)
			continue;
		text = with_line(a, text, l->number, done ? "" : SINGLE);
		done = true;
	}
	if (done || text == NULL)
		return text;
	bool cr = strchr(text, '\n') > text && strchr(text, '\n')[-1] == '\r';
	return with_line(a, text, 1, cr ? FIRST_LINE "\r\n" SINGLE : FIRST_LINE "\n" SINGLE);
}

enum told { UNTOLD, SINGLE_HEADER, ALL_HEADERS };

static bool ours(const struct pool_part *p, const struct pool_hdr *first)
{
	return p->hdr && first && p->sum != POOL_HDR_SUM_BAD && pool_hdr_type(p->hdr) != POOL_UNKNOWN &&
	       uuid_same(p->hdr->poolset_uuid, first->poolset_uuid);
}

/* Do later parts begin with headers of this set, all of them or none? */
static enum told by_parts(const struct pool_set *s)
{
	const struct pool_hdr *first = s->nr && s->replicas[0]->nr ? s->replicas[0]->parts[0]->hdr : NULL;
	uint32_t with = 0, without = 0;

	for (const struct pool_part *p = NULL; (p = pool_parts_next(s, p)) != NULL;) {
		if (p->idx == 0 || p->item == NULL)
			continue;
		with += ours(p, first);
		without += p->hdr == NULL || pool_hdr_type(p->hdr) == POOL_UNKNOWN;
	}
	return with && !without ? ALL_HEADERS : without && !with ? SINGLE_HEADER : UNTOLD;
}

/* What all first headers that hold announce. */
static enum told by_headers(const struct pool_set *s)
{
	enum told all = UNTOLD;

	for (uint32_t i = 0; i < s->nr; i++) {
		const struct pool_part *p = s->replicas[i]->nr ? s->replicas[i]->parts[0] : NULL;

		if (p == NULL || p->hdr == NULL || p->sum == POOL_HDR_SUM_BAD || pool_hdr_type(p->hdr) == POOL_UNKNOWN)
			continue;
		enum told one = p->hdr->incompat & POOL_FEAT_SINGLEHDR ? SINGLE_HEADER : ALL_HEADERS;
		if (all != UNTOLD && all != one)
			return UNTOLD;
		all = one;
	}
	return all;
}

void set_file_repair_option(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *text = text_of(m, plan);
	enum told headers = text ? by_headers(m->pool) : UNTOLD;

	(void)by;
	if (headers == UNTOLD)
		return;
	text_step(plan, f, by_parts(m->pool) == headers ? REPAIR_SAFE : REPAIR_ASK, m,
		  with_option(plan->arena, m->pool->text, text, headers == SINGLE_HEADER),
		  headers == SINGLE_HEADER ? "makes SINGLEHDR the set file's only option" : "takes the options out of the set file",
		  "the headers say so");
}

/* The feature in the header of p. */
static void feature_step(const struct finding *f, const struct pool_part *p, bool single, const char *why, struct plan *plan)
{
	struct pool_hdr hdr;

	if (p == NULL || p->hdr == NULL || p->item == NULL || p->sum != POOL_HDR_SUM_ANNOUNCED)
		return;
	hdr = *p->hdr;
	hdr.incompat = single ? hdr.incompat | POOL_FEAT_SINGLEHDR : hdr.incompat & ~(uint32_t)POOL_FEAT_SINGLEHDR;
	hdr.checksum = header_sum(p, &hdr);
	struct step *s = plan_step(plan, f, REPAIR_ASK,
				   arena_printf(plan->arena, "%s SINGLEHDR in the header: %s", single ? "sets" : "clears", why));
	if (s)
		header_put(plan, s, p, &hdr, why);
}

void set_file_repair_singlehdr(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = header_part_of(s, f->node);
	enum told parts = by_parts(s), headers = by_headers(s);

	(void)by;
	if (s->text == NULL) {
		/* not the first of several: all of the pool is here */
		if (p && s->inner_known && p->align && s->inner_size == p->file_size / p->align * p->align)
			feature_step(f, p, false, "the pool is no longer than this one file", plan);
		return;
	}
	if (headers == UNTOLD)
		return;
	if (parts != UNTOLD && parts != headers) {
		feature_step(f, p, parts == SINGLE_HEADER, parts == SINGLE_HEADER ? "no later part begins with a header"
										    : "later parts begin with headers", plan);
		return;
	}
	const char *text = text_of(m, plan);
	text_step(plan, f, parts == headers ? REPAIR_SAFE : REPAIR_ASK, m,
		  text ? with_option(plan->arena, s->text, text, headers == SINGLE_HEADER) : NULL,
		  headers == SINGLE_HEADER ? "adds the option SINGLEHDR to the set file" : "takes the option SINGLEHDR out of the set file",
		  parts == headers ? "the headers say so, and so do the first bytes of later parts" : "the headers say so");
}

void set_file_repair_order(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_set *s = m->pool;
	const char *text = text_of(m, plan), *now = text;
	const struct pool_replica *r = NULL;
	uint32_t start = 0;

	(void)by;
	for (uint32_t i = 0; i < s->nr; i++)
		if (s->replicas[i]->node == f->node)
			r = s->replicas[i];
	if (text == NULL || r == NULL || r->directory || !pool_parts_shuffled(s, r, &start))
		return;
	int64_t at = start;
	for (uint32_t i = 0; i < r->nr && now; i++) {
		if (at < 0 || r->parts[i]->line == NULL || r->parts[at]->line == NULL)
			return;
		const char *line = line_text(plan->arena, text, r->parts[at]->line->number);
		now = line ? with_line(plan->arena, now, r->parts[i]->line->number, line) : NULL;
		at = pool_parts_find(r, r->parts[at]->hdr->next_part_uuid);
	}
	text_step(plan, f, REPAIR_SAFE, m, now,
		  arena_printf(plan->arena, "puts the lines of replica %" PRIu32 " in the order in which the parts' headers name each other",
			       r->idx), "the links of the headers make this order");
}

/* The line of a REPLICA that no part follows: that of the fault, or the last one. */
static uint32_t empty_line(const struct poolset *set)
{
	uint32_t number = 0;

	for (const struct poolset_line *l = set->lines; l; l = l->next) {
		if (l->kind == POOLSET_LINE_REPLICA && (l->fault == POOLSET_REPLICA_EMPTY || l->fault == POOLSET_NO_PARTS))
			return l->number;
		number = l->kind == POOLSET_LINE_REPLICA && !l->remote ? l->number : 0;
	}
	return number;
}

void set_file_repair_empty(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *text = text_of(m, plan);
	uint32_t number = text ? empty_line(m->pool->text) : 0;

	(void)by;
	if (number)
		text_step(plan, f, REPAIR_ASK, m, with_line(plan->arena, text, number, ""),
			  arena_printf(plan->arena, "takes out line %" PRIu32 ", a REPLICA too many", number), "no part follows it");
}

void set_file_repair_remote(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *text = text_of(m, plan);
	const struct poolset_line *l = text ? m->pool->text->lines : NULL;

	(void)by;
	while (l && !(l->kind == POOLSET_LINE_REPLICA && l->remote))
		l = l->next;
	if (l == NULL)
		return;
	struct step *s = text_step(plan, f, REPAIR_ADVANCED, m, with_line(plan->arena, text, l->number, ""),
				   arena_printf(plan->arena, "takes the remote replica out, line %" PRIu32, l->number),
				   "no library since PMDK 2.0 opens a set that has one");
	if (s)
		s->loses = "the remote replica: nothing keeps it alike any more";
}
