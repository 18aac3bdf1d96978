/*
 * How an operation of ours went. Bad evidence is never a status: it is a false from span_*, the
 * state of a node, or a finding. A status says that we could not do our own work.
 */
#ifndef FORMATS_BASE_STATUS_H
#define FORMATS_BASE_STATUS_H

#include <stdbool.h>

enum status {
	STATUS_OK,
	STATUS_NOMEM,       /* memory, or the bound on it, ran out */
	STATUS_IO,          /* the operating system refused: a retry may help */
	STATUS_LIMIT,       /* a bound on work, size or nesting was met */
	STATUS_UNSUPPORTED, /* not a pool, or built without what this needs: a retry will not help */
	STATUS_USAGE,       /* asked for what cannot be */
	STATUS_INTERRUPTED, /* a signal asked us to stop */
};

/* The first thing that went wrong: what, where, what now. Later ones do not overwrite it. */
struct problem {
	enum status status;
	char text[512];
};

/* Records the message unless one is there already, and returns status. */
enum status problem_set(struct problem *p, enum status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
