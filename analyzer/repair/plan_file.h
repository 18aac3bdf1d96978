/*
 * A plan, or the journal of one that was carried out, as a document: JSON that a person can read and
 * that binds itself to the pool it was made for. A journal is the plan with `was` and `now` swapped:
 * undo is apply. The shape is in report/json/plan.schema.json.
 */
#ifndef ANALYZER_REPAIR_PLAN_FILE_H
#define ANALYZER_REPAIR_PLAN_FILE_H

#include <stdio.h>

#include "analyzer/repair/rounds.h"
#include "formats/base/uuid.h"

struct plan_target {
	const char *label; /* "replica[0].part[1]"; "source[0]" for what is no part */
	const char *path;  /* where it was when the plan was made; "" when that is not told */
	uint64_t size;     /* bytes */
	int64_t grows;     /* bytes by which it becomes longer; a way back makes it shorter again */
	bool plain;        /* a file or device by itself: can be written to in place */
	const char *sha256; /* of all its bytes, when it was read whole; else NULL */
};

struct plan_edit {
	uint32_t target, step; /* place in targets; the step's nr */
	uint64_t at, len;
	const uint8_t *was, *now;
	const char *why;
};

struct plan_file {
	const char *kind;   /* "plan" or "journal" */
	const char *format; /* "pmemobj", ... */
	const char *pool, *pool_after; /* the poolset uuid as text, before and after; "": none is known */
	struct plan_target *targets;
	uint32_t targets_nr;
	struct plan_edit *edits;
	uint64_t edits_nr, bytes;
	void *steps;        /* json_t array: kept as it was, for whoever reads the document */
};

/* Bytes of a document that is read, and by which it may make a file longer. */
enum { PLAN_VERSION = 1, PLAN_FILE_MAX = 256 << 20, PLAN_GROWS_MAX = 16 << 20 };

/* The document of rep's plan: all steps, and the edits of those that are made. NULL without memory. */
struct plan_file *plan_file_of(struct arena *a, const struct result *r, const struct repair *rep);
/* The poolset uuid that r's headers tell, as text: what most say, else the first. "" when none does. */
void plan_file_pool(const struct result *r, char text[UUID_TEXT_LEN]);
/* The same edits, the other way round. */
struct plan_file *plan_file_inverse(struct arena *a, const struct plan_file *p);
/* False: writing failed, or no memory. */
bool plan_file_write(const struct plan_file *p, FILE *to);
/* STATUS_USAGE: not such a document, and why. Everything in it is checked; nothing in it is believed. */
enum status plan_file_read(struct arena *a, const char *path, struct plan_file **out, struct problem *problem);
void plan_file_close(struct plan_file *p); /* the JSON it holds; NULL is fine */

#endif
