/*
 * A check is one entry of a table: an id that never changes, the rows of the format references it
 * covers, a const verify that finds all it can, and words for people. It never prints, writes or
 * stops at the first fault.
 */
#ifndef ANALYZER_CHECK_H
#define ANALYZER_CHECK_H

#include "formats/model.h"

enum verdict { CORRUPT, CONFLICT, UNVERIFIED }; /* wrong alone | two places disagree | no look */
enum severity { NOTE, WARNING, ERROR };
/* How a finding can be mended: all information present twice | a choice between witnesses |
 * something is lost | not at all */
enum remedy_class { REPAIR_NONE, REPAIR_SAFE, REPAIR_ASK, REPAIR_ADVANCED };

struct check;
struct findings;
struct plan; /* analyzer/repair/plan.h */

/* One way to mend a finding: from which second witness, and what it would lose. */
struct alternative {
	const char *id;       /* "backup", "map": stable within the check */
	const char *witness;  /* what is believed; a clause */
	const char *does;     /* what would be written; a clause */
	const char *loses;    /* NULL: nothing */
	enum remedy_class repair;
	const struct alternative *next; /* a worse one */
};

struct finding {
	const struct check *by;
	enum verdict verdict;
	const struct node *node;   /* the structure; never NULL */
	const struct field *field; /* the field of it, or NULL: the whole */
	uint64_t at, len;          /* another place in node->image; len 0: the field's or the node's own */
	uint64_t idx;              /* for the check's own use, and part of the path when numbered */
	bool numbered;
	const char *detail;        /* one sentence, specific; arena memory. NULL: check->says alone */
	const char *expected, *actual; /* as told to people; arena memory or NULL */
	enum remedy_class repair;
	const struct alternative *alternatives; /* the best first; NULL: none is known, or the one is plain */
	enum severity severity;    /* set by findings_add from the check; lower only through findings_add_as */
	const struct model *of;    /* filled by findings_add: the model inside the evidence's own that it was found in; NULL: that one */
	struct finding *next;      /* filled by findings_add */
};

struct check {
	const char *id;       /* "pool_hdr.checksum.mismatch"; stable for ever */
	const char *after;    /* id of an earlier check; where it has found something, this one is not told; or NULL */
	const char *covers;   /* rows of the references: "PH-08" or "PH-05 PS-06" */
	enum severity severity;
	const char *says;     /* what is wrong, in a clause without names or numbers */
	const char *means;    /* consequence for the user, one or two sentences */
	const char *remedy;   /* what to do next */
	const char *source;   /* where the rule is written */
	void (*verify)(const struct check *, const struct model *, struct findings *);
	/* Adds steps that would mend the finding, from a second witness; NULL: there is no way. */
	void (*repair)(const struct check *, const struct finding *, const struct model *, struct plan *);
};

/* A table of checks of one structure; analyzer/checks/checks.c is the one list of tables. */
struct check_table {
	const struct check *checks;
	size_t nr;
};
extern const struct check_table *const check_tables[];
extern const size_t check_tables_nr;
const struct check *check_find(const char *id); /* NULL: no such id */
/* The first check that covers a row of the references ("PH-08"), or NULL: nothing looks after it. */
const struct check *check_covering(const char *row);

/* A check that did not look, and why. */
struct unchecked {
	const struct check *by;
	const struct node *node; /* or NULL: the whole evidence */
	const char *why;
	struct unchecked *next;
};

struct facts; /* analyzer/facts/facts.h: found out once, for all checks that ask */

struct findings {
	struct arena *arena;
	struct facts *facts;
	const struct model *of;   /* whose checks run, when it lies inside the evidence's own */
	bool deep;                /* user data may be read too */
	uint32_t keep;            /* findings kept per check; the rest is counted */
	struct finding *first, *last;
	uint64_t nr[3];           /* all found, by severity, kept or not */
	struct tally { const struct check *by; uint64_t nr, unchecked; } *tallies; /* per check, in table order */
	size_t tallies_nr;
	struct unchecked *unchecked, *last_unchecked;
	uint64_t unchecked_nr;
};

/* NULL without memory. */
struct findings *findings_open(struct arena *a, uint32_t keep);
/* Keeps the first places, counts all. f is copied. */
void findings_add(struct findings *fs, struct finding f);
/* The same with a severity that this case deserves rather than the check's. */
void findings_add_as(struct findings *fs, enum severity severity, struct finding f);
/* Adds a way behind those that f has; f->repair becomes that of the first. */
void findings_alternative(struct findings *fs, struct finding *f, struct alternative way);
/* Said once for one place and reason; past the number kept it is counted only, and that is said. */
void findings_unchecked(struct findings *fs, const struct check *by, const struct node *node,
			const char *why);
/* Counts findings of by that were made and not kept by the check itself. */
void findings_more(struct findings *fs, const struct check *by, uint64_t nr);
/* Did the check called id find something on node (or anywhere, node NULL)? */
bool findings_hit(const struct findings *fs, const char *id, const struct node *node);

/*
 * Runs every check of the tables that select lets through (NULL: all) over the model and those inside it, then puts
 * the findings in their fixed order: severity, then place in the tree, then id.
 */
void checks_run(const struct model *m, struct findings *fs, bool (*select)(void *, const struct check *),
		void *ctx);

#endif
