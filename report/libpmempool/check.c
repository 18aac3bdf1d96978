#include "report/libpmempool/check.h"

#include "report/libpmempool/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARENA_MAX = 64 << 20, /* bytes: set file, statuses, answers */
	ASKED_MAX = 3,        /* times a question is put when the answer is neither yes nor no */
};

static bool args_judge(const struct pmempool_check_args *args, size_t size)
{
	const unsigned with_repair = PMEMPOOL_CHECK_DRY_RUN | PMEMPOOL_CHECK_ADVANCED | PMEMPOOL_CHECK_ALWAYS_YES;

	if (args == NULL || size < sizeof(*args))
		error_leave_text(EINVAL, "args_size is %zu, and struct pmempool_check_args has %zu bytes", size, sizeof(*args));
	else if (args->flags & with_repair && !(args->flags & PMEMPOOL_CHECK_REPAIR))
		error_leave_text(EINVAL, "flags 0x%x: DRY_RUN, ADVANCED and ALWAYS_YES need REPAIR", args->flags);
	else if (args->flags & PMEMPOOL_CHECK_DRY_RUN && args->backup_path)
		error_leave_text(EINVAL, "a dry run writes nothing: it takes no backup_path");
	else if (!(args->flags & PMEMPOOL_CHECK_FORMAT_STR))
		error_leave_text(EINVAL, "flags 0x%x: FORMAT_STR is needed", args->flags);
	else if (args->path == NULL)
		error_leave_text(EINVAL, "path is NULL");
	else
		return true;
	return false;
}

static void context_close(struct pmempool_check_ctx *c)
{
	if (c->planned)
		repair_close(&c->repair);
	if (c->analyzed)
		analyze_close(&c->result);
	members_close(&c->m);
	arena_close(c->arena);
	free(c);
}

PMEMpoolcheck *pmempool_check_init(struct pmempool_check_args *args, size_t args_size)
{
	struct manage_error e = { 0 };
	struct pmempool_check_ctx *c;
	int before = errno;

	if (!args_judge(args, args_size))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL || (c->arena = arena_open(ARENA_MAX)) == NULL) {
		free(c);
		error_leave_text(ENOMEM, "%s: no memory", args->path);
		return NULL;
	}
	c->m.set_fd = -1;
	c->flags = args->flags;
	c->type = args->pool_type;
	c->backup = args->backup_path ? arena_text(c->arena, args->backup_path) : NULL;
	c->stage = check_look;
	if (!check_open(c, args->path, &e)) {
		context_close(c);
		error_leave(&e);
		return NULL;
	}
	errno = before;
	return c;
}

/* What the caller says to the question that was handed out. False: it is to be put again. */
static bool answer_take(struct pmempool_check_ctx *c)
{
	struct check_said *q = c->open;
	const char *answer = q->status.str.answer;
	bool yes = answer && strcmp(answer, "yes") == 0, no = answer && strcmp(answer, "no") == 0;
	struct check_answer *a;

	if (answer && !yes && !no && q->asked < ASKED_MAX)
		return false;
	c->open = NULL;
	c->silent |= !yes && !no;
	a = ARENA_NEW(c->arena, struct check_answer);
	if (a == NULL)
		return true; /* the arena remembers, and the check ends with it */
	*a = (struct check_answer){ .key = q->key, .yes = yes, .next = c->answers };
	c->answers = a;
	c->refused |= !yes;
	return true;
}

static struct pmempool_check_status *hand_out(struct pmempool_check_ctx *c)
{
	struct check_said *s = c->first;

	c->first = s->next;
	if (c->first == NULL)
		c->last = NULL;
	if (s->status.type == PMEMPOOL_CHECK_MSG_TYPE_QUESTION) {
		s->asked++;
		c->open = s;
	}
	return &s->status;
}

struct pmempool_check_status *pmempool_check(PMEMpoolcheck *ppc)
{
	struct pmempool_check_ctx *c = ppc;
	int before = errno;

	if (c == NULL) {
		error_leave_text(EINVAL, "the context is NULL");
		return NULL;
	}
	if (c->open && !answer_take(c)) {
		c->open->asked++;
		c->open->status.str.answer = NULL;
		return &c->open->status;
	}
	while (c->first == NULL && c->stage) {
		bool (*stage)(struct pmempool_check_ctx *) = c->stage;

		if (!stage(c) || arena_failed(c->arena)) {
			error_message("%s: no memory", c->m.path);
			c->outcome = PMEMPOOL_CHECK_RESULT_ERROR;
			c->stage = NULL;
		}
	}
	errno = before;
	return c->first ? hand_out(c) : NULL;
}

enum pmempool_check_result pmempool_check_end(PMEMpoolcheck *ppc)
{
	enum pmempool_check_result outcome = PMEMPOOL_CHECK_RESULT_ERROR;
	int before = errno;

	if (ppc == NULL)
		return outcome;
	/* ended while a question was open: nobody knows */
	outcome = ppc->open ? PMEMPOOL_CHECK_RESULT_ERROR : ppc->outcome;
	context_close(ppc);
	errno = before;
	return outcome;
}
