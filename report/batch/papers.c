#include "report/batch/papers.h"

#include "analyzer/repair/rounds.h"
#include "report/batch/mend.h"
#include "report/html/html.h"
#include "report/json/json.h"
#include "report/sarif/sarif.h"

#include <fcntl.h>
#include <string.h>

const char *const batch_paper_names[BATCH_PAPERS] = {
	[BATCH_PAPER_JSON] = "report.json", [BATCH_PAPER_LINES] = "report.jsonl", [BATCH_PAPER_SARIF] = "report.sarif",
	[BATCH_PAPER_HTML] = "report.html", [BATCH_PAPER_PLAN] = "plan.json",
};

int batch_paper_create(const char *dir, enum batch_paper i)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", dir, batch_paper_names[i]) >= (int)sizeof(path))
		return -1;
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Anything to look at: a finding, or what the library has still to do. */
static bool found(const struct result *r)
{
	const struct findings *fs = r->findings;

	return fs && (fs->nr[ERROR] || fs->nr[WARNING] || fs->nr[NOTE] || strcmp(r->verdict, "clean") != 0);
}

static bool page_wanted(const struct result *r, enum batch_pages pages)
{
	return pages == BATCH_PAGES_ALL || (pages == BATCH_PAGES_FOUND && r->status == STATUS_OK && found(r));
}

bool batch_papers_write(FILE *f[BATCH_PAPERS], const struct result *r, const struct batch_job *job, const struct batch_image *im,
			struct batch_told *told)
{
	struct report_options o = job->report;
	struct repair rep = { .plan = NULL };
	bool mendable = r->status == STATUS_OK && repair_mendable(r->findings), good;

	o.analyze = job->analyze;
	o.redact = redact_open(r, &job->redact);
	if (o.redact == NULL)
		return false;
	if (mendable && batch_mend_plan(r, job, &rep) == STATUS_OK)
		o.repair = &rep;
	good = json_report(r, &o, f[BATCH_PAPER_JSON]) == STATUS_OK && json_lines(r, &o, f[BATCH_PAPER_LINES]) == STATUS_OK;
	if (good && f[BATCH_PAPER_SARIF] && told->remarkable)
		good = sarif_log(r, &o, f[BATCH_PAPER_SARIF]) == STATUS_OK;
	if (good && f[BATCH_PAPER_HTML] && page_wanted(r, job->pages))
		good = html_report(r, &o, f[BATCH_PAPER_HTML]) == STATUS_OK;
	if (good && o.repair && job->mend != BATCH_MEND_NOTHING)
		good = batch_mend(r, &rep, job, im, f[BATCH_PAPER_PLAN], told);
	if (mendable)
		repair_close(&rep);
	redact_close((struct redact *)(uintptr_t)o.redact);
	return good;
}

bool batch_papers_close(FILE *f[BATCH_PAPERS])
{
	bool good = true;

	for (size_t i = 0; i < BATCH_PAPERS; i++) {
		if (f[i])
			good = fclose(f[i]) == 0 && good;
		f[i] = NULL;
	}
	return good;
}

static enum batch_verdict verdict_of(const char *word)
{
	for (int i = 0; i < BATCH_VERDICTS; i++)
		if (strcmp(word, batch_verdict_names[i]) == 0)
			return (enum batch_verdict)i;
	return BATCH_UNREAD;
}

struct batch_told batch_papers_told(const struct result *r, const struct batch_job *job)
{
	enum batch_verdict v = verdict_of(r->verdict);
	enum exit_status exit = outcome_of(r, job->report.fail_on);
	bool plain = r->status == STATUS_OK && v == BATCH_CLEAN && exit == EXIT_CLEAN && !found(r);

	return (struct batch_told){ .verdict = (unsigned char)v, .status = (unsigned char)r->status, .exit = (unsigned char)exit,
				    .remarkable = !plain };
}
