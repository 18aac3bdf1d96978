#include "formats/image/mapfile.h"

#include <stdlib.h>
#include <string.h>

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

bool mapfile_probe(const char *text, size_t len)
{
	static const char name[] = "GNU ddrescue";
	const char *nl = len ? memchr(text, '\n', len) : NULL;
	size_t first = nl ? (size_t)(nl - text) : len;

	return first > 0 && text[0] == '#' && memmem(text, first, name, sizeof(name) - 1) != NULL;
}

/* A range that was read, clipped to size; joined to the last when they touch. */
static bool add(struct arena *a, struct mapfile *m, size_t *room, uint64_t at, uint64_t len, uint64_t size)
{
	if (at >= size || len == 0)
		return true;
	len = len < size - at ? len : size - at;
	if (m->nr && m->runs[m->nr - 1].at + m->runs[m->nr - 1].len == at) {
		m->runs[m->nr - 1].len += len;
		return true;
	}
	if (m->nr == *room) { /* the arena keeps the old arrays: together as much as the last */
		struct run *more = arena_array(a, *room * 2, sizeof(*more));

		if (more == NULL)
			return false;
		memcpy(more, m->runs, m->nr * sizeof(*more));
		m->runs = more;
		*room *= 2;
	}
	m->runs[m->nr++] = (struct run){ at, len, at };
	return true;
}

static bool line_add(struct arena *a, struct cursor *line, struct mapfile *m, size_t *room, uint64_t size,
		     const char **why)
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
	m->end = at + len;
	*why = NULL; /* no memory */
	return status != '+' || add(a, m, room, at, len, size);
}

bool mapfile_parse(struct arena *a, const char *label, const char *text, size_t len, uint64_t size,
		   struct mapfile *out, struct problem *p)
{
	const char *end = text + len, *why = "no status line";
	struct cursor line;
	unsigned long nr = 0;
	uint64_t pos, read = 0;
	size_t room = 64;
	char status;
	bool ok;

	*out = (struct mapfile){ .runs = arena_array(a, room, sizeof(*out->runs)) };
	if (out->runs == NULL)
		why = NULL;
	ok = out->runs && next_line(&text, end, &nr, &line) && number(&line, &pos) &&
	     status_of(&line, "?*/-FG+", &status);
	while (ok && next_line(&text, end, &nr, &line))
		ok = line_add(a, &line, out, &room, size, &why);
	for (size_t i = 0; i < out->nr; i++)
		read += out->runs[i].len;
	out->lost = size - read;
	if (!ok && why)
		problem_set(p, STATUS_UNSUPPORTED, "%s: line %lu: %s; is it a ddrescue mapfile?", label, nr, why);
	else if (!ok)
		problem_set(p, STATUS_NOMEM, "%s: no memory for its ranges", label);
	return ok;
}
