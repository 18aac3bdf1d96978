/* Logical content to a file: sparse, and with a mapfile of what could not be had. */
#include "analyzer/extract/blocks.h"
#include "analyzer/extract/extract.h"
#include "analyzer/extract/kinds.h"
#include "analyzer/extract/objects.h"
#include "report/cli/analysis.h"
#include "report/cli/output.h"
#include "report/cli/verbs.h"
#include "report/cli/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OWN_OUT = 'o', OWN_BEFORE = OPT_OWN, OWN_STORED, OWN_NUMBER, OWN_ALL, OWN_INDEX, OWN_LOST };

static const struct option_row rows[] = {
	{ OWN_OUT, 'o', "out", "FILE", ARG_FILE, NULL, "where it goes; '-' is standard output" },
	{ OWN_LOST, 0, "lost", "FILE", ARG_FILE, NULL,
	  "where the mapfile of what could not be had goes (default FILE.map beside --out, and only when there is such)" },
	{ OWN_NUMBER, 0, "number", "N", ARG_WORD, NULL, "which one, when there are several: 0, 1, ..." },
	{ OWN_ALL, 0, "all", NULL, ARG_NONE, NULL, "object: every object, one behind the other" },
	{ OWN_INDEX, 0, "index", "FILE", ARG_FILE, NULL, "object --all: where each object is (default FILE.index beside --out)" },
	{ OWN_BEFORE, 0, "before", NULL, ARG_NONE, NULL,
	  "as it was before the last writes, as far as the evidence remembers them" },
	{ OWN_STORED, 0, "stored", NULL, ARG_NONE, NULL, "as it lies, without what the driver finishes at its start" },
};
static const struct option_table table = OPTION_TABLE("Extraction", rows);

struct job {
	const struct extract_kind *kind;
	const char *blocks, *name, *out, *lost, *index;
	bool all;
	enum extract_when when;
	uint64_t number;
	bool numbered;
	struct output file;
	bool sparse;       /* a regular file: what is not written is a hole */
	uint64_t written;  /* a stream: bytes so far */
	const char *title; /* for the progress */
};

