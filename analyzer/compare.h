/*
 * Two captures of one pool: the trees of their models walked in step, and their findings by
 * fingerprint. What the application keeps in the pool, and places without fields, are not compared.
 */
#ifndef ANALYZER_COMPARE_H
#define ANALYZER_COMPARE_H

#include "analyzer/analyze.h"

enum change_kind {
	CHANGE_NEW,      /* a structure that the first capture does not have; or several side by side */
	CHANGE_GONE,     /* the other way round */
	CHANGE_STATE,    /* read in one, lost or absent in the other */
	CHANGE_LAYOUT,   /* another structure stands there */
	CHANGE_COUNT,    /* an array has another length */
	CHANGE_FIELD,
	CHANGE_FACT,     /* a number that was made out of several fields */
	CHANGE_ELEMENTS, /* a range of an array */
	CHANGES,
};

struct difference {
	enum change_kind kind;
	const struct node *was, *now; /* CHANGE_NEW: was is NULL; CHANGE_GONE: now is NULL */
	const struct node *last;      /* NEW, GONE: the last of nr neighbours */
	uint64_t first, nr;           /* ELEMENTS: which; NEW, GONE: nr of them */
	const struct field *field;
	const struct fact *was_fact, *now_fact; /* either may be NULL */
	struct difference *next;
};

struct finding_list {
	const struct finding **list;
	size_t nr;
};

struct comparison {
	struct difference *first, *last;
	uint64_t nr[CHANGES], listed; /* all are counted, the first ones listed */
	uint64_t max;
	struct finding_list fresh, gone, kept;
	bool same;                    /* no change and no finding of one alone */
};

enum identity { IDENTITY_SAME, IDENTITY_OTHER, IDENTITY_UNKNOWN };
/* Are they one pool, by the uuids in their structures? */
enum identity compare_identity(const struct result *a, const struct result *b);

/* max: changes listed. False: without memory. All that out holds lies in arena. */
bool compare(struct arena *arena, const struct result *a, const struct result *b, uint64_t max, struct comparison *out);

#endif
