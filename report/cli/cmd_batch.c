/* Thousands of images: a manifest of them, worker processes, results that stay. */
#include "formats/base/digest.h"
#include "report/batch/find.h"
#include "report/batch/merge.h"
#include "report/batch/run.h"
#include "report/batch/shard.h"
#include "report/cli/analysis.h"
#include "report/cli/output.h"
#include "report/cli/verbs.h"
#include "report/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWN_TIMEOUT = OPT_OWN, OWN_WORKER_MEMORY, OWN_OUTPUT_LIMIT, OWN_PAGES, OWN_SHARD, OWN_ALL, OWN_FRESH, OWN_PLAN_ONLY, OWN_TO, OWN_IN_PLACE, OWN_ADVANCED };

static const struct option_row rows[] = {
	{ 'o', 'o', "output", "DIR", ARG_DIR, NULL, "where results go; with 'manifest make' the manifest (default: standard output); with 'merge' what is told of all (default: DIR/fleet)" },
	{ 'j', 'j', "jobs", "N", ARG_WORD, NULL, "workers at once (default: one for each processor)" },
	{ OWN_SHARD, 0, "shard", "I/N", ARG_WORD, NULL,
	  "only the images of shard I of N, I from 0 (default: from the variables of a Slurm array or a Kubernetes Indexed Job)" },
	{ OWN_PAGES, 0, "pages", "WHICH", ARG_WORD, "found all none", "which images get an HTML page: those with something found (default), all, none" },
	{ OWN_TIMEOUT, 0, "timeout", "SECONDS", ARG_WORD, NULL, "for one image (default 300)" },
	{ OWN_WORKER_MEMORY, 0, "worker-memory", "SIZE", ARG_WORD, NULL, "for one worker, all in all (default 640M)" },
	{ OWN_OUTPUT_LIMIT, 0, "output-limit", "SIZE", ARG_WORD, NULL, "for one report (default 256M)" },
	{ OWN_FRESH, 0, "fresh-workers", NULL, ARG_NONE, NULL, "a process of its own for every image, not only for those with something found" },
	{ OWN_ALL, 0, "all", NULL, ARG_NONE, NULL, "take every file for an image, whatever it looks like" },
};
static const struct option_row repair_rows[] = {
	{ OWN_PLAN_ONLY, 0, "plan-only", NULL, ARG_NONE, NULL, "with 'repair': plan.json beside each report, and nothing else" },
	{ OWN_TO, 0, "to", "DIR", ARG_DIR, NULL, "with 'repair': write mended copies, to DIR/ID/" },
	{ OWN_IN_PLACE, 0, "in-place", NULL, ARG_NONE, NULL, "with 'repair' and --yes: mend the images themselves; the way back is in IMAGE.journal" },
	{ 'y', 'y', "yes", NULL, ARG_NONE, NULL, "take the proposal where there is a choice; needed for --in-place" },
	{ OWN_ADVANCED, 0, "advanced", NULL, ARG_NONE, NULL, "also steps that lose information; each says what" },
};
static const struct option_table repair_table = OPTION_TABLE("Repair of many", repair_rows);
static const struct option_table table = OPTION_TABLE("Batch", rows);

enum { PATHS_MAX_TEXT = 4096 };

struct job {
	struct cli *c;
	const char *out, *shard;
	struct batch_job batch;
	uint64_t workers;
	bool all, plan_only, in_place;
};

/* The one command that is running: for callbacks that have no room for it. */
static struct cli *speaker;

static void say(const char *text)
{
	cli_error(speaker, 0, "%s", text);
}

static void say_found(void *ctx, const char *text)
{
	(void)ctx;
	say(text);
}

static bool own_option(struct cli *c, struct job *job, int id)
{
	static const char *const pages[] = { "found", "all", "none" };
	uint64_t v;
	int i;

	switch (id) {
	case 'o': job->out = c->arg; return true;
	case OWN_SHARD: job->shard = c->arg; return true;
	case OWN_ALL: job->all = true; return true;
	case OWN_PLAN_ONLY: job->plan_only = true; return true;
	case OWN_IN_PLACE: job->in_place = true; return true;
	case OWN_TO: job->batch.to = c->arg; return true;
	case OWN_ADVANCED: job->batch.advanced = true; return true;
	case 'y': job->batch.ask = true; return true;
	case OWN_FRESH: job->batch.fresh = true; return true;
	case 'j': return cli_count(c, "--jobs", 4096, &job->workers);
	case OWN_WORKER_MEMORY: return cli_size(c, "--worker-memory", &job->batch.memory);
	case OWN_OUTPUT_LIMIT: return cli_size(c, "--output-limit", &job->batch.output);
	case OWN_TIMEOUT:
		if (!cli_count(c, "--timeout", 1000000, &v))
			return false;
		job->batch.seconds = (uint32_t)v;
		return true;
	default:
		i = cli_choice(c, "--pages", pages, 3);
		job->batch.pages = (enum batch_pages)i;
		return i >= 0;
	}
}

