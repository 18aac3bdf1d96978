#include "formats/pool/poolset.h"

#include <string.h>

#define MAGIC "PMEMPOOLSET"
enum { MAGIC_LEN = sizeof(MAGIC) - 1, REPLICA_LEN = 7, OPTION_LEN = 6 };

const char *poolset_fault_text(enum poolset_fault f)
{
	static const char *const texts[POOLSET_FAULTS] = {
		[POOLSET_OK] = "no fault",
		[POOLSET_SIGNATURE] = "the first line must be exactly 'PMEMPOOLSET'",
		[POOLSET_TOKEN] = "invalid token found in the current line",
		[POOLSET_REPLICA_WORD] = "exactly 'REPLICA' expected",
		[POOLSET_REMOTE_PARTS] = "unexpected parts for remote replica",
		[POOLSET_REMOTE_ADDRESS] =
			"address of remote node and descriptor of remote pool set expected",
		[POOLSET_SIZE] = "incorrect format of size",
		[POOLSET_AUTO] = "cannot determine size of a part",
		[POOLSET_PATH] = "incorrect path (must be an absolute one)",
		[POOLSET_DESCRIPTOR] = "incorrect descriptor (must be a relative path)",
		[POOLSET_NO_PARTS] = "no pool set parts",
		[POOLSET_REPLICA_EMPTY] = "no replica parts",
		[POOLSET_OPTION_UNKNOWN] = "unknown option",
		[POOLSET_OPTION_MISSING] = "missing option name",
		[POOLSET_SIZE_RANGE] = "invalid size for an offset: negative, or past 2^63",
		[POOLSET_NOHDRS] =
			"the NOHDRS poolset option is not supported for local poolsets",
		[POOLSET_BOTH_OPTIONS] =
			"both SINGLEHDR and NOHDRS poolset options used at the same time",
	};

	return f < POOLSET_FAULTS ? texts[f] : "";
}

bool poolset_is(struct span head)
{
	struct span magic;

	return span_cut(head, 0, MAGIC_LEN, &magic) && !span_lost(magic) &&
	       memcmp(magic.p, MAGIC, MAGIC_LEN) == 0;
}

struct word {
	const uint8_t *p;
	size_t len;
};

/* What is read so far. */
struct parser {
	struct arena *arena;
	struct poolset *set;
	struct poolset_line *last;
	struct poolset_replica *current;
	uint32_t kept;
	uint32_t declared; /* lines of the current replica that were meant to be parts */
	bool after_empty;  /* a remote replica came while the one before had no parts */
};

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Takes the next word of *rest; length 0 at the end. */
static struct word word_next(struct word *rest)
{
	struct word w;

	while (rest->len && blank(*rest->p)) {
		rest->p++;
		rest->len--;
	}
	w.p = rest->p;
	w.len = 0;
	while (w.len < rest->len && !blank(w.p[w.len]))
		w.len++;
	rest->p += w.len;
	rest->len -= w.len;
	return w;
}

static bool word_is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(w.p, text, w.len) == 0;
}

static bool word_starts(struct word w, const char *text)
{
	return strlen(text) <= w.len && memcmp(w.p, text, strlen(text)) == 0;
}

/* As isspace(3) in the C locale, which is what scanf skips; a line feed cannot occur. */
static bool space(uint8_t c)
{
	return blank(c) || c == '\v' || c == '\f' || c == '\r';
}

/*
 * A size as sscanf("%lu%8s") takes it: blanks of any sort, a sign, digits that stick at 2^64-1, and
 * a unit that ends at the next space. The product wraps.
 */
static bool size_parse(struct word w, uint64_t *out)
{
	static const struct {
		const char *unit;
		uint64_t factor;
	} units[] = {
		{ "B", 1 },
		{ "K", UINT64_C(1) << 10 },   { "KiB", UINT64_C(1) << 10 },
		{ "kB", UINT64_C(1000) },
		{ "M", UINT64_C(1) << 20 },   { "MiB", UINT64_C(1) << 20 },
		{ "MB", UINT64_C(1000000) },
		{ "G", UINT64_C(1) << 30 },   { "GiB", UINT64_C(1) << 30 },
		{ "GB", UINT64_C(1000000000) },
		{ "T", UINT64_C(1) << 40 },   { "TiB", UINT64_C(1) << 40 },
		{ "TB", UINT64_C(1000000000000) },
		{ "P", UINT64_C(1) << 50 },   { "PiB", UINT64_C(1) << 50 },
		{ "PB", UINT64_C(1000000000000000) },
	};
	const uint8_t *p = w.p, *end = w.p + w.len;
	bool negative = false, over = false;
	uint64_t v = 0;

	while (p < end && space(*p))
		p++;
	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	if (p == end || *p < '0' || *p > '9')
		return false;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		over |= __builtin_mul_overflow(v, UINT64_C(10), &v) ||
			__builtin_add_overflow(v, (uint64_t)(*p - '0'), &v);
	if (over)
		v = UINT64_MAX;
	else if (negative)
		v = 0 - v;
	while (p < end && space(*p))
		p++;
	struct word unit = { p, 0 };
	while (p + unit.len < end && !space(p[unit.len]))
		unit.len++;
	*out = v;
	if (unit.len == 0)
		return v != 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (word_is(unit, units[i].unit)) {
			*out = v * units[i].factor;
			return *out != 0;
		}
	return false;
}

