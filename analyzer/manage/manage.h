/*
 * The operations on pools that libpmempool offers: sync, transform, rm, feature. Here is what they have
 * in common and what a caller sees; report/libpmempool and the command line are two faces of it.
 *
 * How an operation goes. members.h reads what the caller named, refuses what no operation could work on
 * (grammar, one file named twice, a FIFO) before anything is opened, then opens and locks the parts as
 * PMDK does. The operation judges what it found, lists what it means to do (manage_act), and only then,
 * unless it is a dry run, does it. An operation that is refused has touched nothing.
 *
 * Errors are numbers of errno and one message that names file, line, replica, part and field, what was
 * found, what was expected and what to do next: the first one counts.
 */
#ifndef ANALYZER_MANAGE_MANAGE_H
#define ANALYZER_MANAGE_MANAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/base/arena.h"
#include "formats/base/status.h"

struct manage_error {
	int errnum; /* of errno; 0: there is none */
	char text[1024];
};

/* Records the message unless one is there already; errnum 0 counts as EINVAL. Always false, so that it can be returned. */
bool manage_fail(struct manage_error *e, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same of a problem, its status as a number of errno. */
bool manage_fail_as(struct manage_error *e, const struct problem *p);

struct manage_options {
	bool dry_run; /* everything but the writing, by the same code */
	/* Called now and then during long work. May be NULL. False asks to stop: EINTR, and nothing half done is left. */
	bool (*progress)(void *ctx, const char *what, uint64_t done, uint64_t total);
	/* Called before each change of what is on disk, in order from 0; false ends the operation there as a crash
	 * would. For tests. May be NULL. */
	bool (*before_write)(void *ctx, uint64_t nr);
	void *ctx;
};

/* One thing that is done, or in a dry run would be, in order. */
struct manage_act {
	const char *verb;       /* "create", "replace", "remove", "write", "zero" */
	const char *path;
	const char *what;       /* a clause: "features of replica 0 part 1" */
	bool in_set;            /* replica and part are filled */
	uint32_t replica, part;
	uint64_t bytes;         /* written or copied; 0: that is not the point */
	bool done;
	struct manage_act *next;
};

struct manage_result {
	struct arena *arena;  /* owns all; manage_close frees it */
	struct manage_error error;
	struct manage_act *first, *last;
	uint32_t acts_nr;     /* 0 without an error: nothing had to be done */
	int value;            /* what a query found: 1 or 0 */
};

/* For the operations: starts *out. False, with the error told, without memory. */
bool manage_open(struct manage_result *out);
/* For callers: to be called after each operation, however it went. */
void manage_close(struct manage_result *r);
/* Adds an act at the end; path and what are kept by the arena. NULL, with the error told, without memory. */
struct manage_act *manage_act(struct manage_result *r, const char *verb, const char *path, const char *what);

/* sync.c, transform.c. False: out->error says why. */
enum { MANAGE_SYNC_BAD_BLOCKS = 1 };
bool manage_sync(const char *set, unsigned flags, const struct manage_options *o, struct manage_result *out);
bool manage_transform(const char *from, const char *to, const struct manage_options *o, struct manage_result *out);

/*
 * rm.c. FORCE: what is missing or in use is passed over, in silence; a set file that cannot be understood is an
 * error all the same. SET_FILE: the set file goes too, last, and only when every part went (or FORCE).
 */
enum { MANAGE_RM_FORCE = 1, MANAGE_RM_SET_FILE = 2 };
bool manage_rm(const char *path, unsigned flags, const struct manage_options *o, struct manage_result *out);

/* feature.c. The feature bits of a header that programs may ask for and change. */
enum manage_feature {
	MANAGE_SINGLEHDR,        /* incompat 0x1 */
	MANAGE_CKSUM_2K,         /* incompat 0x2 */
	MANAGE_SHUTDOWN_STATE,   /* incompat 0x4 */
	MANAGE_CHECK_BAD_BLOCKS, /* compat 0x1 */
	MANAGE_FEATURES,
};
const char *manage_feature_name(enum manage_feature f); /* "SINGLEHDR", ... */
/* A name, also the manual's other spelling of one. MANAGE_FEATURES: there is no such. */
enum manage_feature manage_feature_named(const char *name);
/* out->value: 1 when all headers have the feature. Reads only. */
bool manage_feature_query(const char *path, enum manage_feature f, struct manage_result *out);
/* Every header of the pool, all or, after a crash in the middle, none once it is run again. */
bool manage_feature_set(const char *path, enum manage_feature f, bool on, const struct manage_options *o,
			struct manage_result *out);

#endif
