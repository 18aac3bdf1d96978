#include "tests/corpus/recipe.h"

#include "tests/corpus/files.h"
#include "tests/corpus/places.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS_MAX = 20, LINE_MAX_LEN = 4096 };

struct cook {
	struct recipe *r;
	struct places *places;
	char bases[PATH_MAX], dir[PATH_MAX];
	char *word[WORDS_MAX];
	size_t len[WORDS_MAX]; /* bytes: quoted words may hold NULs */
	size_t nr;
};

static bool fail(const char *what, const char *of)
{
	fprintf(stderr, "%s: %s\n", of, what);
	return false;
}

static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == 0 ? true : fail("a number is wanted", text);
}

/* Backslash escapes, in place; the length of what is left. */
static size_t unescape(char *s)
{
	char *from = s, *to = s;

	while (*from) {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		from++;
		if (*from == 'x') {
			char hex[3] = { from[1], from[1] ? from[2] : 0, 0 };
			*to++ = (char)strtoul(hex, NULL, 16);
			from += 1 + strlen(hex);
		} else {
			static const char is[] = "ntr0\\\"", means[] = "\n\t\r\0\\\"";
			const char *at = *from ? strchr(is, *from) : NULL;
			*to++ = at ? means[at - is] : *from;
			from += *from != 0;
		}
	}
	*to = 0;
	return (size_t)(to - s);
}

/* @DIR@ in a line stands for the directory of the case. */
static bool expand(const struct cook *c, char line[LINE_MAX_LEN])
{
	static const char mark[] = "@DIR@";
	char *at, rest[LINE_MAX_LEN];

	for (char *from = line; (at = strstr(from, mark)) != NULL; from = at + strlen(c->dir)) {
		snprintf(rest, sizeof(rest), "%s", at + strlen(mark));
		if (snprintf(at, (size_t)(line + LINE_MAX_LEN - at), "%s%s", c->dir, rest) >= line + LINE_MAX_LEN - at)
			return fail("the line grows too long", rest);
	}
	return true;
}

/* Cuts the line into words; "…" may hold blanks and escapes; # begins a comment. */
static bool cut_words(struct cook *c, char *line)
{
	c->nr = 0;
	for (char *p = line; *(p += strspn(p, " \t\r\n")) && *p != '#';) {
		bool quoted = *p == '"';
		char *end;

		if (c->nr == WORDS_MAX)
			return fail("too many words", c->word[0]);
		p += quoted;
		end = p;
		while (*end && (quoted ? *end != '"' : !strchr(" \t\r\n", *end)))
			end += *end == '\\' && end[1] ? 2 : 1;
		if (quoted && *end == 0)
			return fail("the quote does not end", p);
		char *next = *end ? end + 1 : end;
		*end = 0;
		c->word[c->nr] = p;
		c->len[c->nr++] = quoted ? unescape(p) : strlen(p);
		p = next;
	}
	return true;
}

static void forget(struct cook *c)
{
	places_forget(c->places, c->r->source);
}

static bool find(struct cook *c, size_t word, struct place *out)
{
	return places_find(c->places, c->word[word], out);
}

static bool give(struct cook *c, const char *name)
{
	int n = snprintf(c->r->source, sizeof(c->r->source), "%s/%s", c->dir, name);

	forget(c);
	return n < (int)sizeof(c->r->source) || fail("the path is too long", name);
}

/* base NAME [DIR] */
static bool do_base(struct cook *c)
{
	char from[PATH_MAX + 256];
	const char *to = c->nr > 2 ? c->word[2] : ".";

	snprintf(from, sizeof(from), "%s/%.200s", c->bases, c->word[1]);
	if (!files_copy_tree(from, to))
		return false;
	if (c->nr > 2)
		return true;
	snprintf(c->r->base, sizeof(c->r->base), "%s", c->word[1]);
	return give(c, access("pool.set", F_OK) == 0 ? "pool.set" : "pool");
}

static bool do_give(struct cook *c)
{
	return give(c, c->word[1]);
}

static bool do_option(struct cook *c)
{
	for (size_t i = 1; i < c->nr; i++) {
		if (c->r->options_nr == RECIPE_OPTIONS_MAX)
			return fail("too many options", c->word[i]);
		snprintf(c->r->options[c->r->options_nr++], sizeof(c->r->options[0]), "%s", c->word[i]);
	}
	return true;
}

