/*
 * What could be mended, as edits that somebody can read before they are made: where, what was there,
 * what will be there, and why. A plan is made on an overlay and judged there; nothing here writes to
 * a target. Steps belong to findings; edits belong to steps. In a finished plan no two edits touch
 * the same byte, and `was` is what the evidence holds, so they can be made in any order, and made
 * again.
 */
#ifndef ANALYZER_REPAIR_PLAN_H
#define ANALYZER_REPAIR_PLAN_H

#include "analyzer/check.h"
#include "analyzer/fingerprint.h"

struct edit {
	const struct item *item; /* the file, device or member that is edited, as it was opened */
	uint64_t at, len;        /* bytes of it, all layers peeled */
	const uint8_t *was, *now;
	const char *why;
	struct edit *next;
};

struct step {
	uint32_t nr;             /* 1, 2, ... in the plan */
	uint32_t round;          /* in which it was found to be needed */
	const struct check *by;
	const char *path;        /* the finding's */
	char fingerprint[FINGERPRINT_LEN + 1];
	enum remedy_class class;
	const char *says;        /* what it does, a clause: "sets major to 6, as part 1 has it" */
	const char *loses;       /* what is lost by it, a clause; NULL: nothing */
	const char *leaves;      /* id of the check that finds what the step marks as lost, on purpose; NULL: it marks nothing */
	uint32_t alternative_to; /* nr of the step of the same finding that this could replace; 0: none */
	bool chosen;
	const char *rejected;    /* why it is not made although it was chosen; NULL: it is */
	struct edit *first, *last;
	uint64_t edits_nr, bytes;
	const struct item *longer; /* becomes longer_len bytes long, with zeros, before the edits are made; NULL: no file does */
	uint64_t longer_len;
	struct step *next;
};

struct plan {
	struct arena *arena;
	const struct intake *intake;     /* whose items are edited */
	const struct findings *findings; /* of the round that is being planned */
	uint32_t round;
	struct step *first, *last;
	uint32_t steps_nr;
	struct problem problem;          /* the first failure of our own */
};

/*
 * A step for a finding; says is kept by the caller's arena (printf it there). The first step of a
 * finding in a round is the proposal, further ones are alternatives to it. NULL when such a step was
 * made in an earlier round already (it did not help), or without memory.
 */
struct step *plan_step(struct plan *p, const struct finding *f, enum remedy_class class, const char *says);

/* Makes s, made last, the proposal of its finding, and the proposal before an alternative to it. */
void plan_propose(struct plan *p, struct step *s);
/* The which-th step of a finding: 0 is the proposal, then come its alternatives in their order; NULL: there are no more. */
struct step *plan_which(const struct plan *p, const struct step *proposal, int which);

/*
 * One edit, made where the bytes come from: split where image's origin is. False (and the step has
 * no edits at all) when a byte of the range lies in no file, or without memory. Bytes that are as they
 * should be give no edit. A lost byte can be written: its `was` is told as zeros.
 */
bool plan_put(struct plan *p, struct step *s, struct image *image, uint64_t at, const void *now, size_t len,
	      const char *why);
/* The same of a whole structure: host is its decoded form. */
bool plan_put_struct(struct plan *p, struct step *s, struct image *image, uint64_t at, const struct layout *l,
		     const void *host, const char *why);
/* The same of its bytes as they are to be, an edit for each row: a changed word and its checksum, and nothing between them. */
bool plan_put_rows(struct plan *p, struct step *s, struct image *image, uint64_t at, const struct layout *l,
		   const uint8_t *bytes, const char *why);
/*
 * The text of a whole file: longer than now, the file becomes longer; shorter, the rest is empty lines. image is the file's.
 */
bool plan_put_text(struct plan *p, struct step *s, struct image *image, const char *text, const char *why);
/* A number row of node's structure. */
bool plan_put_value(struct plan *p, struct step *s, const struct node *node, const struct field *f,
		    uint64_t value, const char *why);
/* A raw row of node's structure; bytes has f->width of them. */
bool plan_put_bytes(struct plan *p, struct step *s, const struct node *node, const struct field *f,
		    const uint8_t *bytes, const char *why);

/*
 * Does a step of this round, for another finding than f, edit any of these bytes? A structure with one checksum over all of it
 * is edited for one finding in a round: the next is told again when that is done.
 */
bool plan_edited(const struct plan *p, const struct finding *f, struct image *image, uint64_t at, uint64_t len);

/* Is the step carried out when the plan is? */
bool plan_made(const struct step *s);

/* Makes edits of chosen, unrejected steps disjoint: a later step's byte wins, was is the evidence's. */
bool plan_finish(struct plan *p);

#endif