static void fault_at(struct poolset_line *l, enum poolset_fault f, const uint8_t *text,
		     const uint8_t *p)
{
	if (l->fault != POOLSET_OK)
		return;
	l->fault = f;
	l->fault_at = (uint64_t)(p - text);
}

static void part_parse(struct parser *ps, struct poolset_line *l, struct word all, const uint8_t *text)
{
	struct word rest = all, size, path, more;

	if (ps->current->remote) {
		l->kind = POOLSET_LINE_BAD;
		fault_at(l, POOLSET_REMOTE_PARTS, text, all.p);
		return;
	}
	size = word_next(&rest);
	path = word_next(&rest);
	more = word_next(&rest);
	ps->declared += size.len != 0;
	if (size.len == 0 || path.len == 0 || more.len) {
		l->kind = POOLSET_LINE_BAD;
		fault_at(l, POOLSET_TOKEN, text, more.len ? more.p : all.p);
		return;
	}
	l->kind = POOLSET_LINE_PART;
	l->path = arena_copy(ps->arena, path.p, path.len);
	if (*path.p != '/')
		fault_at(l, POOLSET_PATH, text, path.p);
	l->is_auto = word_is(size, "AUTO");
	if (l->is_auto)
		return;
	if (!size_parse(size, &l->size)) {
		l->size = 0;
		fault_at(l, POOLSET_SIZE, text, size.p);
	} else if (l->size > INT64_MAX) {
		fault_at(l, POOLSET_SIZE_RANGE, text, size.p);
	}
}

static bool replica_open(struct parser *ps, struct poolset_line *l)
{
	struct poolset_replica *r = ARENA_NEW(ps->arena, struct poolset_replica);

	if (r == NULL)
		return false;
	r->line = l;
	if (l) {
		r->remote = l->remote;
		r->node = l->node;
		r->descriptor = l->descriptor;
	}
	if (ps->current)
		ps->current->next = r;
	else
		ps->set->replicas = r;
	ps->current = r;
	ps->set->replicas_nr++;
	ps->declared = 0;
	return true;
}

/* True when the replica that a REPLICA line, or the end, closes has what it needs. */
static bool replica_filled(const struct parser *ps)
{
	return !ps->after_empty && (ps->current->remote || ps->declared);
}

static bool replica_parse(struct parser *ps, struct poolset_line *l, struct word all,
			  const uint8_t *text)
{
	struct word rest = { all.p + REPLICA_LEN, all.len - REPLICA_LEN }, node, desc, more;
	const uint8_t *at = rest.p;

	l->kind = POOLSET_LINE_REPLICA;
	if (rest.len == 0) {
		if (replica_filled(ps))
			return replica_open(ps, l);
		fault_at(l, ps->set->replicas_nr > 1 ? POOLSET_REPLICA_EMPTY : POOLSET_NO_PARTS, text,
			 all.p);
		ps->after_empty = false;
		return !ps->current->remote || replica_open(ps, l);
	}
	l->kind = POOLSET_LINE_BAD;
	if (!blank(*at)) {
		fault_at(l, POOLSET_REPLICA_WORD, text, at);
		return true;
	}
	node = word_next(&rest);
	desc = word_next(&rest);
	more = word_next(&rest);
	if (node.len == 0 || desc.len == 0) {
		fault_at(l, POOLSET_REMOTE_ADDRESS, text, at);
		return true;
	}
	if (more.len) {
		fault_at(l, POOLSET_TOKEN, text, more.p);
		return true;
	}
	if (*desc.p == '/')
		fault_at(l, POOLSET_DESCRIPTOR, text, desc.p);
	l->kind = POOLSET_LINE_REPLICA;
	l->remote = true;
	l->node = arena_copy(ps->arena, node.p, node.len);
	l->descriptor = arena_copy(ps->arena, desc.p, desc.len);
	if (!replica_filled(ps))
		ps->after_empty = true; /* told where PMDK tells it: at the next REPLICA, or the end */
	return replica_open(ps, l);
}

static void option_parse(struct parser *ps, struct poolset_line *l, struct word all,
			 const uint8_t *text)
{
	struct word rest = { all.p + OPTION_LEN, all.len - OPTION_LEN }, name;
	bool any = false;

	l->kind = POOLSET_LINE_OPTION;
	while ((name = word_next(&rest)).len) {
		any = true;
		if (word_is(name, "SINGLEHDR"))
			ps->set->singlehdr = true;
		else if (word_is(name, "NOHDRS"))
			ps->set->nohdrs = true;
		else
			fault_at(l, POOLSET_OPTION_UNKNOWN, text, name.p);
	}
	if (!any)
		fault_at(l, POOLSET_OPTION_MISSING, text, all.p + OPTION_LEN);
}

