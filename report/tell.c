#include "report/tell.h"

#include "formats/base/uuid.h"
#include "report/outcome.h"
#include "report/text/page.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { BYTES_TOLD = 16 };

static void value(const struct redact *rd, enum told what, const char *text, size_t len, struct buf *out)
{
	if (!redact_value(rd, what, text, len, out))
		buf_puts(out, "(left out)");
}

static void names(const struct name_of *n, enum kind kind, uint64_t v, struct buf *out)
{
	const char *between = " ";

	for (; n && n->name; n++)
		if (kind == KIND_FLAGS ? n->value && (v & n->value) == n->value : v == n->value) {
			buf_printf(out, "%s%s", between, n->name);
			between = "|";
		}
}

static void number(const struct redact *rd, enum kind kind, const struct name_of *n, uint64_t v, struct buf *out)
{
	char text[32], when[32];
	time_t t = (time_t)v;
	struct tm tm;

	switch (kind) {
	case KIND_ID:
		snprintf(text, sizeof(text), "0x%" PRIx64, v);
		value(rd, TOLD_ID, text, strlen(text), out);
		return;
	case KIND_FLAGS:
	case KIND_SUM:
	case KIND_OFF:
	case KIND_PAD:
		buf_printf(out, "0x%" PRIx64, v);
		break;
	case KIND_SIZE:
		buf_printf(out, "%" PRIu64, v);
		if (v >= 1024)
			buf_printf(out, " (%s)", page_size(v, text));
		break;
	case KIND_TIME:
		buf_printf(out, "%" PRIu64, v);
		if (v && v < UINT64_C(1) << 40 && gmtime_r(&t, &tm) && strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm))
			buf_printf(out, " (%s UTC)", when);
		break;
	default:
		buf_printf(out, "%" PRIu64, v);
	}
	names(n, kind, v, out);
}

static void uuid(const struct redact *rd, enum kind kind, const uint8_t *u, struct buf *out)
{
	char text[UUID_TEXT_LEN];

	(kind == KIND_UUID ? uuid_text_pmdk : uuid_text_rfc)(u, text);
	value(rd, TOLD_UUID, text, strlen(text), out);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static void raw(const struct redact *rd, const struct field *f, const uint8_t *p, struct buf *out)
{
	if (f->kind == KIND_TEXT) {
		buf_puts(out, "\"");
		value(rd, TOLD_TEXT, (const char *)p, strnlen((const char *)p, f->width), out);
		buf_puts(out, "\"");
	} else if (!redact_shows(rd, TOLD_BYTES)) {
		buf_puts(out, "(left out)");
	} else if (all_zero(p, f->width)) {
		buf_puts(out, "zero");
	} else {
		buf_hex(out, p, f->width < BYTES_TOLD ? f->width : BYTES_TOLD);
		if (f->width > BYTES_TOLD)
			buf_printf(out, "... (%" PRIu32 " bytes)", f->width);
	}
}

void tell_field(const struct redact *rd, const struct field *f, const void *host, struct buf *out)
{
	if (f->kind == KIND_UUID || f->kind == KIND_UUID_BE)
		uuid(rd, f->kind, layout_bytes(f, host), out);
	else if (f->rep == REP_RAW)
		raw(rd, f, layout_bytes(f, host), out);
	else if (!redact_shows(rd, redact_told(f->kind)))
		buf_puts(out, "(left out)");
	else
		number(rd, f->kind, f->names, layout_value(f, host), out);
}

void tell_fact(const struct redact *rd, const struct fact *f, struct buf *out)
{
	if (f->kind == KIND_UUID || f->kind == KIND_UUID_BE)
		uuid(rd, f->kind, f->bytes, out);
	else if (f->kind == KIND_TEXT)
		value(rd, f->text[0] == '/' ? TOLD_NAME : TOLD_SENTENCE, f->text, strlen(f->text), out);
	else if (!redact_shows(rd, redact_told(f->kind)))
		buf_puts(out, "(left out)");
	else
		number(rd, f->kind, NULL, f->value, out);
}

void tell_number(uint64_t nr, const char *noun, struct buf *out)
{
	buf_printf(out, "%" PRIu64 " %s%s", nr, noun, nr == 1 ? "" : "s");
}

void tell_counts(const struct findings *fs, struct buf *out)
{
	bool any = false;

	for (int s = ERROR; s >= NOTE; s--)
		if (fs && fs->nr[s]) {
			buf_puts(out, any ? ", " : "");
			tell_number(fs->nr[s], outcome_severity((enum severity)s), out);
			any = true;
		}
	if (!any)
		buf_puts(out, "nothing found");
}

const char *tell_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}