static void add_list(struct buf *b, const char *name, const struct words *w)
{
	for (size_t i = 0; i < w->nr; i++)
		buf_printf(b, " %s=%s", name, w->list[i]);
}

/* All that changes what a result says, or which there are: results of other options are made again. */
static bool options_digest(const struct analysis *an, struct batch_job *batch)
{
	const struct analyze_options *o = &an->options;
	struct buf b = { .p = NULL };
	uint8_t sum[DIGEST_LEN];
	char hex[2 * DIGEST_LEN + 1];

	buf_printf(&b, "findings=%" PRIu32 " deep=%d hash=%d memory=%zu redact=%d bytes=%d reproducible=%d fail=%d", o->max_findings, o->deep,
		   o->intake.hash_plain, o->memory, (int)an->redact.level, an->redact.user_bytes, an->reproducible, (int)an->fail_on);
	buf_printf(&b, " pages=%d timeout=%" PRIu32 " worker=%" PRIu64 " output=%" PRIu64 " ndctl=%s", (int)batch->pages, batch->seconds,
		   batch->memory, batch->output, o->ndctl_json ? o->ndctl_json : "");
	buf_printf(&b, " mend=%d ask=%d advanced=%d to=%s", (int)batch->mend, batch->ask, batch->advanced, batch->to ? batch->to : "");
	add_list(&b, "only", &an->only);
	add_list(&b, "skip", &an->skip);
	add_list(&b, "map", &an->maps);
	bool good = !b.failed && digest_of(buf_text(&b), b.len, sum);
	digest_text(sum, hex);
	memcpy(batch->options, hex, BATCH_DIGEST_LEN);
	buf_free(&b);
	return good;
}

/* One regular file that begins with '{', or standard input. */
static bool is_manifest(const char *path)
{
	FILE *f;
	int ch;

	if (strcmp(path, "-") == 0)
		return true;
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (f = fopen(path, "re")) == NULL)
		return false;
	do
		ch = fgetc(f);
	while (ch == ' ' || ch == '\n' || ch == '\t');
	fclose(f);
	return ch == '{' || st.st_size == 0;
}

/* Writes the manifest of the operands from first on. *images: how many it has. */
static int manifest_make(struct job *job, int first, const char *path, const char *before, uint64_t *images)
{
	struct batch_find f = { .all = job->all, .before = before, .say = say_found };
	struct problem problem = { STATUS_OK, "" };
	const char *paths[PATHS_MAX_TEXT];
	struct output out;
	size_t nr = 0;

	while (nr < PATHS_MAX_TEXT && (paths[nr] = cli_operand(job->c, first + (int)nr)) != NULL)
		nr++;
	if (nr == 0 || nr == PATHS_MAX_TEXT)
		return cli_error(job->c, EXIT_USAGE, nr ? "more than 4095 paths: name their directory" : "where are the images? Name directories or files");
	if (!output_open(job->c, &out, path))
		return EXIT_FAILED;
	enum status st = batch_find(&f, paths, nr, out.f, &problem);
	if (!output_close(job->c, &out, st == STATUS_OK))
		return EXIT_FAILED;
	if (st != STATUS_OK)
		return cli_error(job->c, (int)outcome_of_status(st), "%s", problem.text);
	if (f.left_out)
		cli_error(job->c, 0, "%" PRIu64 " files are left out: no pool or capture by their first bytes, and too short for one "
			  "that lost its header; --all takes them", f.left_out);
	if (f.copies)
		cli_error(job->c, 0, "%" PRIu64 " images are left out: the same bytes as another", f.copies);
	*images = f.images;
	return f.failed ? EXIT_FAILED : EXIT_CLEAN;
}

static int command_manifest(struct job *job)
{
	const char *word = cli_operand(job->c, 1);
	uint64_t images = 0;
	int status;

	if (word == NULL || strcmp(word, "make") != 0)
		return cli_error(job->c, EXIT_USAGE, "pmemscope batch manifest make DIR...");
	status = manifest_make(job, 2, job->out ? job->out : "-", NULL, &images);
	if (status == EXIT_CLEAN && images == 0)
		status = cli_error(job->c, EXIT_NO_POOL, "no pool, set or capture among what was named");
	return status;
}

static unsigned processors(void)
{
	cpu_set_t set;
	int nr = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return nr > 0 ? (unsigned)nr : 1;
}

