#include "report/batch/joined_sarif.h"

#include "report/batch/papers.h"
#include "report/batch/results.h"
#include "report/escape.h"
#include "report/sarif/sarif.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void batch_joined_sarif_begin(struct batch_joined_sarif *s, FILE *f)
{
	*s = (struct batch_joined_sarif){ .f = f };
	fputs(SARIF_BEFORE, f);
}

static bool reads(FILE *f, const char *text)
{
	char bytes[128];
	size_t len = strlen(text);

	return len <= sizeof(bytes) && fread(bytes, 1, len, f) == len && memcmp(bytes, text, len) == 0;
}

/* The bytes of the run in a log of one, which f then stands at; 0: this is no log as a worker writes it. */
static size_t run_find(FILE *f)
{
	size_t around = strlen(SARIF_BEFORE) + strlen(SARIF_AFTER);
	struct stat st;

	if (fstat(fileno(f), &st) != 0 || st.st_size <= (off_t)around)
		return 0;
	if (fseeko(f, -(off_t)strlen(SARIF_AFTER), SEEK_END) != 0 || !reads(f, SARIF_AFTER))
		return 0;
	rewind(f);
	return reads(f, SARIF_BEFORE) ? (size_t)st.st_size - around : 0;
}

/* False: there is none. */
static bool run_copy(struct batch_joined_sarif *s, const struct batch_entry *e)
{
	char *path = batch_results_path(e->results, e->id, batch_paper_names[BATCH_PAPER_SARIF]), bytes[65536];
	FILE *f = path ? fopen(path, "re") : NULL;
	size_t left = f ? run_find(f) : 0, n;
	bool any = left > 0;

	free(path);
	if (any && s->more)
		fputs(SARIF_BETWEEN, s->f);
	s->more |= any;
	for (; left && (n = fread(bytes, 1, left < sizeof(bytes) ? left : sizeof(bytes), f)) > 0; left -= n)
		fwrite(bytes, 1, n, s->f);
	if (f)
		fclose(f);
	return any;
}

/* As RFC 3986 has it: what is no letter, digit or one of few marks is percent-encoded; a hex form is bytes. */
static void put_uri(struct buf *b, const json_t *source)
{
	char *path = batch_path_get(source);

	buf_puts(b, "file://");
	for (const char *c = path ? path : ""; *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("/-._~", *c))
			buf_add(b, c, 1);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*c);
	free(path);
}

static void put_finding(struct batch_joined_sarif *s, const json_t *finding)
{
	const char *id = json_string_value(json_object_get(finding, "id"));
	const char *message = json_string_value(json_object_get(finding, "message"));

	buf_puts(&s->results, s->results.len ? ",\n{\"ruleId\": \"" : "\n{\"ruleId\": \"");
	escape_json(&s->results, id ? id : "", id ? strlen(id) : 0);
	buf_puts(&s->results, "\", \"level\": \"error\", \"message\": {\"text\": \"");
	escape_json(&s->results, message ? message : "", message ? strlen(message) : 0);
	buf_printf(&s->results, "\"}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"index\": %" PRIu64 "}}}]}", s->nr);
}

bool batch_joined_sarif_add(struct batch_joined_sarif *s, const struct batch_entry *e, const json_t *row, const json_t *finding)
{
	const json_t *source = json_object_get(row, "source");

	if (!run_copy(s, e) || finding) {
		if (finding)
			put_finding(s, finding);
		buf_puts(&s->artifacts, s->nr++ ? ",\n{" : "\n{");
		if (!json_is_null(source)) { /* redacted: known by its id alone */
			buf_puts(&s->artifacts, "\"location\": {\"uri\": \"");
			put_uri(&s->artifacts, source);
			buf_puts(&s->artifacts, "\"}, ");
		}
		buf_printf(&s->artifacts, "\"roles\": [\"analysisTarget\"], \"properties\": {\"id\": \"%s\"}}", e->id);
	}
	return !s->artifacts.failed && !s->results.failed && !ferror(s->f);
}

bool batch_joined_sarif_end(struct batch_joined_sarif *s)
{
	bool good = !s->artifacts.failed && !s->results.failed;

	if (s->nr) {
		if (s->more)
			fputs(SARIF_BETWEEN, s->f);
		fprintf(s->f, "{\"tool\": {\"driver\": {\"name\": \"pmemscope\", \"version\": \"" PMEMSCOPE_VERSION "\"}}, \"artifacts\": [%s],\n"
			      "\"results\": [%s]}\n", buf_text(&s->artifacts), buf_text(&s->results));
	}
	fputs(SARIF_AFTER, s->f);
	buf_free(&s->artifacts);
	buf_free(&s->results);
	return good;
}