/* set PLACE = VALUE, += or ^= for numbers of up to eight bytes */
static bool do_set(struct cook *c)
{
	const char *op = c->word[2];
	uint8_t bytes[4096] = { 0 };
	struct place p;
	uint64_t v, is = 0;

	if (!find(c, 1, &p))
		return false;
	if (p.len > sizeof(bytes))
		return fail("too long to be set", c->word[1]);
	if (p.field && p.field->rep == REP_RAW) { /* bytes or text, the rest of the field is zero */
		if (strcmp(op, "=") || c->len[3] > p.len)
			return fail("takes \"text\" that fits", c->word[1]);
		memcpy(bytes, c->word[3], c->len[3]);
		return place_write(&p, 0, bytes, p.len);
	}
	if (p.len > 8 || !number(c->word[3], &v) || !place_read(&p, 0, bytes, p.len))
		return fail("is no number", c->word[1]);
	for (uint64_t i = p.len; i-- > 0;)
		is = is << 8 | bytes[i];
	if (strcmp(op, "+=") == 0)
		v += is;
	else if (strcmp(op, "^=") == 0)
		v ^= is;
	else if (strcmp(op, "="))
		return fail("is none of = += ^=", op);
	if (p.field && p.field->rep == REP_BE)
		return fail("is big-endian: write it as bytes of a file", c->word[1]);
	for (uint64_t i = 0; i < p.len; i++, v >>= 8)
		bytes[i] = (uint8_t)v;
	if (p.len < 8 && v)
		return fail("is too large for the field", c->word[3]);
	return place_write(&p, 0, bytes, p.len);
}

/* xor PLACE BYTE: its first byte */
static bool do_xor(struct cook *c)
{
	struct place p;
	uint64_t with;
	uint8_t byte;

	if (!find(c, 1, &p) || !number(c->word[2], &with) || !place_read(&p, 0, &byte, 1))
		return false;
	byte ^= (uint8_t)with;
	return with && with < 256 ? place_write(&p, 0, &byte, 1) : fail("is not 1 to 255", c->word[2]);
}

/* A repeatable stream of bytes that mean nothing (xorshift64). */
static uint8_t noise(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint8_t)(*state >> 32);
}

static bool fill(const struct place *p, bool noisy, uint8_t byte)
{
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
	uint8_t buf[4096];

	for (uint64_t at = 0; at < p->len;) {
		size_t n = p->len - at < sizeof(buf) ? (size_t)(p->len - at) : sizeof(buf);

		for (size_t i = 0; i < n; i++)
			buf[i] = noisy ? noise(&state) : byte;
		if (!place_write(p, at, buf, n))
			return false;
		at += n;
	}
	return true;
}

static bool do_zero(struct cook *c)
{
	struct place p;

	return find(c, 1, &p) && fill(&p, false, 0);
}

static bool do_noise(struct cook *c)
{
	struct place p;

	return find(c, 1, &p) && fill(&p, true, 0);
}

static bool do_fill(struct cook *c)
{
	struct place p;
	uint64_t byte;

	return find(c, 1, &p) && number(c->word[2], &byte) && fill(&p, false, (uint8_t)byte);
}

/* write PLACE "bytes": from its beginning */
static bool do_write(struct cook *c)
{
	struct place p;

	return find(c, 1, &p) && place_write(&p, 0, (const uint8_t *)c->word[2], c->len[2]);
}

/* copy FROM TO: as many bytes as FROM has, both read first */
static bool do_copy(struct cook *c)
{
	struct place from, to;
	uint8_t *buf;

	if (!find(c, 1, &from) || !find(c, 2, &to))
		return false;
	buf = malloc(from.len + 1);
	bool ok = buf && place_read(&from, 0, buf, from.len) && place_write(&to, 0, buf, from.len);
	free(buf);
	return ok;
}

static bool do_seal(struct cook *c)
{
	struct place p;
	uint64_t skip = 0;

	return find(c, 1, &p) && (c->nr < 3 || number(c->word[2], &skip)) && place_seal(&p, skip);
}

/* size FILE BYTES, or FILE +BYTES, or FILE -BYTES */
static bool do_size(struct cook *c)
{
	const char *text = c->word[2];
	struct stat st;
	uint64_t by;

	if (stat(c->word[1], &st))
		return fail("there is no such file", c->word[1]);
	if (!number(*text == '-' || *text == '+' ? text + 1 : text, &by))
		return false;
	if (*text == '-')
		by = (uint64_t)st.st_size - by;
	else if (*text == '+')
		by += (uint64_t)st.st_size;
	return files_size(c->word[1], by);
}

static bool do_swap(struct cook *c)
{
	return files_swap(c->word[1], c->word[2]);
}

static bool do_move(struct cook *c)
{
	return files_move(c->word[1], c->word[2]);
}

static bool do_remove(struct cook *c)
{
	return files_remove(c->word[1]);
}

