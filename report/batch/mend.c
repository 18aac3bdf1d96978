#include "report/batch/mend.h"

#include "analyzer/repair/apply.h"
#include "report/batch/results.h"
#include "report/copies.h"
#include "report/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum status batch_mend_plan(const struct result *r, const struct batch_job *job, struct repair *rep)
{
	struct repair_options ro = { .most = job->advanced ? REPAIR_ADVANCED : REPAIR_ASK,
				     .choose = job->ask ? NULL : repair_choose_safe };

	return repair_plan(r, job->analyze, &ro, rep);
}

/* The parent knows only that it went wrong; what and where is said here. */
static bool say(const struct problem *p)
{
	struct buf b = { .p = NULL };

	escape_plain(&b, p->text, strlen(p->text));
	fprintf(stderr, "pmemscope batch: %s\n", buf_text(&b));
	buf_free(&b);
	return false;
}

/* A copy of a run that did not end goes first: the id in its name says that it is ours. */
static bool copy(const struct result *r, const struct repair *rep, const char *to, const struct batch_image *im)
{
	struct problem p = { STATUS_OK, "" };
	const char *slash = strrchr(im->source, '/');
	char *dir = NULL, *path = NULL;
	bool good = asprintf(&dir, "%s/%s", to, im->id) > 0;

	if (good)
		batch_results_drop(dir);
	if (good && r->intake.nr > 1)
		good = copies_write(dir, r, rep, &p) == STATUS_OK;
	else if (good)
		good = mkdir(dir, 0777) == 0 && asprintf(&path, "%s/%s", dir, slash ? slash + 1 : im->source) > 0 &&
		       copies_write(path, r, rep, &p) == STATUS_OK;
	if (!good && p.status == STATUS_OK)
		problem_set(&p, STATUS_IO, "%s: %s", dir ? dir : to, strerror(errno));
	free(dir);
	free(path);
	return good || say(&p);
}

static bool in_place(const struct plan_file *plan, const struct batch_image *im)
{
	struct problem p = { STATUS_OK, "" };
	struct apply_done done;
	char *journal = NULL;
	enum status st = asprintf(&journal, "%s.journal", im->source) > 0 ? STATUS_OK : problem_set(&p, STATUS_NOMEM, "no memory");
	struct apply_options o = { .journal = journal };

	if (st == STATUS_OK)
		st = apply_plan(plan, &o, &done, &p);
	free(journal);
	return st == STATUS_OK || say(&p);
}

bool batch_mend(const struct result *r, const struct repair *rep, const struct batch_job *job, const struct batch_image *im, FILE *paper,
		struct batch_told *told)
{
	struct plan_file *plan = plan_file_of(r->arena, r, rep);
	bool good = plan != NULL;
	bool edits = good && plan->edits_nr > 0;

	if (edits && paper)
		good = plan_file_write(plan, paper) && fflush(paper) == 0;
	if (good && edits && job->mend >= BATCH_MEND_COPY) {
		good = job->mend == BATCH_MEND_COPY ? copy(r, rep, job->to, im) : in_place(plan, im);
		told->written = good;
	}
	if (told->written && rep->analyzed) {
		enum exit_status after = outcome_of(&rep->after, job->report.fail_on);

		told->exit = (unsigned char)(after == EXIT_CLEAN && told->exit != EXIT_CLEAN ? EXIT_CORRECTED : after);
	}
	plan_file_close(plan);
	return good;
}

char **batch_mend_places(const struct batch_job *job, const struct batch_image *im)
{
	char **list = job->mend < BATCH_MEND_COPY ? NULL : calloc(im->nr + 1, sizeof(*list));

	if (list && job->mend == BATCH_MEND_COPY) {
		list[0] = strdup(job->to);
		return list;
	}
	for (size_t i = 0; list && i < im->nr; i++) {
		const char *slash = strrchr(im->files[i].path, '/');

		list[i] = slash ? strndup(im->files[i].path, (size_t)(slash - im->files[i].path) + 1) : strdup(".");
	}
	return list;
}
