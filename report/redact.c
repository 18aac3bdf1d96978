#include "report/redact.h"

#include "formats/base/uuid.h"
#include "formats/pool/set.h"
#include "report/tell.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const redact_names[REDACT_LEVELS] = {
	[REDACT_NONE] = "none", [REDACT_IDS] = "ids", [REDACT_METADATA] = "metadata-only", [REDACT_STRICT] = "strict",
};

/* SCRUB: shown, but for the values of others that stand in it. */
enum how { SHOW, SCRUB, TOKEN, HIDE };
static const uint8_t hows[TOLDS][REDACT_LEVELS] = {
	[TOLD_NAME] =	  { SHOW, TOKEN, TOKEN, TOKEN },
	[TOLD_UUID] =	  { SHOW, TOKEN, TOKEN, TOKEN },
	[TOLD_ID] =	  { SHOW, TOKEN, TOKEN, TOKEN },
	[TOLD_SENTENCE] = { SCRUB, SCRUB, SCRUB, HIDE },
	[TOLD_TEXT] =	  { SHOW, TOKEN, HIDE, HIDE },
	[TOLD_BYTES] =	  { SHOW, SHOW, HIDE, HIDE },
	[TOLD_NUMBER] =	  { SHOW, SHOW, SHOW, HIDE },
	[TOLD_DIGEST] =	  { SHOW, SHOW, SHOW, HIDE },
	[TOLD_USER] =	  { SHOW, HIDE, HIDE, HIDE },
};

enum { SECRETS_MAX = 1 << 16, WORDS_MAX = 1024, ID_LEAST = 1 << 16, SHORT_WORD = 4, UUID_CHARS = UUID_TEXT_LEN - 1,
       TOKEN_LEN = 24 };

struct secret {
	char *text;
	size_t len;
	char token[TOKEN_LEN];
};

struct redact {
	enum redact_level level;
	bool user_bytes;
	struct secret *secrets; /* in the order they were met */
	size_t nr, room;
	uint32_t *index; /* hash -> secret + 1; twice room */
	uint32_t *words; /* secrets looked for inside sentences, longest first */
	size_t words_nr;
	uint32_t counts[TOLDS];
	bool full;       /* more secrets than are kept: sentences are left out */
	bool failed;
};

