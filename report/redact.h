/*
 * The one filter before every report. What a value is decides what becomes of it; a value that is
 * replaced gets the same token wherever it stands, and is found inside sentences too. Tokens are
 * numbered in the order of the tree, so the same evidence gives the same ones.
 *
 *	                     none     ids      metadata-only  strict
 *	names, paths, hosts  shown    token    token          token
 *	uuids, ids           shown    token    token          token
 *	our sentences        shown    tokens   tokens         left out
 *	texts of evidence    shown    token    left out       left out
 *	raw bytes, padding   shown    shown    left out       left out
 *	numbers, sums, times shown    shown    shown          left out
 *	digests              shown    shown    shown          left out
 *	user data            asked    left out left out       left out
 *
 * "asked": only when the user asked for it.
 */
#ifndef REPORT_REDACT_H
#define REPORT_REDACT_H

#include "analyzer/analyze.h"
#include "report/buf.h"

enum redact_level { REDACT_NONE, REDACT_IDS, REDACT_METADATA, REDACT_STRICT };
enum { REDACT_LEVELS = REDACT_STRICT + 1 };
extern const char *const redact_names[REDACT_LEVELS];

enum told { /* what a value is */
	TOLD_NAME,     /* a path, a file's or a host's name */
	TOLD_UUID,
	TOLD_ID,
	TOLD_SENTENCE, /* words of ours that may hold values */
	TOLD_TEXT,     /* text of the evidence */
	TOLD_BYTES,
	TOLD_NUMBER,   /* also flags, checksums and times */
	TOLD_DIGEST,
	TOLD_USER,     /* bytes of the application */
	TOLDS,
};

struct redact;

struct redact_options {
	enum redact_level level;
	bool user_bytes;   /* the user asked for them */
	bool reproducible; /* paths and host are replaced in sentences at every level */
	const char *host;  /* or NULL */
};

/* NULL without memory. r must outlive it. */
struct redact *redact_open(const struct result *r, const struct redact_options *o);
/* For what tells of two results: a value has one token in both. other may be NULL; both must outlive it. */
struct redact *redact_open_two(const struct result *r, const struct result *other, const struct redact_options *o);
void redact_close(struct redact *rd);

enum redact_level redact_level(const struct redact *rd);
bool redact_user_bytes(const struct redact *rd); /* they are shown */
uint64_t redact_tokens(const struct redact *rd);
/* Which stands for the i-th value; several values may share one. i below redact_tokens. */
const char *redact_token(const struct redact *rd, uint64_t i);

enum told redact_told(enum kind kind);
/* False: values of this kind are left out. */
bool redact_shows(const struct redact *rd, enum told what);
/* The value as it may be told, still unescaped, at the end of out. False: it is left out. rd NULL: all is shown. */
bool redact_value(const struct redact *rd, enum told what, const void *bytes, size_t len, struct buf *out);

#endif
