#include "report/escape.h"

#include <criterion/criterion.h>
#include <string.h>

static void is(void (*escape)(struct buf *, const void *, size_t), const char *in, size_t len, const char *want)
{
	struct buf b = { .p = NULL };

	escape(&b, in, len);
	cr_expect_str_eq(buf_text(&b), want);
	buf_free(&b);
}
#define IS(escape, in, want) is(escape, in, sizeof(in) - 1, want)

Test(escape, plain_lets_no_order_to_a_terminal_through)
{
	IS(escape_plain, "pool \xc3\xbc", "pool \xc3\xbc");
	IS(escape_plain, "\x1b[31m\r\n\t\x7f", "\\x1b[31m\\x0d\\x0a\\x09\\x7f");
	IS(escape_plain, "a\0b", "a\\x00b");
	IS(escape_plain, "\xc2\x9b" "31m", "\\u{9b}31m");       /* C1: CSI in one character */
	IS(escape_plain, "x\xe2\x80\xae" "dcba", "x\\u{202e}dcba"); /* right to left */
	IS(escape_plain, "\xff\xc3", "\\xff\\xc3");             /* stray, and cut off */
	IS(escape_plain, "\xc0\xaf", "\\xc0\\xaf");             /* longer than need be */
	IS(escape_plain, "\xed\xa0\x80", "\\xed\\xa0\\x80");    /* half of a pair */
}

Test(escape, json_strings_stay_strings)
{
	IS(escape_json, "\"\\\n\x01", "\\\"\\\\\\n\\u0001");
	IS(escape_json, "\xf3\xa0\x81\x81", "\\udb40\\udc41"); /* an invisible one outside the first plane */
	IS(escape_json, "</script>", "</script>");
}

Test(escape, markdown_has_no_marks_left)
{
	IS(escape_markdown, "<b>|[x](y)`*_", "&lt;b\\>\\|\\[x\\]\\(y\\)\\`\\*\\_");
}

Test(escape, utf8_is_told_from_bytes)
{
	cr_assert(escape_is_utf8("\xf0\x9f\x98\x80", 4));
	cr_assert_not(escape_is_utf8("\xf0\x9f\x98", 3));
	cr_assert_not(escape_is_utf8("\xf4\x90\x80\x80", 4)); /* past the last code point */
	cr_assert(escape_is_utf8("", 0));
}

Test(buf, grows_and_is_cut)
{
	struct buf b = { .p = NULL };

	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	cr_assert_eq(b.len, strlen(b.p));
	cr_assert_not(b.failed);
	buf_cut(&b, 4);
	cr_assert_str_eq(buf_text(&b), "0,1,");
	buf_hex(&b, (const uint8_t *)"\x00\xff", 2);
	cr_assert_str_eq(buf_text(&b), "0,1,00ff");
	buf_free(&b);
	cr_assert_str_eq(buf_text(&b), "");
}
