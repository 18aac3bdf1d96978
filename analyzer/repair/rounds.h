/*
 * From findings to a plan: every round asks the checks for repairs, makes them on an overlay, and
 * analyses all again, until a round has nothing to add. A plan that raises a finding which was not
 * there before is taken apart until what is left raises none.
 */
#ifndef ANALYZER_REPAIR_ROUNDS_H
#define ANALYZER_REPAIR_ROUNDS_H

#include "analyzer/analyze.h"
#include "analyzer/repair/plan.h"

struct repair_options {
	enum remedy_class most;  /* the riskiest class that is made: REPAIR_SAFE, REPAIR_ASK or REPAIR_ADVANCED */
	/* Which of a finding's alternatives (0: the proposal, or 1, 2, ...), or -1: none. NULL: the proposal. */
	int (*choose)(void *ctx, const struct plan *p, const struct step *proposal);
	void *ctx;
	bool forced;             /* no step is taken back for what it raises: the evidence itself is not to be mended */
};

struct repair {
	struct plan *plan;      /* its steps; empty when there is nothing to do */
	struct image **edited;  /* an overlay for each item of the intake, in its order, under the plan */
	struct result after;    /* the analysis of the edited evidence; close with repair_close */
	bool analyzed;          /* after is filled */
	uint32_t rounds;
	struct problem problem;
};

/* r: an analysis that is still open; the plan lives in its arena. Not STATUS_OK: our own failure. */
enum status repair_plan(const struct result *r, const struct analyze_options *o, const struct repair_options *ro,
			struct repair *out);
void repair_close(struct repair *rep);

/* For choose, where nobody can be asked: what is safe is made; the rest stays in the plan as what could be. */
int repair_choose_safe(void *ctx, const struct plan *p, const struct step *proposal);
/* A plan may have steps: some finding listed says that it can be mended. */
bool repair_mendable(const struct findings *fs);

#endif