static bool do_duplicate(struct cook *c)
{
	return files_copy(c->word[1], c->word[2]);
}

static bool do_link(struct cook *c)
{
	return symlink(c->word[1], c->word[2]) == 0 || fail("could not be linked", c->word[2]);
}

static bool do_directory(struct cook *c)
{
	return mkdir(c->word[1], 0700) == 0 || fail("could not be made", c->word[1]);
}

static bool do_date(struct cook *c)
{
	uint64_t seconds;

	return number(c->word[2], &seconds) && files_date(c->word[1], (int64_t)seconds);
}

static bool do_file(struct cook *c)
{
	return files_write(c->word[1], c->word[2], c->len[2]);
}

static bool do_replace(struct cook *c)
{
	return files_replace(c->word[1], c->word[2], c->word[3]);
}

static bool do_pack(struct cook *c)
{
	return files_pack(c->word[1], (const char *const *)(c->word + 2), c->nr - 2);
}

/* lost FILE AT+LEN... */
static bool do_lost(struct cook *c)
{
	uint64_t ranges[WORDS_MAX][2];

	for (size_t i = 2; i < c->nr; i++) {
		char *plus = strchr(c->word[i], '+');

		if (plus == NULL)
			return fail("a range is AT+LENGTH", c->word[i]);
		*plus = 0;
		if (!number(c->word[i], &ranges[i - 2][0]) || !number(plus + 1, &ranges[i - 2][1]))
			return false;
	}
	return files_lost(c->word[1], (const uint64_t(*)[2])ranges, c->nr - 2);
}

static const struct command {
	const char *word;
	size_t min, max; /* words, itself too */
	bool (*carry_out)(struct cook *);
	bool files; /* changes what is decoded: places are looked for anew */
} commands[] = {
	{ "base", 2, 3, do_base, true },	 { "give", 2, 2, do_give, true },
	{ "option", 2, WORDS_MAX, do_option, false }, { "set", 4, 4, do_set, false },
	{ "xor", 3, 3, do_xor, false },		 { "zero", 2, 2, do_zero, false },
	{ "fill", 3, 3, do_fill, false },	 { "noise", 2, 2, do_noise, false },
	{ "write", 3, 3, do_write, false },	 { "copy", 3, 3, do_copy, false },
	{ "seal", 2, 3, do_seal, false },	 { "size", 3, 3, do_size, true },
	{ "swap", 3, 3, do_swap, true },	 { "move", 3, 3, do_move, true },
	{ "remove", 2, 2, do_remove, true },	 { "duplicate", 3, 3, do_duplicate, true },
	{ "link", 3, 3, do_link, true },	 { "directory", 2, 2, do_directory, true },
	{ "date", 3, 3, do_date, false },	 { "file", 3, 3, do_file, true },
	{ "replace", 4, 4, do_replace, true },	 { "pack", 3, WORDS_MAX, do_pack, true },
	{ "lost", 3, WORDS_MAX, do_lost, true },
};

static bool carry_out(struct cook *c)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].word, c->word[0]))
			continue;
		if (c->nr < commands[i].min || c->nr > commands[i].max)
			return fail("has not the number of words that it takes", c->word[0]);
		if (!commands[i].carry_out(c))
			return false;
		if (commands[i].files)
			forget(c);
		return true;
	}
	return fail("no recipe has such a command", c->word[0]);
}

bool recipe_base(const char *path, char base[256])
{
	FILE *f = fopen(path, "r");
	char line[LINE_MAX_LEN];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "base %255s", base) == 1;
	if (f)
		fclose(f);
	return found || fail("no base is named", path);
}

bool recipe_carry_out(const char *path, const char *bases, const char *out, struct recipe *r)
{
	FILE *f = fopen(path, "r");
	struct cook c = { .r = r, .places = places_open() };
	char line[LINE_MAX_LEN];
	bool ok = f && c.places;
	unsigned nr = 0;

	*r = (struct recipe){ .base = "" };
	if (!ok)
		fail("cannot be read", path);
	if (ok && realpath(bases, c.bases) == NULL)
		ok = fail("is no directory of base pools", bases);
	if (ok && (chdir(out) || !getcwd(c.dir, sizeof(c.dir))))
		ok = fail("is no directory to work in", out);
	while (ok && fgets(line, sizeof(line), f)) {
		nr++;
		ok = expand(&c, line) && cut_words(&c, line) && (c.nr == 0 || carry_out(&c));
		if (!ok)
			fprintf(stderr, "%s:%u: not carried out\n", path, nr);
	}
	if (f)
		fclose(f);
	if (c.places)
		places_close(c.places);
	return ok;
}
