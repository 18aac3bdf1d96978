#include "analyzer/fingerprint.h"
#include "report/libpmempool/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 2048 };

static void queue(struct pmempool_check_ctx *c, enum pmempool_check_msg_type type, const char *key, const char *fmt, va_list ap)
{
	struct check_said *s = ARENA_NEW(c->arena, struct check_said);
	char text[TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (s == NULL || (s->status.str.msg = arena_text(c->arena, text)) == NULL)
		return; /* the arena remembers, and the check ends with it */
	s->status.type = type;
	s->key = key;
	if (c->last)
		c->last->next = s;
	else
		c->first = s;
	c->last = s;
}

void check_say(struct pmempool_check_ctx *c, enum pmempool_check_msg_type type, const char *fmt, ...)
{
	va_list ap;

	if (type == PMEMPOOL_CHECK_MSG_TYPE_INFO && !(c->flags & PMEMPOOL_CHECK_VERBOSE))
		return;
	va_start(ap, fmt);
	queue(c, type, NULL, fmt, ap);
	va_end(ap);
}

void check_ask(struct pmempool_check_ctx *c, const char *key, const char *fmt, ...)
{
	va_list ap;

	c->asks = true;
	va_start(ap, fmt);
	queue(c, PMEMPOOL_CHECK_MSG_TYPE_QUESTION, key, fmt, ap);
	va_end(ap);
}

const struct check_answer *check_answered(const struct pmempool_check_ctx *c, const char *key)
{
	const struct check_answer *a = c->answers;

	while (a && strcmp(a->key, key) != 0)
		a = a->next;
	return a;
}

bool check_over(struct pmempool_check_ctx *c, enum pmempool_check_result outcome)
{
	c->outcome = outcome;
	c->stage = NULL;
	return true;
}

/* "replica 0 part 1: pool_hdr.major" for "replica[0].part[1].header.major"; the numbers only where there are several. */
static const char *place(const struct pmempool_check_ctx *c, const char *path)
{
	uint32_t replica, part;
	int end = 0;

	if (path == NULL)
		return "";
	if (sscanf(path, "replica[%" SCNu32 "].part[%" SCNu32 "].%n", &replica, &part, &end) != 2 || end == 0)
		return path;
	path += end;
	bool header = strncmp(path, "header.", 7) == 0;
	const char *field = header ? path + 7 : path, *text;

	if (c->m.nr > 1)
		text = arena_printf(c->arena, "replica %" PRIu32 " part %" PRIu32 ": %s%s", replica, part,
				    header ? "pool_hdr." : "", field);
	else
		text = arena_printf(c->arena, "%s%s", header ? "pool_hdr." : "", field);
	return text ? text : path;
}

const char *check_say_finding(const struct pmempool_check_ctx *c, const struct finding *f)
{
	const char *text = arena_printf(c->arena, "%s: %s%s%s%s%s%s%s [%s]", place(c, finding_path(c->arena, f)), f->by->says,
					f->detail ? "; " : "", f->detail ? f->detail : "",
					f->actual ? "; found " : "", f->actual ? f->actual : "",
					f->expected ? ", expected " : "", f->expected ? f->expected : "", f->by->id);

	return text ? text : f->by->says;
}

const char *check_say_step(const struct pmempool_check_ctx *c, const struct step *s)
{
	const char *text = arena_printf(c->arena, "%s: %s%s%s%s", place(c, s->path), s->says, s->loses ? " (loses: " : "",
					s->loses ? s->loses : "", s->loses ? ")" : "");

	return text ? text : s->says;
}
