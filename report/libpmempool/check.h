/*
 * Inside of pmempool_check: what the stages of a check share. Stages put things to say into a queue; pmempool_check
 * hands them out one by one. Questions come from the steps of a plan. The plan is made as if all answers were yes; only
 * when one is no is it made again without that step, and what is new in it is asked. Nothing is written before all
 * answers are there; then all of it, or nothing.
 */
#ifndef REPORT_LIBPMEMPOOL_CHECK_H
#define REPORT_LIBPMEMPOOL_CHECK_H

#include "analyzer/manage/members.h"
#include "analyzer/repair/rounds.h"
#include "report/libpmempool/libpmempool.h"

struct check_said {
	struct pmempool_check_status status; /* what the caller sees */
	const char *key;                     /* of a question: what check_answer knows the answer by */
	unsigned asked;                      /* how often */
	struct check_said *next;
};

struct check_answer {
	const char *key;
	bool yes;
	struct check_answer *next;
};

struct pmempool_check_ctx {
	struct arena *arena;
	unsigned flags;
	enum pmempool_pool_type type;
	const char *backup;      /* or NULL */
	struct members m;
	struct analyze_options options;
	struct result result;    /* the analysis; analyzed: it is to be closed */
	bool analyzed;
	struct repair repair;
	bool planned;
	struct check_said *first, *last; /* still to be said */
	struct check_said *open;         /* the question that was handed out and not answered yet */
	struct check_answer *answers;
	bool refused;            /* an answer was no */
	bool silent;             /* nobody answers: no more is asked, and nothing is written */
	bool asks;               /* the stage put questions into the queue */
	enum pmempool_check_result outcome;
	bool (*stage)(struct pmempool_check_ctx *c); /* NULL: over. False: no memory */
};

/* check_say.c: puts a status into the queue; INFO only with VERBOSE. */
void check_say(struct pmempool_check_ctx *c, enum pmempool_check_msg_type type, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_ask(struct pmempool_check_ctx *c, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const struct check_answer *check_answered(const struct pmempool_check_ctx *c, const char *key); /* NULL: not yet */
/* A finding, and a step, as people read them. */
const char *check_say_finding(const struct pmempool_check_ctx *c, const struct finding *f);
const char *check_say_step(const struct pmempool_check_ctx *c, const struct step *s);
/* Ends the check with an outcome. */
bool check_over(struct pmempool_check_ctx *c, enum pmempool_check_result outcome);

/* The stages. */
bool check_look(struct pmempool_check_ctx *c);   /* check_look.c: analyses, judges what may be judged */
bool check_backup(struct pmempool_check_ctx *c); /* check_backup.c */
bool check_sound(const struct result *r);        /* check_look.c: a library opens it as it is */
bool check_judge(struct pmempool_check_ctx *c);  /* check_look.c: tells the findings, without REPAIR the end */
bool check_plan(struct pmempool_check_ctx *c);   /* check_plan.c: asks, and writes when all is answered */

/* check_open.c: fills c->m and what is known from the headers alone. False, *e told. */
bool check_type_fits(enum pmempool_pool_type asked, unsigned type); /* type: enum pool_type; unknown ones fit */
bool check_open(struct pmempool_check_ctx *c, const char *path, struct manage_error *e);

#endif