static size_t hash(const char *p, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)p[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static uint32_t *slot_of(const struct redact *rd, const char *p, size_t len)
{
	size_t mask = rd->room * 2 - 1, i = hash(p, len) & mask;

	while (rd->index[i]) {
		const struct secret *s = &rd->secrets[rd->index[i] - 1];

		if (s->len == len && memcmp(s->text, p, len) == 0)
			break;
		i = (i + 1) & mask;
	}
	return &rd->index[i];
}

static const struct secret *lookup(const struct redact *rd, const char *p, size_t len)
{
	uint32_t at = rd->room ? *slot_of(rd, p, len) : 0;

	return at ? &rd->secrets[at - 1] : NULL;
}

static bool grow(struct redact *rd)
{
	size_t room = rd->room ? rd->room * 2 : 64;
	struct secret *secrets = realloc(rd->secrets, room * sizeof(*secrets));

	if (secrets == NULL)
		return false;
	rd->secrets = secrets;
	uint32_t *index = calloc(room * 2, sizeof(*index));
	if (index == NULL)
		return false;
	free(rd->index);
	rd->index = index;
	rd->room = room;
	for (size_t i = 0; i < rd->nr; i++)
		*slot_of(rd, secrets[i].text, secrets[i].len) = (uint32_t)i + 1;
	return true;
}

/* Takes up a value under a token that it may share; word: it is looked for in sentences too. */
static void take(struct redact *rd, const char *token, const void *bytes, size_t len, bool word)
{
	if (len == 0 || rd->failed || lookup(rd, bytes, len))
		return;
	if (rd->nr == SECRETS_MAX || (word && rd->words_nr == WORDS_MAX)) {
		rd->full = true;
		return;
	}
	if (rd->nr == rd->room && !grow(rd)) {
		rd->failed = true;
		return;
	}
	struct secret *s = &rd->secrets[rd->nr];
	*s = (struct secret){ .text = malloc(len + 1), .len = len };
	if (s->text == NULL) {
		rd->failed = true;
		return;
	}
	memcpy(s->text, bytes, len);
	s->text[len] = '\0';
	snprintf(s->token, sizeof(s->token), "%s", token);
	*slot_of(rd, s->text, len) = (uint32_t)++rd->nr;
	if (word)
		rd->words[rd->words_nr++] = (uint32_t)rd->nr - 1;
}

static void learn(struct redact *rd, enum told what, const char *noun, const void *bytes, size_t len, bool word)
{
	char token[TOKEN_LEN];

	if (len == 0 || lookup(rd, bytes, len))
		return;
	snprintf(token, sizeof(token), "%s-%" PRIu32, noun, ++rd->counts[what]);
	take(rd, token, bytes, len, word);
}

/*
 * A path, its last part, and what it resolves to, as messages may name it: all under one token, so that
 * where a file lies does not change the numbers of others.
 */
static void learn_path(struct redact *rd, const char *path, bool ours)
{
	char token[TOKEN_LEN];
	const struct secret *known;

	if (path == NULL || path[0] == '\0' || strcmp(path, "-") == 0)
		return;
	const char *base = tell_last_part(path);
	char *real = ours ? realpath(path, NULL) : NULL; /* what evidence names is never touched */
	known = lookup(rd, path, strlen(path));
	if (known == NULL && real)
		known = lookup(rd, real, strlen(real));
	if (known)
		snprintf(token, sizeof(token), "%s", known->token);
	else
		snprintf(token, sizeof(token), "path-%" PRIu32, ++rd->counts[TOLD_NAME]);
	take(rd, token, path, strlen(path), true);
	take(rd, token, base, strlen(base), true);
	if (real)
		take(rd, token, real, strlen(real), true);
	free(real);
}

/* What tells structures apart is no secret: a signature. */
static bool telltale(const struct field *f)
{
	return strncmp(f->name, "sig", 3) == 0;
}

static void learn_field(struct redact *rd, const struct field *f, const void *host)
{
	char text[UUID_TEXT_LEN];

	if (f->kind == KIND_ID && f->rep != REP_RAW) {
		uint64_t v = layout_value(f, host);
		int len = snprintf(text, sizeof(text), "0x%" PRIx64, v);

		if (v >= ID_LEAST)
			learn(rd, TOLD_ID, "id", text, (size_t)len, false);
	} else if (f->kind == KIND_UUID || f->kind == KIND_UUID_BE) {
		const uint8_t *u = layout_bytes(f, host);

		(f->kind == KIND_UUID ? uuid_text_pmdk : uuid_text_rfc)(u, text);
		if (!uuid_null(u))
			learn(rd, TOLD_UUID, "uuid", text, strlen(text), false);
	} else if (f->kind == KIND_TEXT && !telltale(f)) {
		const char *p = (const char *)layout_bytes(f, host);

		learn(rd, TOLD_TEXT, "text", p, strnlen(p, f->width), true);
	}
}

static void learn_fact(struct redact *rd, const struct fact *f)
{
	char text[UUID_TEXT_LEN];

	if (f->kind == KIND_UUID || f->kind == KIND_UUID_BE) {
		(f->kind == KIND_UUID ? uuid_text_pmdk : uuid_text_rfc)(f->bytes, text);
		if (!uuid_null(f->bytes))
			learn(rd, TOLD_UUID, "uuid", text, strlen(text), false);
	} else if (f->kind == KIND_ID && f->value >= ID_LEAST) {
		int len = snprintf(text, sizeof(text), "0x%" PRIx64, f->value);
		learn(rd, TOLD_ID, "id", text, (size_t)len, false);
	} else if (f->kind == KIND_TEXT && f->text[0] == '/') {
		learn_path(rd, f->text, false);
	}
}

static void learn_tree(struct redact *rd, const struct node *root)
{
	for (const struct node *n = root; n;) {
		if (n->state == NODE_READ && n->layout && n->host)
			for (uint32_t i = 0; i < n->layout->nr; i++)
				learn_field(rd, &n->layout->fields[i], n->host);
		for (const struct fact *f = n->facts; f; f = f->next)
			learn_fact(rd, f);
		if (n->child) {
			n = n->child;
			continue;
		}
		while (n != root && n->next == NULL)
			n = n->parent;
		n = n == root ? NULL : n->next;
	}
}

/* Paths and hosts that a set file declares. */
static void learn_set(struct redact *rd, const struct pool_set *s)
{
	for (uint32_t r = 0; s && r < s->nr; r++) {
		const struct pool_replica *rep = s->replicas[r];

		if (rep->remote_node)
			learn(rd, TOLD_NAME, "host", rep->remote_node, strlen(rep->remote_node), true);
		if (rep->remote_descriptor)
			learn(rd, TOLD_NAME, "path", rep->remote_descriptor, strlen(rep->remote_descriptor), true);
		for (uint32_t p = 0; p < rep->nr; p++)
			if (rep->parts[p])
				learn_path(rd, rep->parts[p]->path, false);
	}
}

static int longest_first(const void *a, const void *b, void *ctx)
{
	const struct secret *s = ctx, *x = &s[*(const uint32_t *)a], *y = &s[*(const uint32_t *)b];

	return x->len != y->len ? (x->len < y->len ? 1 : -1) : memcmp(x->text, y->text, x->len);
}

static void learn_result(struct redact *rd, const struct result *r, enum redact_level level)
{
	learn_path(rd, r->path, true);
	for (const struct source *s = r->intake.sources.first; s; s = s->next) {
		learn_path(rd, s->path, true);
		for (const struct layer *l = s->layers; l && level > REDACT_NONE; l = l->next)
			learn_path(rd, l->name, false);
	}
	if (level > REDACT_NONE) {
		for (const struct model *m = &r->model; m; m = model_next(&r->model, m))
			learn_set(rd, m->pool);
		learn_tree(rd, r->model.root);
	}
}

struct redact *redact_open(const struct result *r, const struct redact_options *o)
{
	return redact_open_two(r, NULL, o);
}

struct redact *redact_open_two(const struct result *r, const struct result *other, const struct redact_options *o)
{
	struct redact *rd = calloc(1, sizeof(*rd));

	if (rd == NULL)
		return NULL;
	rd->level = o->level;
	rd->user_bytes = o->user_bytes && hows[TOLD_USER][o->level] == SHOW;
	rd->words = calloc(WORDS_MAX, sizeof(*rd->words));
	if (rd->words == NULL || !grow(rd)) {
		redact_close(rd);
		return NULL;
	}
	if (o->level == REDACT_NONE && !o->reproducible)
		return rd;
	if (o->host)
		learn(rd, TOLD_NAME, "host", o->host, strlen(o->host), true);
	learn_result(rd, r, o->level);
	if (other)
		learn_result(rd, other, o->level);
	qsort_r(rd->words, rd->words_nr, sizeof(*rd->words), longest_first, rd->secrets);
	if (rd->failed) {
		redact_close(rd);
		return NULL;
	}
	return rd;
}

void redact_close(struct redact *rd)
{
	if (rd == NULL)
		return;
	for (size_t i = 0; i < rd->nr; i++)
		free(rd->secrets[i].text);
	free(rd->secrets);
	free(rd->index);
	free(rd->words);
	free(rd);
}

enum redact_level redact_level(const struct redact *rd)
{
	return rd->level;
}

bool redact_user_bytes(const struct redact *rd)
{
	return rd->user_bytes;
}

uint64_t redact_tokens(const struct redact *rd)
{
	return rd->nr;
}

const char *redact_token(const struct redact *rd, uint64_t i)
{
	return rd->secrets[i].token;
}

enum told redact_told(enum kind kind)
{
	switch (kind) {
	case KIND_ID:
		return TOLD_ID;
	case KIND_UUID:
	case KIND_UUID_BE:
		return TOLD_UUID;
	case KIND_TEXT:
		return TOLD_TEXT;
	case KIND_BYTES:
	case KIND_PAD:
		return TOLD_BYTES;
	case KIND_UINT:
	case KIND_SIZE:
	case KIND_OFF:
	case KIND_FLAGS:
	case KIND_TIME:
	case KIND_SUM:
		break;
	}
	return TOLD_NUMBER;
}

bool redact_shows(const struct redact *rd, enum told what)
{
	return what == TOLD_USER ? rd->user_bytes : hows[what][rd->level] != HIDE;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* The secret word that starts at text[at]; short ones count only by themselves. */
static const struct secret *word_at(const struct redact *rd, const char *text, size_t len, size_t at)
{
	for (size_t i = 0; i < rd->words_nr; i++) {
		const struct secret *s = &rd->secrets[rd->words[i]];

		if (s->len > len - at || memcmp(s->text, text + at, s->len) != 0)
			continue;
		if (s->len >= SHORT_WORD || ((at == 0 || !word_char(text[at - 1])) &&
					     (at + s->len == len || !word_char(text[at + s->len]))))
			return s;
	}
	return NULL;
}

static size_t uuid_like(const char *p, size_t len)
{
	if (len < UUID_CHARS)
		return 0;
	for (size_t i = 0; i < UUID_CHARS; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? p[i] != '-' : !isxdigit((unsigned char)p[i]))
			return 0;
	}
	return UUID_CHARS;
}

static size_t hex_like(const char *p, size_t len)
{
	size_t n = 2;

	if (len < 3 || p[0] != '0' || p[1] != 'x')
		return 0;
	while (n < len && isxdigit((unsigned char)p[n]))
		n++;
	return n;
}

static size_t path_like(const char *text, size_t len, size_t at)
{
	size_t n = 0;

	if (text[at] != '/' || (at && word_char(text[at - 1])))
		return 0;
	while (at + n < len && strchr(" \t\n,;:'\"()", text[at + n]) == NULL)
		n++;
	return n > 1 ? n : 0;
}

static void scrub(const struct redact *rd, const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len;) {
		const struct secret *s = word_at(rd, text, len, i);
		size_t n = s ? s->len : 0;
		const char *token = s ? s->token : NULL;

		if (s == NULL && rd->level > REDACT_NONE) {
			if ((n = uuid_like(text + i, len - i)) != 0)
				token = "uuid";
			else if ((n = hex_like(text + i, len - i)) != 0)
				token = NULL;
			else if ((n = path_like(text, len, i)) != 0)
				token = "path";
			const struct secret *known = n ? lookup(rd, text + i, n) : NULL;
			if (known)
				token = known->token;
		}
		if (token)
			buf_puts(out, token);
		else
			buf_add(out, text + i, n ? n : 1);
		i += n ? n : 1;
	}
}

