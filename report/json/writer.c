#include "report/json/writer.h"

#include "report/escape.h"

#include <inttypes.h>
#include <string.h>

static const uint64_t NUMBER_MAX = (UINT64_C(1) << 53) - 1; /* exact in a double */

static void break_line(struct json *j)
{
	putc('\n', j->f);
	for (unsigned i = 0; i < j->depth && i <= j->lines; i++)
		fputs("  ", j->f);
}

static void start(struct json *j, const char *key)
{
	if (j->more)
		putc(',', j->f);
	if (j->depth && j->depth <= j->lines)
		break_line(j);
	else if (j->more)
		putc(' ', j->f);
	if (key)
		fprintf(j->f, "\"%s\": ", key);
	j->more = true;
}

static void open_with(struct json *j, const char *key, char c)
{
	start(j, key);
	putc(c, j->f);
	j->depth++;
	j->more = false;
}

static void close_with(struct json *j, char c)
{
	bool any = j->more;

	j->depth--;
	if (any && j->depth < j->lines)
		break_line(j);
	putc(c, j->f);
	j->more = true;
}

void json_open_object(struct json *j, const char *key)
{
	open_with(j, key, '{');
}

void json_close_object(struct json *j)
{
	close_with(j, '}');
}

void json_open_array(struct json *j, const char *key)
{
	open_with(j, key, '[');
}

void json_close_array(struct json *j)
{
	close_with(j, ']');
}

void json_line(struct json *j)
{
	if (j->lines == 0 || j->depth <= j->lines)
		return; /* all on one line; or it gets one anyway */
	if (j->more)
		putc(',', j->f);
	j->more = false;
	break_line(j);
}

void json_number(struct json *j, const char *key, uint64_t v)
{
	start(j, key);
	fprintf(j->f, v <= NUMBER_MAX ? "%" PRIu64 : "\"0x%" PRIx64 "\"", v);
}

void json_hex(struct json *j, const char *key, uint64_t v, unsigned digits)
{
	start(j, key);
	fprintf(j->f, "\"0x%0*" PRIx64 "\"", (int)digits, v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	start(j, key);
	fputs(v ? "true" : "false", j->f);
}

void json_nothing(struct json *j, const char *key)
{
	start(j, key);
	fputs("null", j->f);
}

static void string(struct json *j, const void *text, size_t len)
{
	buf_cut(&j->escaped, 0);
	escape_json(&j->escaped, text, len);
	putc('"', j->f);
	fwrite(buf_text(&j->escaped), 1, j->escaped.len, j->f);
	putc('"', j->f);
}

void json_word(struct json *j, const char *key, const char *word)
{
	start(j, key);
	string(j, word, strlen(word));
}

static void hex_object(struct json *j, const char *key, const void *bytes, size_t len)
{
	json_open_object(j, key);
	buf_cut(&j->escaped, 0);
	buf_hex(&j->escaped, bytes, len);
	start(j, "hex");
	fprintf(j->f, "\"%s\"", buf_text(&j->escaped));
	json_close_object(j);
}

void json_redacted(struct json *j, const char *key, const char *what, size_t len)
{
	json_open_object(j, key);
	json_word(j, "redacted", what);
	if (len && redact_level(j->redact) < REDACT_STRICT)
		json_number(j, "length", len);
	json_close_object(j);
}

void json_told(struct json *j, const char *key, enum told what, const char *text, size_t len)
{
	buf_cut(&j->told, 0);
	if (!redact_value(j->redact, what, text, len, &j->told)) {
		json_redacted(j, key, "text", 0);
	} else if (escape_is_utf8(buf_text(&j->told), j->told.len)) {
		start(j, key);
		string(j, buf_text(&j->told), j->told.len);
	} else {
		hex_object(j, key, buf_text(&j->told), j->told.len);
	}
}

void json_sentence(struct json *j, const char *key, const char *text)
{
	if (text)
		json_told(j, key, TOLD_SENTENCE, text, strlen(text));
}

void json_name(struct json *j, const char *key, const char *text)
{
	if (text)
		json_told(j, key, TOLD_NAME, text, strlen(text));
}

void json_bytes(struct json *j, const char *key, enum told what, const uint8_t *bytes, size_t len)
{
	if (redact_shows(j->redact, what))
		hex_object(j, key, bytes, len);
	else
		json_redacted(j, key, what == TOLD_USER ? "user-data" : "bytes", len);
}

bool json_end(struct json *j)
{
	bool good = !j->told.failed && !j->escaped.failed;

	putc('\n', j->f);
	buf_free(&j->told);
	buf_free(&j->escaped);
	return fflush(j->f) == 0 && !ferror(j->f) && good;
}