/* One line, without its end and comment, that is not skipped. False without memory. */
static bool line_parse(struct parser *ps, struct poolset_line *l, struct word w, struct span text)
{
	bool ok = true;

	for (size_t i = 0; i < w.len; i++) {
		bool lost = text.lost && text.lost[w.p - text.p + (ptrdiff_t)i];

		ps->set->lost |= lost;
		if (lost || w.p[i] == '\0') {
			fault_at(l, POOLSET_TOKEN, text.p, w.p + i);
			return true;
		}
	}
	if (word_starts(w, "REPLICA"))
		ok = replica_parse(ps, l, w, text.p);
	else if (word_starts(w, "OPTION"))
		option_parse(ps, l, w, text.p);
	else
		part_parse(ps, l, w, text.p);
	if (l->kind == POOLSET_LINE_PART)
		ps->current->nr++;
	return ok;
}

static bool line_take(struct parser *ps, struct word line, uint32_t number, struct span text)
{
	const uint8_t *hash = line.len ? memchr(line.p, '#', line.len) : NULL;
	struct poolset_line *l;
	struct word w = { line.p, hash ? (size_t)(hash - line.p) : line.len };

	if (line.len == 0 || hash == line.p)
		return true;
	if (ps->kept == POOLSET_LINES_MAX) {
		ps->set->dropped++;
		return true;
	}
	l = ARENA_NEW(ps->arena, struct poolset_line);
	if (l == NULL)
		return false;
	l->number = number;
	l->at = (uint64_t)(line.p - text.p);
	l->len = line.len;
	ps->kept++;
	if (ps->last)
		ps->last->next = l;
	else
		ps->set->lines = l;
	ps->last = l;
	if (!line_parse(ps, l, w, text))
		return false;
	ps->set->faults += l->fault != POOLSET_OK;
	return true;
}

static void whole_fault(struct poolset *set, enum poolset_fault f, uint32_t number)
{
	set->faults++;
	if (set->whole != POOLSET_OK)
		return;
	set->whole = f;
	set->whole_number = number;
}

/* The next line of text from *at on, its end taken off; *ended: it had one. */
static struct word line_cut(struct span text, size_t *at, bool *ended)
{
	const uint8_t *p = text.p + *at;
	size_t left = text.len - *at;
	const uint8_t *eol = memchr(p, '\n', left);
	struct word w = { p, eol ? (size_t)(eol - p) : left };

	*at += eol ? w.len + 1 : w.len;
	*ended = eol != NULL;
	if (eol && w.len && p[w.len - 1] == '\r')
		w.len--;
	return w;
}

/* Hands every replica the list of its parts. */
static bool parts_collect(struct parser *ps)
{
	struct poolset_replica *r = ps->set->replicas;

	for (struct poolset_replica *q = r; q; q = q->next) {
		q->parts = arena_array(ps->arena, q->nr, sizeof(struct poolset_line *));
		if (q->parts == NULL)
			return false;
		q->nr = 0;
	}
	for (struct poolset_line *l = ps->set->lines; l; l = l->next) {
		if (r->next && l == r->next->line)
			r = r->next;
		if (l->kind == POOLSET_LINE_PART)
			r->parts[r->nr++] = l;
	}
	return true;
}

struct poolset *poolset_parse(struct arena *a, struct span text)
{
	struct parser ps = { .arena = a };
	uint32_t number = 1;
	size_t at = 0;
	bool ended = false;

	ps.set = ARENA_NEW(a, struct poolset);
	if (ps.set == NULL || !replica_open(&ps, NULL))
		return NULL;
	if (text.len) {
		struct word first = line_cut(text, &at, &ended);
		struct span magic;

		if (!ended || !word_is(first, MAGIC) ||
		    (span_cut(text, 0, first.len, &magic) && span_lost(magic)))
			whole_fault(ps.set, POOLSET_SIGNATURE, 1);
	} else {
		whole_fault(ps.set, POOLSET_SIGNATURE, 1);
	}
	while (at < text.len) {
		struct word line = line_cut(text, &at, &ended);

		if (!line_take(&ps, line, ++number, text))
			return NULL;
	}
	if (!replica_filled(&ps))
		whole_fault(ps.set,
			    ps.set->replicas_nr > 1 ? POOLSET_REPLICA_EMPTY : POOLSET_NO_PARTS,
			    number + 1);
	if (ps.set->singlehdr && ps.set->nohdrs)
		whole_fault(ps.set, POOLSET_BOTH_OPTIONS, 0);
	if (ps.set->nohdrs)
		whole_fault(ps.set, POOLSET_NOHDRS, 0);
	if (!parts_collect(&ps) || arena_failed(a))
		return NULL;
	return ps.set;
}
