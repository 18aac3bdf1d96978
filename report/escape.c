#include "report/escape.h"

#include <string.h>

int32_t escape_utf8(const uint8_t *p, size_t len, size_t *step)
{
	static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t nr = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	int32_t code;

	*step = 1;
	if (nr == 1)
		return p[0];
	if (nr == 0 || nr > len)
		return -1;
	code = p[0] & (0x7f >> nr);
	for (size_t i = 1; i < nr; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[nr] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return -1;
	*step = nr;
	return code;
}

bool escape_is_utf8(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	size_t step;

	for (size_t i = 0; i < len; i += step)
		if (escape_utf8(p + i, len - i, &step) < 0)
			return false;
	return true;
}

bool escape_unsafe(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

void escape_plain(struct buf *b, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	size_t step;

	for (size_t i = 0; i < len; i += step) {
		int32_t c = escape_utf8(p + i, len - i, &step);

		if (c < 0 || (escape_unsafe(c) && c < 0x80))
			buf_printf(b, "\\x%02x", p[i]);
		else if (escape_unsafe(c))
			buf_printf(b, "\\u{%x}", (unsigned)c);
		else
			buf_add(b, p + i, step);
	}
}

void escape_json(struct buf *b, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	size_t step;

	for (size_t i = 0; i < len; i += step) {
		int32_t c = escape_utf8(p + i, len - i, &step);

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", (int)c);
		else if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if (c < 0)
			buf_puts(b, "\\ufffd");
		else if (c > 0xffff && escape_unsafe(c))
			buf_printf(b, "\\u%04x\\u%04x", 0xd800 + ((unsigned)(c - 0x10000) >> 10),
				   0xdc00 + ((unsigned)(c - 0x10000) & 0x3ff));
		else if (escape_unsafe(c))
			buf_printf(b, "\\u%04x", (unsigned)c);
		else
			buf_add(b, p + i, step);
	}
}

void escape_markdown(struct buf *b, const void *bytes, size_t len)
{
	struct buf plain = { .p = NULL };

	escape_plain(&plain, bytes, len);
	for (const char *p = buf_text(&plain); *p; p++) {
		if (*p == '<')
			buf_puts(b, "&lt;");
		else if (*p == '&')
			buf_puts(b, "&amp;");
		else if (strchr("\\`*_{}[]()#+!|~>@", *p))
			buf_printf(b, "\\%c", *p);
		else
			buf_add(b, p, 1);
	}
	b->failed |= plain.failed;
	buf_free(&plain);
}
