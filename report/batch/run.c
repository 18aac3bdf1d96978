#include "report/batch/run.h"

#include "formats/base/digest.h"
#include "report/batch/crew.h"
#include "report/batch/done.h"
#include "report/batch/known.h"
#include "report/batch/manifest.h"

/* What every worker would else do again by itself: libcrypto looks its digest up once in a process. */
static bool warm_up(void)
{
	uint8_t sum[DIGEST_LEN];

	return digest_of("", 0, sum);
}

static enum status one(struct batch_run *r, struct batch_crew *c, struct batch_known *known, struct batch_image *im, struct problem *p)
{
	enum batch_verdict verdict;
	enum exit_status status;

	if (batch_image_shard(im, r->shard.nr) != r->shard.idx) {
		r->tally.total -= r->tally.total > 0;
		return STATUS_OK;
	}
	switch (batch_known_add(known, im->id)) {
	case KNOWN_BEFORE:
		r->tally.twice++;
		return STATUS_OK;
	case KNOWN_NOMEM:
		return problem_set(p, STATUS_NOMEM, "no memory");
	case KNOWN_NEW:
		break;
	}
	if (batch_done_holds(r->out, im, r->job, &verdict, &status)) {
		batch_tally_add(&r->tally, verdict, status, NULL);
		return STATUS_OK;
	}
	return batch_crew_begin(c, im, p);
}

static enum status lines(struct batch_run *r, struct batch_crew *c, struct batch_manifest *m, struct problem *p)
{
	struct batch_known known = { .ids = NULL };
	enum status st = STATUS_OK;

	while (st == STATUS_OK && batch_crew_ready(c)) {
		struct problem own = { STATUS_OK, "" };
		struct batch_image im;

		st = batch_manifest_next(m, &im, &own);
		if (st == STATUS_OK && im.source == NULL)
			break;
		if (st == STATUS_OK)
			st = one(r, c, &known, &im, &own);
		batch_image_free(&im);
		if (st == STATUS_USAGE) { /* one bad line does not cost the others */
			r->say(own.text);
			r->tally.faulty++;
			st = STATUS_OK;
		} else if (st != STATUS_OK) {
			problem_set(p, st, "%s", own.text);
		}
	}
	batch_crew_drain(c);
	batch_known_free(&known);
	return st == STATUS_OK && c->stop ? STATUS_INTERRUPTED : st;
}

enum status batch_run(struct batch_run *r, struct problem *p)
{
	struct batch_manifest m = { .f = NULL };
	struct batch_results results = { .aside = NULL };
	struct batch_crew crew = { .job = r->job, .results = &results, .tally = &r->tally, .say = r->say, .signals = -1 };
	enum status st = batch_manifest_open(r->manifest, &m, p);

	if (st == STATUS_OK)
		st = batch_results_open(r->out, &results, p);
	batch_sandbox_open(&crew.sandbox);
	if (st == STATUS_OK && crew.sandbox.without)
		r->say(crew.sandbox.without);
	if (st == STATUS_OK)
		st = batch_crew_open(&crew, r->workers, p);
	if (st == STATUS_OK && !warm_up())
		st = problem_set(p, STATUS_NOMEM, "libcrypto refuses to make a digest");
	r->tally.total = m.lines;
	if (st == STATUS_OK)
		st = lines(r, &crew, &m, p);
	batch_crew_close(&crew);
	batch_sandbox_close(&crew.sandbox);
	batch_results_close(&results);
	batch_manifest_close(&m);
	return st;
}