static int go(struct job *job, const char *manifest)
{
	struct batch_run run = { .manifest = manifest, .out = job->out, .job = &job->batch, .say = say,
				 .workers = job->workers ? (unsigned)job->workers : processors() };
	struct problem problem = { STATUS_OK, "" };
	const char *from;

	if (!batch_shard_find(job->shard, &run.shard, &from, &problem))
		return cli_error(job->c, EXIT_USAGE, "%s", problem.text);
	if (from && !job->c->quiet)
		cli_error(job->c, 0, "shard %" PRIu32 " of %" PRIu32 " (%s)", run.shard.idx, run.shard.nr, from);
	batch_tally_start(&run.tally, job->c->quiet, job->c->progress_fd);
	enum status st = batch_run(&run, &problem);
	batch_tally_end(&run.tally, stdout);
	if (st == STATUS_INTERRUPTED)
		return cli_error(job->c, EXIT_INTERRUPTED, "stopped; what is finished stays, and the same command goes on");
	if (st != STATUS_OK)
		return cli_error(job->c, (int)outcome_of_status(st), "%s", problem.text);
	return (int)batch_tally_status(&run.tally);
}

/* Paths make a manifest of their own, kept with the results; it is made anew each time. */
static int command_run(struct job *job, int first)
{
	const char *path = cli_operand(job->c, first);
	uint64_t images = 0;
	char *own = NULL;
	int status = EXIT_CLEAN;

	if (path == NULL)
		return cli_error(job->c, EXIT_USAGE, "which images? pmemscope batch MANIFEST -o DIR, or batch DIR... -o DIR");
	if (job->out == NULL)
		return cli_error(job->c, EXIT_USAGE, "where do results go? Name a directory with -o");
	if (!is_manifest(path) || cli_operand(job->c, first + 1)) {
		if ((mkdir(job->out, 0777) != 0 && errno != EEXIST) || asprintf(&own, "%s/manifest.jsonl", job->out) < 0)
			return cli_error(job->c, EXIT_FAILED, "%s: %s", job->out, strerror(errno));
		status = manifest_make(job, first, own, own, &images);
		path = own;
		if (status == EXIT_CLEAN && images == 0)
			status = cli_error(job->c, EXIT_NO_POOL, "no pool, set or capture among what was named");
	}
	if (status == EXIT_CLEAN || (status == EXIT_FAILED && images)) {
		int ran = go(job, path);

		status = status == EXIT_FAILED && ran <= EXIT_LEFT ? EXIT_FAILED : ran;
	}
	free(own);
	return status;
}

static int command_merge(struct job *job)
{
	const char *results[PATHS_MAX_TEXT];
	struct batch_merge m = { .results = results, .out = job->out, .say = say };
	struct problem problem = { STATUS_OK, "" };
	char *own = NULL;

	while (m.nr < PATHS_MAX_TEXT && (results[m.nr] = cli_operand(job->c, 1 + (int)m.nr)) != NULL)
		m.nr++;
	if (m.nr == 0 || m.nr == PATHS_MAX_TEXT)
		return cli_error(job->c, EXIT_USAGE, "which results? pmemscope batch merge DIR");
	if (m.out == NULL) {
		if (asprintf(&own, "%s/fleet", results[0]) < 0)
			return cli_error(job->c, EXIT_FAILED, "no memory");
		m.out = own;
	}
	enum status st = batch_merge(&m, &problem);
	if (st == STATUS_OK) {
		printf("%" PRIu64 " image%s, %" PRIu64 " finding%s: %s/fleet.html\n", m.images, m.images == 1 ? "" : "s", m.findings,
		       m.findings == 1 ? "" : "s", m.out);
		if (m.unfinished)
			printf("%" PRIu64 " without a result that stands: run the batch again\n", m.unfinished);
	} else {
		cli_error(job->c, 0, "%s", problem.text);
	}
	free(own);
	return st != STATUS_OK ? (int)outcome_of_status(st) : m.unfinished ? EXIT_FAILED : m.left ? EXIT_LEFT : EXIT_CLEAN;
}

/* Nothing is mended that was not asked for in so many words. */
static int mend_chosen(struct job *job, bool repair, char **to)
{
	int ways = job->plan_only + job->in_place + (job->batch.to != NULL);

	*to = NULL;
	if (!repair)
		return ways || job->batch.ask || job->batch.advanced
			       ? cli_error(job->c, EXIT_USAGE, "--plan-only, --to, --in-place, --yes and --advanced are for 'batch repair'") : EXIT_CLEAN;
	if (ways != 1)
		return cli_error(job->c, EXIT_USAGE, "batch repair wants one of --plan-only, --to DIR and --in-place");
	if (job->in_place && !job->batch.ask)
		return cli_error(job->c, EXIT_USAGE, "--in-place writes to all images: say --yes too; --plan-only shows what would be done");
	job->batch.mend = job->plan_only ? BATCH_MEND_PLAN : job->in_place ? BATCH_MEND_IN_PLACE : BATCH_MEND_COPY;
	if (job->batch.to == NULL)
		return EXIT_CLEAN;
	if ((mkdir(job->batch.to, 0777) != 0 && errno != EEXIST) || (*to = realpath(job->batch.to, NULL)) == NULL)
		return cli_error(job->c, EXIT_FAILED, "%s: %s", job->batch.to, strerror(errno));
	job->batch.to = *to;
	return EXIT_CLEAN;
}

