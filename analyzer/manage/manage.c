#include "analyzer/manage/manage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { ARENA_MAX = 64 << 20 }; /* bytes: what is kept of a set file and of the list of acts */

bool manage_fail(struct manage_error *e, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (e->errnum)
		return false;
	e->errnum = errnum ? errnum : EINVAL;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return false;
}

bool manage_fail_as(struct manage_error *e, const struct problem *p)
{
	static const int numbers[] = {
		[STATUS_OK] = EINVAL,     [STATUS_NOMEM] = ENOMEM,       [STATUS_IO] = EIO,
		[STATUS_LIMIT] = EFBIG,   [STATUS_UNSUPPORTED] = EINVAL, [STATUS_USAGE] = EINVAL,
		[STATUS_INTERRUPTED] = EINTR,
	};

	return manage_fail(e, numbers[p->status], "%s", p->text);
}

bool manage_open(struct manage_result *out)
{
	*out = (struct manage_result){ .arena = arena_open(ARENA_MAX) };
	return out->arena || manage_fail(&out->error, ENOMEM, "no memory");
}

void manage_close(struct manage_result *r)
{
	if (r->arena)
		arena_close(r->arena);
	r->arena = NULL;
	r->first = r->last = NULL;
}

struct manage_act *manage_act(struct manage_result *r, const char *verb, const char *path, const char *what)
{
	struct manage_act *act = ARENA_NEW(r->arena, struct manage_act);

	if (act == NULL || (act->path = arena_text(r->arena, path)) == NULL ||
	    (act->what = arena_text(r->arena, what)) == NULL) {
		manage_fail(&r->error, ENOMEM, "%s: no memory", path);
		return NULL;
	}
	act->verb = verb;
	if (r->last)
		r->last->next = act;
	else
		r->first = act;
	r->last = act;
	r->acts_nr++;
	return act;
}
