#include "report/batch/done.h"

#include "report/batch/papers.h"
#include "report/batch/results.h"
#include "report/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_files(struct buf *b, int dir)
{
	const char *between = "";
	struct stat st;

	buf_puts(b, ", \"files\": [");
	for (size_t i = 0; i < BATCH_PAPERS; i++)
		if (fstatat(dir, batch_paper_names[i], &st, 0) == 0) {
			buf_printf(b, "%s{\"name\": \"%s\", \"size\": %" PRIu64 "}", between, batch_paper_names[i], (uint64_t)st.st_size);
			between = ", ";
		}
	buf_puts(b, "]");
}

/* names: told as they are. What is redacted in the reports is not told beside them. */
static void put_inputs(struct buf *b, const struct batch_image *im, bool names)
{
	buf_puts(b, ", \"inputs\": [");
	for (size_t i = 0; i < im->nr; i++) {
		struct batch_file now;

		buf_puts(b, i ? ", {\"path\": " : "{\"path\": ");
		if (names)
			batch_path_put(b, im->files[i].path);
		else
			buf_puts(b, "null");
		if (batch_file_look(im->files[i].path, &now))
			buf_printf(b, ", \"size\": %" PRIu64 ", \"mtime\": \"%s\"", now.size, now.mtime);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void put_all(struct buf *b, int dir, const struct batch_image *im, const struct batch_job *job, const struct batch_outcome *end)
{
	bool names = job->redact.level == REDACT_NONE;
	const struct check *finding = batch_end_check(end->end);

	buf_printf(b, "{\"document\": \"batch-result\", \"id\": \"%s\", \"kind\": \"%s\", \"source\": ", im->id, im->kind);
	if (names)
		batch_path_put(b, im->source);
	else
		buf_puts(b, "null");
	buf_printf(b, ", \"tool\": \"" PMEMSCOPE_VERSION "\", \"options\": \"%s\", \"exit_status\": %d, \"status\": \"%s\", "
		      "\"verdict\": \"%s\", \"retry\": %s, \"microseconds\": %" PRIu64, job->options, (int)end->exit,
		   outcome_status(end->status), batch_verdict_names[end->verdict], end->retry ? "true" : "false", end->microseconds);
	if (end->written)
		buf_printf(b, ", \"mended\": \"%s\"", job->mend == BATCH_MEND_COPY ? "copy" : "in place");
	if (finding)
		buf_printf(b, ", \"finding\": {\"id\": \"%s\", \"message\": \"%s\", \"signal\": %d}", finding->id, finding->says, end->signal);
	put_inputs(b, im, names);
	put_files(b, dir);
	buf_puts(b, "}\n");
}

bool batch_done_write(const char *dir, const struct batch_image *im, const struct batch_job *job, const struct batch_outcome *end)
{
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct buf b = { .p = NULL };
	bool good = false;

	if (at >= 0) {
		put_all(&b, at, im, job, end);
		fd = openat(at, BATCH_DONE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	}
	if (fd >= 0) {
		errno = b.failed ? ENOMEM : ENOSPC;
		good = !b.failed && write(fd, buf_text(&b), b.len) == (ssize_t)b.len;
		good = close(fd) == 0 && good;
	}
	if (at >= 0)
		close(at);
	buf_free(&b);
	return good;
}

static bool same_text(const json_t *doc, const char *key, const char *text)
{
	const char *v = json_string_value(json_object_get(doc, key));

	return v && strcmp(v, text) == 0;
}

static bool inputs_hold(const json_t *doc, const struct batch_image *im)
{
	const json_t *list = json_object_get(doc, "inputs"), *f;
	size_t i;

	if (json_array_size(list) != im->nr)
		return false;
	json_array_foreach(list, i, f) {
		struct batch_file now;

		if (!batch_file_look(im->files[i].path, &now) || !same_text(f, "mtime", now.mtime) ||
		    (uint64_t)json_integer_value(json_object_get(f, "size")) != now.size)
			return false;
	}
	return true;
}

/* What a power failure left may have a name and no bytes. */
static bool files_hold(const char *out, const char *id, const json_t *doc)
{
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(doc, "files"), i, f) {
		const char *name = json_string_value(json_object_get(f, "name"));
		char *path = name && !strchr(name, '/') ? batch_results_path(out, id, name) : NULL;
		struct stat st;
		bool good = path && stat(path, &st) == 0 && st.st_size == json_integer_value(json_object_get(f, "size"));

		free(path);
		if (!good)
			return false;
	}
	return true;
}

bool batch_done_holds(const char *out, const struct batch_image *im, const struct batch_job *job, enum batch_verdict *verdict,
		      enum exit_status *status)
{
	char *path = batch_results_path(out, im->id, BATCH_DONE);
	json_t *doc = path && access(path, F_OK) == 0 ? json_load_file(path, 0, NULL) : NULL;
	const char *word = json_string_value(json_object_get(doc, "verdict"));
	bool holds = word && same_text(doc, "id", im->id) && same_text(doc, "tool", PMEMSCOPE_VERSION) &&
		     same_text(doc, "options", job->options) && json_is_false(json_object_get(doc, "retry")) && inputs_hold(doc, im) &&
		     files_hold(out, im->id, doc);

	*verdict = BATCH_UNREAD;
	for (int i = 0; holds && i < BATCH_VERDICTS; i++)
		if (strcmp(word, batch_verdict_names[i]) == 0)
			*verdict = (enum batch_verdict)i;
	*status = (enum exit_status)json_integer_value(json_object_get(doc, "exit_status"));
	json_decref(doc);
	free(path);
	return holds;
}