/* An empty text, a null uuid, a small number. */
static bool names_nothing(enum told what, const char *text, size_t len)
{
	if (what == TOLD_ID)
		return len <= strlen("0xffff");
	for (size_t i = 0; i < len; i++)
		if (what != TOLD_UUID || (text[i] != '0' && text[i] != '-'))
			return false;
	return true;
}

bool redact_value(const struct redact *rd, enum told what, const void *bytes, size_t len, struct buf *out)
{
	static const char *const unknown[TOLDS] = { [TOLD_NAME] = "name", [TOLD_UUID] = "uuid", [TOLD_TEXT] = "text",
						  [TOLD_ID] = "id" };
	const struct secret *s;

	if (rd == NULL) {
		buf_add(out, bytes, len);
		return true;
	}
	if (!redact_shows(rd, what))
		return false;
	switch (hows[what][rd->level]) {
	case SCRUB:
		if (rd->full)
			return false;
		scrub(rd, bytes, len, out);
		return true;
	case TOKEN:
		s = lookup(rd, bytes, len);
		if (s)
			buf_puts(out, s->token);
		else if (names_nothing(what, bytes, len))
			buf_add(out, bytes, len);
		else
			buf_puts(out, unknown[what]);
		return true;
	default:
		buf_add(out, bytes, len);
		return true;
	}
}
