/*
 * Threads on one piece of work, and what they share: the first failure, after which all stop; how far they are. The
 * caller's thread is the first of them, and alone tells the progress. One that cannot be started is not missed, so each
 * is to take what is left until nothing is.
 */
#ifndef ANALYZER_MANAGE_CREW_H
#define ANALYZER_MANAGE_CREW_H

#include "analyzer/manage/manage.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew {
	const struct manage_options *o;
	struct manage_error *error;
	const char *doing;          /* as progress names it */
	uint64_t total;             /* bytes to do; may be set until crew_run */
	atomic_uint_least64_t done; /* bytes */
	atomic_bool stop;
	pthread_mutex_t lock;       /* of error, and of what the work guards by it */
	uint32_t threads;           /* while it runs: how many there are to be */
};

/* number: of the thread, from 0. */
typedef void crew_work(void *ctx, uint32_t number);

void crew_open(struct crew *c, const char *doing, uint64_t total, const struct manage_options *o, struct manage_error *e);
void crew_close(struct crew *c);
/* Works with a thread for each processor, a few at the most, or with the caller's alone, and waits for all. */
void crew_run(struct crew *c, bool alone, crew_work *work, void *ctx);

/* Tells why, when it is the first failure, and stops all. False, always. */
bool crew_fail(struct crew *c, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Tells the progress, from thread 0. False: asked to stop, and told as EINTR. */
bool crew_tell(struct crew *c, uint32_t number);
bool crew_stopped(struct crew *c);

#endif
