#include "report/html/html.h"
#include "report/html/put.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *page_of(json_t *doc, size_t *len)
{
	char *page = NULL;
	FILE *f = open_memstream(&page, len);
	json_t *tables = json_array();

	cr_assert_eq(html_render(doc, tables, f), STATUS_OK);
	fclose(f);
	json_decref(tables);
	json_decref(doc);
	return page;
}

static void expect(void (*put)(FILE *, const json_t *), json_t *v, const char *says)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	put(f, v);
	fclose(f);
	json_decref(v);
	cr_expect_str_eq(text, says);
	free(text);
}

static json_t *doc_with(json_t *findings)
{
	return json_pack("{s:s, s:{}, s:{s:s, s:s, s:s, s:{s:i}}, s:[], s:n, s:o, s:n, s:n, s:{}, s:[], s:{}, s:{}, s:{s:s, s:s, s:s}}",
			 "schema_version", "1.0", "run", "summary", "verdict", "damaged", "sentence", "Bad.", "next_step", "Rest.",
			 "counts", "error", 1, "sources", "pool", "findings", findings, "activities", "recovery", "plan", "not_checked",
			 "checks", "layouts", "model", "name", "", "path", "", "state", "group");
}

static json_t *finding(int nr, const char *message)
{
	char print[33];

	snprintf(print, sizeof(print), "%032x", nr);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[], s:s}", "id", "a.b.c", "severity", "error", "verdict", "corrupt",
			 "message", message, "path", "a[1].b", "fingerprint", print, "evidence", "repair", "none");
}

Test(html, sizes_are_told_as_people_say_them)
{
	static const struct { json_int_t n; const char *says; } rows[] = {
		{ 0, "0 bytes" }, { 1, "1 byte" }, { 1023, "1023 bytes" }, { 1024, "1 KiB" }, { 67108864, "64 MiB" },
		{ 1536, "1.50 KiB" }, { 1234567890, "1.15 GiB" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(html_put_size, json_integer(rows[i].n), rows[i].says);
	expect(html_put_size, json_string("0x10000000000000000"), "16.0 EiB");
	expect(html_put_value, json_string("<b>&\"'\x01"), "&lt;b&gt;&amp;&quot;&#39;\xef\xbf\xbd");
	expect(html_put_value, json_pack("{s:s}", "hex", "0aff"), "0a ff");
	expect(html_put_value, json_pack("{s:s,s:i}", "redacted", "bytes", "length", 9), "<span class=\"redacted\">bytes left out, 9 bytes</span>");
}

Test(html, a_term_is_linked_once_and_only_as_a_word)
{
	struct html_seen seen = { .term = { false } };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	html_put_prose(f, &seen, "<Lanes> planes lane_x lane");
	fclose(f);
	cr_expect_str_eq(text, "&lt;<a class=\"term\" href=\"#term-lane\">Lanes</a>&gt; planes lane_x lane");
	free(text);
}

Test(html, evidence_cannot_leave_its_element)
{
	static const char evil[] = "</script><script>alert(1)</script><!--<script>&\"'>";
	size_t len;
	char *page = page_of(doc_with(json_pack("[o]", finding(1, evil))), &len);
	unsigned scripts = 0;

	for (const char *p = page; (p = strstr(p, "<script")) != NULL; p++)
		scripts++;
	cr_expect_eq(scripts, 3, "two pieces of data and one script, not %u", scripts);
	cr_expect_null(strstr(page, "<!--"));
	cr_expect_not_null(strstr(page, "\\u003c/script\\u003e"));
	free(page);
}

Test(html, a_page_stays_short_and_says_what_it_left_out)
{
	json_t *findings = json_array();
	size_t len;

	for (int i = 0; i < 20000; i++)
		json_array_append_new(findings, finding(i, "something is wrong here, and it takes a sentence to say so"));
	char *page = page_of(doc_with(findings), &len);
	cr_expect_leq(len, (size_t)HTML_LEN_MAX);
	cr_expect_not_null(strstr(page, "findings after the first 500 of 20000"));
	free(page);
	page = page_of(doc_with(json_array()), &len);
	cr_expect_null(strstr(page, "kept short enough"));
	free(page);
}

Test(html, the_same_report_gives_the_same_page)
{
	size_t la, lb;
	char *a = page_of(doc_with(json_pack("[o]", finding(1, "x"))), &la), *b = page_of(doc_with(json_pack("[o]", finding(1, "x"))), &lb);

	cr_assert_eq(la, lb);
	cr_assert_eq(memcmp(a, b, la), 0);
	free(a);
	free(b);
}
