/* A pool, set or device to one file: sparse, seekable, with what could not be read beside it. */
#include "analyzer/capture/capture.h"
#include "analyzer/capture/names.h"
#include "report/cli/analysis.h"
#include "report/cli/output.h"
#include "report/cli/verbs.h"
#include "report/cli/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OWN_OUT = 'o', OWN_METADATA = OPT_OWN, OWN_SCRUB, OWN_NAMES, OWN_FRESH };
enum { NAMES_MAX = 16 << 20, STATE_MAX = 1 << 30 }; /* bytes of text */

static const struct option_row rows[] = {
	{ OWN_OUT, 'o', "out", "FILE", ARG_FILE, NULL, "the capture, such as pool.tar.gz; '-' is standard output" },
	{ OWN_METADATA, 0, "metadata-only", NULL, ARG_NONE, NULL, "leave user bytes out: structures alone" },
	{ OWN_SCRUB, 0, "scrub", NULL, ARG_NONE, NULL, "tokens in place of paths, hosts, layout and namespace names" },
	{ OWN_NAMES, 0, "names", "FILE", ARG_FILE, NULL,
	  "with --scrub: which token stands for what, kept for you alone (default FILE.names); tokens in it are used again" },
	{ OWN_FRESH, 0, "fresh", NULL, ARG_NONE, NULL, "start anew where one that was cut off could be gone on with" },
};
static const struct option_table table = OPTION_TABLE("Capture", rows);

struct job {
	const char *out, *names;
	char *own_names, *partial, *state;
	bool metadata_only, scrub, fresh;
	int fd, state_fd;  /* -1: none */
	bool stream;       /* standard output: nothing to go on from */
	bool renamed, failed;
	int error;         /* errno of the first write that failed */
	uint64_t written;
};

static bool bytes_write(struct job *job, int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			job->error = errno;
			return false;
		}
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool put(void *ctx, const void *bytes, size_t len)
{
	struct job *job = ctx;

	job->written += len;
	return bytes_write(job, job->fd, bytes, len);
}

/* What is noted as done is on stable storage before the note is. */
static bool keep(void *ctx, const char *line)
{
	struct job *job = ctx;

	return fdatasync(job->fd) == 0 && bytes_write(job, job->state_fd, line, strlen(line)) &&
	       bytes_write(job, job->state_fd, "\n", 1);
}

static void job_close(struct job *job)
{
	if (job->fd >= 0 && !job->stream)
		close(job->fd);
	if (job->state_fd >= 0)
		close(job->state_fd);
	free(job->own_names);
	free(job->partial);
	free(job->state);
}

/* All of fd; NULL: it cannot be had. To be freed. */
static char *text_of(int fd, size_t max)
{
	struct stat st;
	size_t len = 0;

	if (fstat(fd, &st) != 0 || st.st_size < 0 || (size_t)st.st_size > max)
		return NULL;
	char *text = malloc((size_t)st.st_size + 1);
	for (ssize_t n = 1; text && n > 0 && len < (size_t)st.st_size; len += n > 0 ? (size_t)n : 0)
		n = pread(fd, text + len, (size_t)st.st_size - len, (off_t)len);
	if (text)
		text[len] = '\0';
	return text;
}

/* A tar that is one of the SOURCE's own files would overwrite evidence. */
static bool is_source(const struct result *r, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	for (const struct item *it = r->intake.first; it; it = it->next)
		if (it->dev == st.st_dev && it->ino == st.st_ino)
			return true;
	return false;
}

