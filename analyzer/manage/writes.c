#include "analyzer/manage/writes.h"

#include <errno.h>

bool writes_hook(void *ctx, uint64_t nr)
{
	struct writes *w = ctx;

	(void)nr;
	if (w->o->before_write && !w->o->before_write(w->o->ctx, w->nr))
		w->cut = true;
	else
		w->nr++;
	return !w->cut;
}

bool writes_next(struct writes *w, struct manage_error *e)
{
	return writes_hook(w, 0) || manage_fail(e, EINTR, "stopped before a write; run again");
}
