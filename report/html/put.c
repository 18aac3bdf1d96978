#include "report/html/put.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void html_put_text(FILE *out, const char *s)
{
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;

		switch (c) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default:
			if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
				fputs("\xef\xbf\xbd", out);
			else
				fputc(c, out);
		}
	}
}

void html_put_fragment(FILE *out, const char *s)
{
	for (; s && *s; s++) {
		if (isalnum((unsigned char)*s) || strchr("-_.", *s))
			fputc(*s, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*s);
	}
}

uint64_t html_number(const json_t *v)
{
	if (json_is_integer(v))
		return json_integer_value(v) < 0 ? 0 : (uint64_t)json_integer_value(v);
	return json_is_string(v) && strncmp(json_string_value(v), "0x", 2) == 0
		       ? strtoull(json_string_value(v), NULL, 16) : 0;
}

const char *html_string(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);
	const char *text = json_string_value(v);

	return text ? text : json_string_value(json_object_get(v, "text"));
}

void html_put_bytes(FILE *out, const json_t *v, size_t max)
{
	const char *hex = json_string_value(json_object_get(v, "hex"));
	size_t nr = hex ? strlen(hex) / 2 : 0;

	if (hex == NULL) {
		html_put_value(out, v);
		return;
	}
	for (size_t i = 0; i < nr && i < max; i++)
		fprintf(out, "%s%.2s", i == 0 ? "" : i % 8 ? " " : "  ", hex + 2 * i);
	if (nr > max)
		fprintf(out, " \xe2\x80\xa6 (%zu bytes)", nr);
}

void html_put_value(FILE *out, const json_t *v)
{
	if (json_is_string(v)) {
		html_put_text(out, json_string_value(v));
	} else if (json_is_integer(v)) {
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	} else if (json_is_boolean(v)) {
		fputs(json_is_true(v) ? "yes" : "no", out);
	} else if (json_object_get(v, "redacted")) {
		fputs("<span class=\"redacted\">", out);
		html_put_text(out, html_string(v, "redacted"));
		fputs(" left out", out);
		if (json_object_get(v, "length"))
			fprintf(out, ", %" PRIu64 " bytes", html_number(json_object_get(v, "length")));
		fputs("</span>", out);
	} else if (json_object_get(v, "hex")) {
		html_put_bytes(out, v, 64);
	}
}

void html_put_size(FILE *out, const json_t *v)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t n = html_number(v), whole = n;
	double d = (double)n;
	size_t u = 0;

	if (v == NULL || json_object_get(v, "redacted")) {
		html_put_value(out, v);
		return;
	}
	while (d >= 1024 && u < 6) {
		d /= 1024;
		whole = whole % 1024 ? 0 : whole / 1024; /* 0: not whole in this unit */
		u++;
	}
	if (u == 0 || whole)
		fprintf(out, "%.0f %s", d, n == 1 ? "byte" : units[u]);
	else
		fprintf(out, d < 10 ? "%.2f %s" : d < 100 ? "%.1f %s" : "%.0f %s", d, units[u]);
}

void html_put_hex(FILE *out, const json_t *v)
{
	fprintf(out, "0x%" PRIx64, html_number(v));
}

void html_put_count(FILE *out, uint64_t nr, const char *one, const char *many)
{
	fprintf(out, "%" PRIu64 " %s", nr, nr == 1 ? one : many);
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The length of the form of t that stands at s, or 0. */
static size_t term_at(const struct term *t, const char *s)
{
	const char *f = t->forms;

	while (f && *f) {
		size_t len = strcspn(f, "|");

		if (strncasecmp(s, f, len) == 0 && !word_char(s[len]))
			return len;
		f += len + (f[len] == '|');
	}
	return 0;
}

static void put_part(FILE *out, const char *s, size_t len)
{
	char buf[256];

	while (len) {
		size_t n = len < sizeof(buf) - 1 ? len : sizeof(buf) - 1;

		memcpy(buf, s, n);
		buf[n] = '\0';
		html_put_text(out, buf);
		s += n;
		len -= n;
	}
}

void html_put_prose(FILE *out, struct html_seen *seen, const char *s)
{
	const char *from = s;

	for (const char *p = s; s && *p; p++) {
		if (!isalpha((unsigned char)*p) || (p > s && word_char(p[-1])))
			continue;
		for (size_t i = 0; i < glossary_nr; i++) {
			size_t len = seen->term[i] ? 0 : term_at(&glossary[i], p);

			if (len == 0)
				continue;
			put_part(out, from, (size_t)(p - from));
			fprintf(out, "<a class=\"term\" href=\"#term-%s\">", glossary[i].id);
			put_part(out, p, len);
			fputs("</a>", out);
			seen->term[i] = true;
			from = p + len;
			p = from - 1;
			break;
		}
	}
	html_put_text(out, from);
}