static bool is(const char *word, const char *what)
{
	return word && strcmp(word, what) == 0;
}

/* A first operand that is one of our words is never a path, whether or not there is a file of that name. */
static void word_explained(const struct job *job, const char *word)
{
	if ((is(word, "manifest") || is(word, "merge") || is(word, "repair") || is(word, "run")) && access(word, F_OK) == 0)
		cli_error(job->c, 0, "'%s' is taken for the command here; what is called so in this directory is ./%s", word, word);
}

static int dispatch(struct job *job, struct analysis *an)
{
	const char *word = cli_operand(job->c, 0);
	bool repair = is(word, "repair");
	char *to;
	int status = mend_chosen(job, repair, &to);

	if (status != EXIT_CLEAN)
		return status;
	if (is(word, "manifest"))
		return command_manifest(job);
	if (is(word, "merge"))
		return command_merge(job);
	if (an->options.intake.mapfile)
		return cli_error(job->c, EXIT_USAGE, "a mapfile belongs to one image: put it beside that, as its name and .map");
	status = analysis_ready(job->c, an);
	if (status != EXIT_CLEAN)
		return status;
	an->options.intake.limits.seconds = job->batch.seconds;
	job->batch.analyze = &an->options;
	job->batch.redact = an->redact;
	job->batch.report = analysis_report(an);
	if (!options_digest(an, &job->batch))
		return cli_error(job->c, EXIT_FAILED, "no memory");
	status = command_run(job, repair || is(word, "run"));
	free(to);
	return status;
}

static int run(struct cli *c)
{
	struct job job = { .c = c, .batch = { .seconds = 300, .memory = UINT64_C(640) << 20, .output = UINT64_C(256) << 20 } };
	struct analysis an;
	int id, status;

	speaker = c;
	analysis_start(&an);
	while ((id = cli_next(c)) >= 0) {
		bool own = id == 'o' || id == 'j' || id == 'y' || id >= OPT_OWN;

		if (!(own ? own_option(c, &job, id) : analysis_option(c, &an, id))) {
			c->status = own ? EXIT_USAGE : c->status;
			id = CLI_STOP;
			break;
		}
	}
	status = id == CLI_END ? dispatch(&job, &an) : c->status;
	if (id == CLI_END && status == EXIT_USAGE)
		word_explained(&job, cli_operand(c, 0));
	if (id == CLI_END)
		status = cli_flush(c, status);
	analysis_free(&an);
	return status;
}

const struct command command_batch = {
	.name = "batch", .args = "MANIFEST -o DIR | DIR... -o DIR | manifest make DIR... | merge DIR... | repair MANIFEST -o DIR",
	.summary = "thousands of images, each by itself; resumed, sharded, merged",
	.about = "Analyses each image of a manifest in a worker process with bounds on memory, time and output, and in a sandbox: a crash, a "
		 "hang or a bomb costs that image only, and is a finding. Images in which nothing is found share a process, up to 64 one after "
		 "the other; all others, and with --fresh-workers each, have one of their own. Reads evidence only.\n\n"
		 "Results go to DIR/xx/ID/, written aside and renamed: report.json, report.jsonl, report.sarif, a page where something was "
		 "found, done.json last. The same command again does what is missing or has changed (inputs, tool version, options): "
		 "also after an interruption of any kind.\n\n"
		 "'manifest make' finds pools, sets and captures below the given paths and writes one JSON line for each; DIR... in place "
		 "of a MANIFEST does that first. 'merge' tells all results of a DIR together, in DIR/fleet: images.jsonl, findings.jsonl, "
		 "fleet.sqlite, fleet.sarif, and the page fleet.html: the verdicts counted, findings that several images share, the worst first.\n\n"
		 "'repair' does the same and mends, by safe steps unless --yes or --advanced say more: --plan-only writes plans, --to DIR mended "
		 "copies; in place only with --in-place and --yes. 'run' is the word for what is done without one.\n\n"
		 "A first operand that is one of these words is never a path: a manifest or a directory of that name is given as ./manifest.\n\n"
		 "Exit status: 0 all done and clean, 1 problems corrected, 4 all done and problems left (5: both), 8 some image has no "
		 "result that stands (run the same again), 32 interrupted (run the same again), 16 and 64 a retry will not help.",
	.tables = { &table, &repair_table, &option_evidence, &option_telling },
	.sources = true, .run = run,
};