/* The files that grow beside the output; locked, so that two captures do not write into one. */
static int files_open(struct cli *c, struct job *job)
{
	if (job->stream) {
		job->fd = STDOUT_FILENO;
		return EXIT_CLEAN;
	}
	if (asprintf(&job->partial, "%s.partial", job->out) < 0 || asprintf(&job->state, "%s.partial.state", job->out) < 0) {
		job->partial = job->state = NULL;
		return cli_error(c, EXIT_FAILED, "no memory");
	}
	job->fd = open(job->partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	job->state_fd = job->fd < 0 ? -1 : open(job->state, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0600);
	if (job->state_fd < 0)
		return cli_error(c, EXIT_FAILED, "%s: cannot be written: %s", job->fd < 0 ? job->partial : job->state,
				 strerror(errno));
	if (flock(job->fd, LOCK_EX | LOCK_NB) != 0)
		return cli_error(c, EXIT_FAILED, "%s: another capture is writing it", job->partial);
	return EXIT_CLEAN;
}

/* True: cap goes on where the files stand. Else they are empty, and cap is as it was opened. */
static bool go_on(struct cli *c, struct job *job, struct capture *cap, const struct result *r,
		  const struct capture_options *o, struct problem *p)
{
	char *text = job->stream ? NULL : text_of(job->state_fd, STATE_MAX);
	uint64_t len = 0;
	struct stat st;
	bool on = false;

	if (text && *text && !job->fresh && !job->metadata_only && !job->scrub) {
		on = capture_resume(cap, text, &len) && fstat(job->fd, &st) == 0 && (uint64_t)st.st_size >= len;
		if (!on) {
			capture_close(cap);
			capture_open(cap, r, o, p);
			cli_error(c, 0, "%s is of another pool, or damaged: starting anew", job->partial);
		} else if (!c->quiet) {
			fprintf(stderr, "%s: going on after %" PRIu64 " bytes\n", job->partial, len);
		}
	}
	free(text);
	if (!job->stream && (ftruncate(job->fd, (off_t)(on ? len : 0)) != 0 || lseek(job->fd, 0, SEEK_END) < 0 ||
			     (!on && ftruncate(job->state_fd, 0) != 0)))
		problem_set(p, STATUS_IO, "%s: %s", job->partial, strerror(errno));
	job->written = on ? len : 0;
	return on;
}

/* Whose tokens are used; those of an earlier capture first. */
static int names_open(struct cli *c, struct job *job, struct arena *a, struct capture_names *names)
{
	char *text = NULL;

	if (job->names == NULL && (job->stream || asprintf(&job->own_names, "%s.names", job->out) < 0)) {
		job->own_names = NULL;
		return cli_error(c, EXIT_USAGE, "--scrub to standard output: say with --names where the list of tokens goes");
	}
	if (job->names == NULL)
		job->names = job->own_names;
	int fd = open(job->names, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		text = text_of(fd, NAMES_MAX);
		close(fd);
	}
	bool good = (fd >= 0 || errno == ENOENT) && names_read(names, a, text ? text : "");
	free(text);
	return good ? EXIT_CLEAN : cli_error(c, EXIT_FAILED, "%s: this is no list of tokens, or cannot be read; name another "
					     "with --names", job->names);
}

/* For its owner alone, before the capture that cannot be read without it is there. */
static bool names_save(struct cli *c, const struct job *job, const struct capture_names *names)
{
	struct text text = { .p = NULL };
	struct output out;

	names_text(names, &text);
	bool open = output_open(c, &out, job->names);
	bool good = open && !text.failed && fchmod(fileno(out.f), 0600) == 0 &&
		    fwrite(text.p, 1, text.len, out.f) == text.len && fflush(out.f) == 0 && fsync(fileno(out.f)) == 0;
	text_free(&text);
	return open && output_close(c, &out, good) && good;
}

static bool finish(struct cli *c, struct job *job)
{
	mode_t mask = umask(0);

	umask(mask);
	if (job->stream)
		return true;
	if (fsync(job->fd) != 0 || fchmod(job->fd, 0666 & ~mask) != 0 || rename(job->partial, job->out) != 0) {
		cli_error(c, EXIT_FAILED, "%s: %s; what was captured is in %s", job->out, strerror(errno), job->partial);
		return false;
	}
	unlink(job->state);
	return true;
}

static void say(const struct cli *c, const struct job *job, const struct capture *cap)
{
	uint64_t size = 0, left = 0, lost = 0;

	for (uint32_t i = 0; i < cap->nr; i++) {
		size += cap->parts[i].image->size;
		left += cap->parts[i].left_out;
		lost += cap->parts[i].sums.lost;
	}
	if (c->quiet)
		return;
	fprintf(stderr, "%s: %" PRIu32 " files of %" PRIu64 " bytes in %" PRIu64 "; %" PRIu64 " of them could not be read",
		job->stream ? "standard output" : job->out, cap->nr, size, job->written, lost);
	if (job->metadata_only)
		fprintf(stderr, "; %" PRIu64 " were left out", left);
	if (job->scrub)
		fprintf(stderr, "; names are in %s", job->names);
	fputc('\n', stderr);
}

static int written(struct cli *c, struct job *job, struct capture *cap, const struct capture_options *o, enum status st,
		   const struct problem *p)
{
	uint64_t lost = 0;

	watch_hide();
	if (st == STATUS_INTERRUPTED) {
		if (!job->stream && !job->metadata_only && !job->scrub)
			fprintf(stderr, "%s: cut off; the same command goes on from there\n", job->partial);
		return EXIT_INTERRUPTED;
	}
	if (st != STATUS_OK)
		return cli_error(c, (int)outcome_of_status(st), "%s: %s%s%s", job->out, p->text, job->error ? ": " : "",
				 job->error ? strerror(job->error) : "");
	if ((o->names && !names_save(c, job, o->names)) || !finish(c, job))
		return EXIT_FAILED;
	say(c, job, cap);
	for (uint32_t i = 0; i < cap->nr; i++)
		lost += cap->parts[i].sums.lost;
	return lost ? EXIT_LEFT : EXIT_CLEAN;
}

static int capture(struct cli *c, struct job *job, const struct result *r, const struct report_options *ro)
{
	struct capture_names names;
	struct capture_options o = {
		.metadata_only = job->metadata_only, .names = job->scrub ? &names : NULL, .tool = "pmemscope " PMEMSCOPE_VERSION,
		.host = ro->host, .now = ro->now, .intake = &ro->analyze->intake,
	};
	struct capture_sink sink = { .put = put, .keep = job->stream ? NULL : keep, .ctx = job };
	struct problem p = { STATUS_OK, "" };
	struct capture cap;
	int status = EXIT_CLEAN;

	if (is_source(r, job->out))
		return cli_error(c, EXIT_USAGE, "%s is part of the SOURCE itself", job->out);
	if (job->scrub)
		status = names_open(c, job, r->arena, &names);
	if (status != EXIT_CLEAN)
		return status;
	enum status st = capture_open(&cap, r, &o, &p);
	if (st == STATUS_OK)
		status = files_open(c, job);
	if (st == STATUS_OK && status == EXIT_CLEAN) {
		go_on(c, job, &cap, r, &o, &p);
		st = p.status;
	}
	if (st == STATUS_OK && status == EXIT_CLEAN)
		st = capture_write(&cap, &sink, &p);
	if (status == EXIT_CLEAN)
		status = written(c, job, &cap, &o, st, &p);
	capture_close(&cap);
	return status;
}

static int told(struct cli *c, const struct result *r, const struct report_options *o, int i, int nr, void *ctx)
{
	(void)i;
	(void)nr;
	/* what is no pool can be captured all the same: it may be one that nobody recognises any more */
	if (r->status != STATUS_OK && (r->status != STATUS_UNSUPPORTED || r->intake.nr == 0))
		return cli_error(c, (int)outcome_of_status(r->status), "%s", r->problem.text);
	if (r->status == STATUS_UNSUPPORTED)
		cli_error(c, 0, "%s", r->problem.text);
	return capture(c, ctx, r, o);
}

static bool own(struct cli *c, struct job *job, int id)
{
	switch (id) {
	case OWN_OUT: job->out = c->arg; return true;
	case OWN_METADATA: job->metadata_only = true; return true;
	case OWN_SCRUB: job->scrub = true; return true;
	case OWN_NAMES: job->names = c->arg; return true;
	case OWN_FRESH: job->fresh = true; return true;
	default: return false;
	}
}

static int operands(struct cli *c, const struct job *job)
{
	if (cli_operand(c, 0) == NULL || cli_operand(c, 1))
		return cli_error(c, EXIT_USAGE, "one SOURCE at a time; see pmemscope capture --help");
	if (job->out == NULL)
		return cli_error(c, EXIT_USAGE, "where to? Give --out FILE, or --out - for standard output");
	if (job->names && !job->scrub)
		return cli_error(c, EXIT_USAGE, "--names goes with --scrub");
	return EXIT_CLEAN;
}

static int run(struct cli *c)
{
	static const char *nothing[] = { "none" }; /* no check has such an id: only decoding is wanted */
	struct job job = { .fd = -1, .state_fd = -1 };
	struct analysis an;
	int id, status;

	analysis_start(&an);
	an.options.no_map = true;
	an.options.quick = true;
	while ((id = cli_next(c)) >= 0) {
		if (own(c, &job, id) || analysis_option(c, &an, id))
			continue;
		if (c->status == 0)
			c->status = EXIT_USAGE;
		id = CLI_STOP;
		break;
	}
	status = c->status;
	if (id == CLI_END && (status = operands(c, &job)) == EXIT_CLEAN) {
		job.stream = strcmp(job.out, "-") == 0;
		free(an.only.list);
		an.only = (struct words){ nothing, 1 };
		status = analysis_run(c, &an, told, &job);
		an.only = (struct words){ NULL, 0 };
	}
	job_close(&job);
	analysis_free(&an);
	return status;
}

const struct command command_capture = {
	.name = "capture", .args = "SOURCE", .summary = "a live pool, set or device, to one file",
	.about = "Takes all files of a pool as they are now into one FILE: a tar of sparse files in gzip, which tar and gunzip read, and "
		 "in which pmemscope begins where it likes. The SOURCE is only read, and may be in use: the capture is then no "
		 "snapshot, but each byte as it was at some time while it was made.\n\n"
		 "What cannot be read is passed over and listed beside its file in the capture, NAME.map, as a ddrescue mapfile; the "
		 "exit status is 4 then. At the end stands capture.json: sizes, digests, what was left out, and the machine's "
		 "persistent memory: namespaces, health, shutdown counts, bad blocks.\n\n"
		 "A capture grows in FILE.partial. When it is cut off, the same command goes on from there.\n\n"
		 "With --metadata-only user bytes are left out, and a large pool becomes small. In the capture, NAME.taken tells "
		 "what was taken; what was not counts as not read, never as zero. Undo logs are taken without what was in them: "
		 "before-images are zeros under checksums made anew.",
	.tables = { &table, &option_evidence },
	.sources = true, .run = run,
};