static bool all_write(struct job *job, uint64_t at, const void *bytes, size_t len)
{
	const char *p = bytes;

	if (!job->sparse)
		return fwrite(bytes, 1, len, job->file.f) == len;
	while (len) {
		ssize_t n = pwrite(fileno(job->file.f), p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/* A stream has no holes: zeros up to `at`. */
static bool zeros_write(struct job *job, uint64_t at)
{
	static const char zero[65536];

	while (!job->sparse && job->written < at) {
		uint64_t n = at - job->written < sizeof(zero) ? at - job->written : sizeof(zero);

		if (!all_write(job, job->written, zero, (size_t)n))
			return false;
		job->written += n;
	}
	return true;
}

static bool bytes_write(void *ctx, uint64_t at, const void *bytes, size_t len)
{
	struct job *job = ctx;

	if (!zeros_write(job, at) || !all_write(job, at, bytes, len))
		return false;
	job->written = at + len;
	return true;
}

static bool progress(void *ctx, uint64_t done, uint64_t total)
{
	struct job *job = ctx;

	return watch_progress(NULL, job->title, done, total);
}

static bool text_put(void *ctx, const char *text)
{
	return fputs(text, ctx) >= 0;
}

/* Beside the output, when something is lost or it was asked for. */
static bool lost_write(struct cli *c, struct job *job, const struct extract_lost *lost, uint64_t size, char **name)
{
	struct output map;

	if (job->lost == NULL && (lost->nr == 0 || strcmp(job->out, "-") == 0))
		return true;
	if (job->lost == NULL && asprintf(name, "%s.map", job->out) < 0)
		*name = NULL;
	const char *path = job->lost ? job->lost : *name;
	if (path == NULL || !output_open(c, &map, path))
		return false;
	return output_close(c, &map, extract_mapfile(lost, size, text_put, map.f));
}

static int ended(struct cli *c, struct job *job, const struct extract_content *con, uint64_t size,
		 const struct extract_lost *lost, const struct extract_sums *sums, enum status st, const char *why)
{
	char *map = NULL;
	bool good = st == STATUS_OK && zeros_write(job, size) &&
		    (!job->sparse || ftruncate(fileno(job->file.f), (off_t)size) == 0);
	int error = errno;

	if (st == STATUS_INTERRUPTED)
		return EXIT_INTERRUPTED;
	if (!good)
		return cli_error(c, EXIT_FAILED, "%s: %s", job->out, st == STATUS_OK || st == STATUS_IO ? strerror(error) : why);
	if (!lost_write(c, job, lost, size, &map))
		good = false;
	if (good && !c->quiet) {
		fprintf(stderr, "%s: %s%s%s%s, %" PRIu64 " bytes; %" PRIu64 " of them could not be had%s%s\n", job->out, con->what,
			con->holds ? " (" : "", con->holds ? con->holds : "", con->holds ? ")" : "", size, sums->lost,
			map ? ", listed in " : "", map ? map : "");
		if (con->note)
			fprintf(stderr, "%s: %s\n", job->out, con->note);
	}
	free(map);
	return !good ? EXIT_FAILED : sums->lost ? EXIT_LEFT : EXIT_CLEAN;
}

static int extract(struct cli *c, struct job *job, struct arena *a, const struct extract_content *con)
{
	struct extract_writer w = { .bytes = bytes_write, .progress = progress, .ctx = job };
	struct extract_blocks whole = { 0, 1 }, *ranges = &whole;
	struct extract_lost lost = { 0 };
	struct extract_sums sums = { 0 };
	struct problem p = { STATUS_OK, "" };
	enum status st = STATUS_OK;
	uint64_t unit = con->image->size, to = 0;
	size_t nr = 1;
	const char *why;

	if (job->blocks) {
		unit = con->block;
		if (unit == 0)
			return cli_error(c, EXIT_USAGE, "%s has no blocks; extract it as a disk", con->what);
		if (!extract_blocks_parse(a, job->blocks, con->image->size / unit, &ranges, &nr, &why))
			return cli_error(c, EXIT_USAGE, "%s", why);
	}
	if (!output_open(c, &job->file, job->out))
		return EXIT_FAILED;
	job->sparse = job->file.aside != NULL;
	job->title = con->what;
	for (size_t i = 0; i < nr && st == STATUS_OK; i++) {
		st = extract_bytes(con->image, ranges[i].first * unit, ranges[i].nr * unit, to, &w, &lost, &sums, &p);
		to += ranges[i].nr * unit;
	}
	watch_hide();
	int status = ended(c, job, con, to, &lost, &sums, st, p.text);
	if (!output_close(c, &job->file, status == EXIT_CLEAN || status == EXIT_LEFT))
		status = status == EXIT_CLEAN || status == EXIT_LEFT ? EXIT_FAILED : status;
	extract_lost_free(&lost);
	return status;
}

static int several(struct cli *c, struct job *job, struct arena *a, const struct model *m)
{
	struct extract_content con;

	cli_error(c, EXIT_USAGE, "there are several; say which with --number:");
	for (uint32_t i = 0; job->kind->find(a, m, job->when, i, &con); i++)
		fprintf(stderr, "  --number %" PRIu32 "  %s, %" PRIu64 " bytes, %s\n", i, con.what, con.image->size,
			node_path(a, con.node));
	return EXIT_USAGE;
}

/* Every object, and the table that tells where each is. */
static int all_objects(struct cli *c, struct job *job, const struct result *r)
{
	struct extract_content con = { .what = "all objects" };
	struct extract_writer w = { .bytes = bytes_write, .progress = progress, .ctx = job };
	struct extract_lost lost = { 0 };
	struct extract_sums sums = { 0 };
	struct problem p = { STATUS_OK, "" };
	struct output index;
	char *name = NULL;
	uint64_t len;

	if (job->index == NULL && asprintf(&name, "%s.index", job->out) < 0)
		return cli_error(c, EXIT_FAILED, "no memory");
	if (!output_open(c, &index, job->index ? job->index : name)) {
		free(name);
		return EXIT_FAILED;
	}
	bool open = output_open(c, &job->file, job->out);
	int status = EXIT_FAILED;
	if (open) {
		job->sparse = job->file.aside != NULL;
		job->title = con.what;
		enum status st = extract_objects(&r->model, &w, &lost, &sums, text_put, index.f, &len, &p);
		watch_hide();
		status = ended(c, job, &con, len, &lost, &sums, st, p.text);
	}
	bool good = status == EXIT_CLEAN || status == EXIT_LEFT;
	if (open && !output_close(c, &job->file, good) && good)
		status = EXIT_FAILED;
	if (!output_close(c, &index, good) && good)
		status = EXIT_FAILED;
	extract_lost_free(&lost);
	free(name);
	return status;
}

static int told(struct cli *c, const struct result *r, const struct report_options *o, int i, int nr, void *ctx)
{
	struct extract_content con, other;
	struct job *job = ctx;

	(void)o;
	(void)i;
	(void)nr;
	if (r->status != STATUS_OK)
		return cli_error(c, (int)outcome_of_status(r->status), "%s", r->problem.text);
	if (job->all)
		return all_objects(c, job, r);
	if (job->name) {
		const char *why = NULL;

		if (!job->kind->named(r->arena, &r->model, job->name, &con, &why))
			return cli_error(c, EXIT_USAGE, "%s: %s", r->path, why);
		return extract(c, job, r->arena, &con);
	}
	if (!job->kind->find(r->arena, &r->model, job->when, (uint32_t)job->number, &con))
		return cli_error(c, EXIT_NO_POOL, "%s: no such content here: %s", r->path, job->kind->says);
	if (!job->numbered && job->kind->find(r->arena, &r->model, job->when, 1, &other))
		return several(c, job, r->arena, &r->model);
	return extract(c, job, r->arena, &con);
}

static bool own(struct cli *c, struct job *job, int id)
{
	switch (id) {
	case OWN_OUT:
		job->out = c->arg;
		return true;
	case OWN_LOST:
		job->lost = c->arg;
		return true;
	case OWN_ALL:
		job->all = true;
		return true;
	case OWN_INDEX:
		job->index = c->arg;
		return true;
	case OWN_NUMBER:
		job->numbered = true;
		return cli_count(c, "--number", UINT32_MAX, &job->number);
	default:
		job->when = id == OWN_BEFORE ? EXTRACT_BEFORE : EXTRACT_STORED;
		return true;
	}
}

static const char *next_kind(const void *ctx, size_t i)
{
	(void)ctx;
	return i < extract_kinds_nr ? extract_kinds[i].name : NULL;
}

/* SOURCE WHAT [BLOCKS] */
static int operands(struct cli *c, struct job *job)
{
	const char *what = cli_operand(c, 0) ? cli_operand(c, 1) : NULL;

	if (what == NULL)
		return cli_error(c, EXIT_USAGE, "which SOURCE, and what of it? See pmemscope extract --help");
	job->kind = extract_kinds_find(what);
	if (job->kind == NULL) {
		const char *near = command_nearest(what, next_kind, NULL);

		return cli_error(c, EXIT_USAGE, "'%s' cannot be extracted%s%s", what, near ? "; did you mean " : "",
				 near ? near : "");
	}
	if (job->kind->named) {
		job->name = cli_operand(c, 2);
		if ((job->name != NULL) == job->all || (job->name && cli_operand(c, 3)))
			return cli_error(c, EXIT_USAGE, "which one? Name one %s, or give --all", job->kind->name);
	} else if (job->all) {
		return cli_error(c, EXIT_USAGE, "--all goes with objects");
	} else {
		job->blocks = cli_operand(c, 2);
	}
	if (!job->kind->named && (job->kind->by_blocks != (job->blocks != NULL) || (job->blocks && cli_operand(c, 3))))
		return cli_error(c, EXIT_USAGE, job->kind->by_blocks ? "which blocks? Such as 0-99,200"
								     : "one SOURCE and one thing at a time");
	if (job->out == NULL)
		return cli_error(c, EXIT_USAGE, "where to? Give --out FILE, or --out - for standard output");
	return EXIT_CLEAN;
}

static int run(struct cli *c)
{
	static const char *nothing[] = { "none" }; /* no check has such an id: only decoding is wanted */
	struct job job = { .when = EXTRACT_STARTED };
	struct analysis an;
	int id, status;

	analysis_start(&an);
	an.options.intake.no_digests = true;
	an.options.no_map = true;
	while ((id = cli_next(c)) >= 0) {
		bool mine = id == OWN_OUT || (id >= OWN_BEFORE && id <= OWN_LOST);

		if (mine ? own(c, &job, id) : analysis_option(c, &an, id))
			continue;
		if (c->status == 0)
			c->status = EXIT_USAGE;
		id = CLI_STOP;
		break;
	}
	status = c->status;
	if (id == CLI_END && (status = operands(c, &job)) == EXIT_CLEAN) {
		while (cli_operand(c, 1))
			c->argc--;
		free(an.only.list);
		an.only = (struct words){ nothing, 1 };
		status = analysis_run(c, &an, told, &job);
		an.only = (struct words){ NULL, 0 };
	}
	analysis_free(&an);
	return cli_flush(c, status);
}

const struct command command_extract = {
	.name = "extract", .args = "SOURCE WHAT [BLOCKS|OBJECT]", .summary = "logical content, to a file",
	.about = "Takes out of SOURCE what its bytes stand for. WHAT is one of:\n\n"
		 "disk: the flat block device inside a BTT, a pmemblk pool or a namespace, as its driver shows it after its "
		 "start-up recovery. blocks: some blocks of it, such as 0-99,200. log: the text of a pmemlog pool. pool: the "
		 "address space that a pool's parts make together. object: the user data of one object of a pmemobj pool (root, an "
		 "offset in the pool, or TYPE#N, the Nth of a type), or of all of them with --all, and then a table of them.\n\n"
		 "The output is sparse. What is marked as bad or could not be read is zero in it and listed in a ddrescue "
		 "mapfile; the exit status is 4 then.",
	.tables = { &table, &option_evidence },
	.sources = true, .run = run,
};
