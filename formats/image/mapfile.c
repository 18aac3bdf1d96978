#include "formats/image/mapfile.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 }; /* ranges at first */

struct cursor {
	const char *p, *end; /* of one line, without its newline */
};

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r'))
		c->p++;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* A number as C writes it: 0x, 0, or decimal. */
static bool number(struct cursor *c, uint64_t *out)
{
	unsigned base = 10;
	uint64_t n = 0;

	skip_blanks(c);
	if (c->end - c->p >= 2 && c->p[0] == '0' && (c->p[1] == 'x' || c->p[1] == 'X')) {
		base = 16;
		c->p += 2;
	} else if (c->p < c->end && *c->p == '0') {
		base = 8;
	}
	const char *from = c->p;
	for (; c->p < c->end && digit_of(*c->p) < (int)base; c->p++)
		if (__builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, (unsigned)digit_of(*c->p), &n))
			return false;
	*out = n;
	return c->p > from && (c->p == c->end || *c->p == ' ' || *c->p == '\t' || *c->p == '\r');
}

static bool status_of(struct cursor *c, const char *known, char *out)
{
	skip_blanks(c);
	if (c->p == c->end || strchr(known, *c->p) == NULL || *c->p == '\0')
		return false;
	*out = *c->p++;
	return true;
}

/* The next line that says something; false: there is none. */
static bool next_line(const char **text, const char *end, unsigned long *nr, struct cursor *line)
{
	while (*text < end) {
		const char *nl = memchr(*text, '\n', (size_t)(end - *text));

		*line = (struct cursor){ *text, nl ? nl : end };
		*text = nl ? nl + 1 : end;
		(*nr)++;
		skip_blanks(line);
		if (line->p < line->end && *line->p != '#')
			return true;
	}
	return false;
}

/* A line of such a file that lost the first one, which says what it is: a range, or the state of the run before ranges. */
static bool like_a_line(struct cursor line)
{
	uint64_t at, len;
	char status;
	struct cursor range = line;
	bool is = number(&range, &at) && number(&range, &len) && status_of(&range, "?*/-+", &status);

	if (!is)
		is = number(&line, &at) && status_of(&line, "?*/-FG+", &status);
	return is;
}

bool mapfile_probe(const char *text, size_t len)
{
	static const char name[] = "GNU ddrescue";
	const char *end = text + len, *nl = len ? memchr(text, '\n', len) : NULL;
	size_t first = nl ? (size_t)(nl - text) : len;
	struct cursor line;
	unsigned long nr = 0;

	if (first > 0 && text[0] == '#' && memmem(text, first, name, sizeof(name) - 1) != NULL)
		return true;
	return len && next_line(&text, end, &nr, &line) && like_a_line(line);
}

/* Ranges one behind the other; those that touch are one. */
struct list {
	struct run *runs;
	size_t nr, room;
};

static bool add(struct arena *a, struct list *l, uint64_t at, uint64_t len)
{
	if (len == 0)
		return true;
	if (l->nr && l->runs[l->nr - 1].at + l->runs[l->nr - 1].len == at) {
		l->runs[l->nr - 1].len += len;
		return true;
	}
	if (l->nr == l->room) { /* the arena keeps the old arrays: together as much as the last */
		struct run *more = arena_array(a, l->room * 2, sizeof(*more));

		if (more == NULL)
			return false;
		memcpy(more, l->runs, l->nr * sizeof(*more));
		l->runs = more;
		l->room *= 2;
	}
	l->runs[l->nr++] = (struct run){ at, len, at };
	return true;
}

static bool line_add(struct arena *a, struct cursor *line, struct mapfile *m, struct list *read, struct list *failed,
		     uint64_t size, const char **why)
{
	uint64_t at, len;
	char status;

	*why = "no position, size and status";
	if (!number(line, &at) || !number(line, &len) || !status_of(line, "?*/-+", &status))
		return false;
	*why = "its range ends behind 2^64";
	if (len > UINT64_MAX - at)
		return false;
	*why = "its range begins before the end of the one before";
	if (at < m->end)
		return false;
	uint64_t from = m->end < size ? m->end : size, start = at < size ? at : size;
	m->unnamed += start - from;
	m->end = at + len;
	len = len < size - start ? len : size - start; /* in the file */
	if (status == '?')
		m->untried += len;
	else if (status == '*' || status == '/')
		m->undone += len;
	*why = NULL; /* no memory */
	return status == '?' || add(a, status == '+' ? read : failed, start, len);
}

bool mapfile_parse(struct arena *a, const char *label, const char *text, size_t len, uint64_t size,
		   struct mapfile *out, struct problem *p)
{
	const char *end = text + len, *why = "no status line";
	struct cursor line;
	unsigned long nr = 0;
	struct list got = { arena_array(a, ROOM, sizeof(*got.runs)), 0, ROOM };
	struct list failed = { arena_array(a, ROOM, sizeof(*failed.runs)), 0, ROOM };
	uint64_t pos, read = 0;
	char status;
	bool ok;

	*out = (struct mapfile){ .runs = NULL };
	if (got.runs == NULL || failed.runs == NULL)
		why = NULL;
	ok = got.runs && failed.runs && next_line(&text, end, &nr, &line) && number(&line, &pos) &&
	     status_of(&line, "?*/-FG+", &status);
	while (ok && next_line(&text, end, &nr, &line))
		ok = line_add(a, &line, out, &got, &failed, size, &why);
	out->runs = got.runs;
	out->nr = got.nr;
	out->failed = failed.runs;
	out->failed_nr = failed.nr;
	for (size_t i = 0; i < out->nr; i++)
		read += out->runs[i].len;
	out->lost = size - read;
	out->unnamed += out->end < size ? size - out->end : 0;
	if (!ok && why)
		problem_set(p, STATUS_UNSUPPORTED, "%s: line %lu: %s; is it a ddrescue mapfile?", label, nr, why);
	else if (!ok)
		problem_set(p, STATUS_NOMEM, "%s: no memory for its ranges", label);
	return ok;
}
