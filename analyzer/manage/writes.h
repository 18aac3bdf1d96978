/* Counts the changes of what is on disk that an operation makes, so that a test can end it before any of them. */
#ifndef ANALYZER_MANAGE_WRITES_H
#define ANALYZER_MANAGE_WRITES_H

#include "analyzer/manage/manage.h"

struct writes {
	const struct manage_options *o;
	uint64_t nr;   /* made so far */
	bool cut;      /* ended as a crash would: nothing is tidied up */
};

/* To be called before each change, from one thread. False: the operation ends here, told in e. */
bool writes_next(struct writes *w, struct manage_error *e);
/* The same as apply_options wants it; ctx is a struct writes. */
bool writes_hook(void *ctx, uint64_t nr);

#endif
