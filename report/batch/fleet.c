#include "report/batch/fleet.h"

#include "analyzer/check.h"
#include "report/html/head.h"
#include "report/html/href.h"
#include "report/html/put.h"
#include "report/html/sections.h"

#include <stdlib.h>
#include <string.h>

struct page {
	FILE *f;
	const char *results, *out;
	uint64_t rows, most; /* told; at most */
	uint64_t all;
};

/* The worst first, in words of SQL. */
#define BY_VERDICT "CASE verdict WHEN 'damaged' THEN 0 WHEN 'repairable' THEN 1 WHEN 'unread' THEN 2 WHEN 'not a pool' THEN 3 " \
		   "WHEN 'recoverable' THEN 4 ELSE 5 END"
#define BY_SEVERITY "CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END"
/* Clusters of one check that exactly the same images have are one row: a lost zone is told once, not by each of its chunks. */
#define IN_COMMON \
	"(SELECT severity, id, min(path) AS path, count(*) AS places, images, sum(nr) AS findings, min(message) AS message, image FROM " \
	"(SELECT severity, id, path, min(message) AS message, count(*) AS images, sum(nr) AS nr, min(image) AS image, " \
	"group_concat(image) AS who FROM (SELECT fingerprint, severity, id, path, image, count(*) AS nr, min(message) AS message FROM findings " \
	"GROUP BY fingerprint, image ORDER BY fingerprint, image) GROUP BY fingerprint) GROUP BY severity, id, who)"
/* The check of the worst that was found in an image. */
#define WORST "(SELECT f.id FROM findings f WHERE f.image = images.id ORDER BY " BY_SEVERITY ", f.rowid LIMIT 1)"

static bool count_row(void *ctx, const char *const *t)
{
	struct page *p = ctx;

	fprintf(p->f, "<li class=\"%s\"><span><b>%s</b> ", html_verdict_tone(t[0]), t[1]);
	html_put_text(p->f, t[0]);
	fputs("</span></li>\n", p->f);
	return true;
}

static bool number_row(void *ctx, const char *const *t)
{
	struct page *p = ctx;

	p->all = strtoull(t[0] ? t[0] : "0", NULL, 10);
	return true;
}

/* The last part of a path and the directory it is in: captures are often all called the same. */
static const char *tail(const char *path)
{
	const char *end = path + strlen(path);

	for (int slashes = 0; end > path; end--)
		if (end[-1] == '/' && ++slashes == 2)
			break;
	return end;
}

/* Linked to its report; the whole name is told when it is pointed at. */
static void put_source(struct page *p, const char *source, const char *id, const char *report)
{
	char *path = NULL;

	if (report && (p->results ? asprintf(&path, "%s/%s", p->results, report) : asprintf(&path, "%s", report)) < 0)
		path = NULL;
	fputs(path ? "<a class=\"path\" title=\"" : "<span class=\"path\" title=\"", p->f);
	html_put_text(p->f, source ? source : id);
	fputs("\"", p->f);
	if (path) {
		fputs(" href=\"", p->f);
		html_put_href(p->f, path, p->out);
		fputs("\"", p->f);
	}
	fputs(">", p->f);
	html_put_text(p->f, source ? tail(source) : id);
	fputs(path ? "</a>" : "</span>", p->f);
	free(path);
}

static void put_number(FILE *f, const char *label, const char *nr)
{
	fprintf(f, "<td class=\"num%s\" data-label=\"%s\">%s</td>", strcmp(nr, "0") == 0 ? " zero" : "", label, nr);
}

/* severity, id, path, images, findings, message, one image that has it: source, id, report; and at how many places */
static bool cluster_row(void *ctx, const char *const *t)
{
	struct page *p = ctx;
	const struct check *c = t[1] ? check_find(t[1]) : NULL;
	const char *severity = html_severity_tone(t[0]);

	if (p->rows++ == p->most)
		return false;
	fputs("<tr>", p->f);
	html_put_tone(p->f, severity, severity);
	put_number(p->f, "images", t[3]);
	put_number(p->f, "findings", t[4]);
	fputs("<td>", p->f);
	html_put_text(p->f, c ? c->says : t[5]);
	fputs("<br><span class=\"id soft\">", p->f);
	html_put_text(p->f, t[1]);
	fputs("</span></td><td><span class=\"path\">", p->f);
	html_put_text(p->f, t[2]);
	fputs("</span>", p->f);
	if (strcmp(t[9], "1") != 0) {
		fputs(" <span class=\"soft\">and ", p->f);
		html_put_count(p->f, strtoull(t[9], NULL, 10) - 1, "more place", "more places");
		fputs("</span>", p->f);
	}
	fputs("</td><td data-label=\"for example\">", p->f);
	put_source(p, t[6], t[7], t[8]);
	fputs("</td></tr>\n", p->f);
	return true;
}

/* verdict, source, id, report, format, errors, warnings, notes, sentence, the worst check */
static bool image_row(void *ctx, const char *const *t)
{
	struct page *p = ctx;
	const struct check *worst = t[9] ? check_find(t[9]) : NULL;

	if (p->rows++ == p->most)
		return false;
	fputs("<tr>", p->f);
	html_put_tone(p->f, html_verdict_tone(t[0]), t[0]);
	fputs("<td class=\"name\">", p->f);
	put_source(p, t[1], t[2], t[3]);
	fputs("</td><td class=\"word\">", p->f);
	html_put_text(p->f, t[4]);
	fputs("</td>", p->f);
	put_number(p->f, "errors", t[5]);
	put_number(p->f, "warnings", t[6]);
	put_number(p->f, "notes", t[7]);
	fputs("<td>", p->f);
	html_put_text(p->f, t[8]);
	if (worst)
		fprintf(p->f, "<span class=\"worst soft\">%s</span>", worst->says);
	fputs("</td></tr>\n", p->f);
	return true;
}

static void table_close(const struct page *p, const char *where)
{
	html_table_close(p->f);
	if (p->all > p->most)
		fprintf(p->f, "<p class=\"cut\">%" PRIu64 " more are in %s and fleet.sqlite.</p>\n", p->all - p->most, where);
	fputs("</section>\n", p->f);
}

static bool clusters_put(struct batch_db *db, struct page *p)
{
	static const char *const heads[] = { "Severity", "Images", "Findings", "What is wrong", "Where", "For example" };
	bool good = batch_db_ask(db, "SELECT count(*) FROM " IN_COMMON, number_row, p);

	html_section_open(p->f, "clusters", "What was found, and in how many", "What one check found in the same images is told in one row.");
	p->rows = 0;
	p->most = BATCH_FLEET_CLUSTERS;
	if (p->all == 0) {
		fputs("<p>Nothing was found in any image.</p>\n</section>\n", p->f);
		return good;
	}
	html_table_open(p->f, "Findings in common", heads, sizeof(heads) / sizeof(heads[0]));
	good = good && batch_db_ask(db, "SELECT severity, c.id, c.path, c.images, c.findings, c.message, i.source, i.id, i.report, c.places FROM "
		IN_COMMON " c JOIN images i ON i.id = c.image ORDER BY " BY_SEVERITY ", c.images DESC, c.id, c.path", cluster_row, p);
	table_close(p, "findings.jsonl");
	return good;
}

static bool images_put(struct batch_db *db, struct page *p)
{
	static const char *const heads[] = { "Verdict", "Image", "Format", "Errors", "Warnings", "Notes", "In a sentence" };
	bool good = batch_db_ask(db, "SELECT count(*) FROM images WHERE verdict <> 'clean'", number_row, p);

	html_section_open(p->f, "images", "Images, the worst first", "All that are not clean; these are only counted.");
	p->rows = 0;
	p->most = BATCH_FLEET_IMAGES;
	if (p->all == 0) {
		fputs("<p>All are clean.</p>\n</section>\n", p->f);
		return good;
	}
	html_table_open(p->f, "Images", heads, sizeof(heads) / sizeof(heads[0]));
	good = good && batch_db_ask(db, "SELECT verdict, source, id, report, format, errors, warnings, notes, sentence, " WORST " FROM images "
		"WHERE verdict <> 'clean' ORDER BY " BY_VERDICT ", errors DESC, warnings DESC, source, id", image_row, p);
	table_close(p, "images.jsonl");
	return good;
}

enum status batch_fleet(struct batch_db *db, const char *results, const char *out, FILE *f)
{
	struct page p = { .f = f, .results = results, .out = out };
	bool good = html_head_open(f, false);

	fputs("A fleet of pools", f);
	html_head_close(f);
	good = good && batch_db_ask(db, "SELECT count(*) FROM images", number_row, &p);
	fputs("<body>\n<header>\n<p class=\"tool\">pmemscope</p>\n<h1>", f);
	html_put_count(f, p.all, "image", "images");
	fputs("</h1>\n<nav aria-label=\"Contents\"><ul><li><a href=\"#verdicts\">Verdicts</a></li><li><a href=\"#clusters\">What was found</a></li>"
	      "<li><a href=\"#images\">Images</a></li></ul></nav>\n</header>\n<main>\n", f);
	html_section_open(f, "verdicts", "Verdicts", NULL);
	fputs("<ul class=\"counts\" aria-label=\"Verdicts\">\n", f);
	good = good && batch_db_ask(db, "SELECT verdict, count(*) FROM images GROUP BY verdict ORDER BY " BY_VERDICT, count_row, &p);
	fputs("</ul>\n</section>\n", f);
	good = good && clusters_put(db, &p) && images_put(db, &p);
	fputs("</main>\n</body>\n</html>\n", f);
	return ferror(f) ? STATUS_IO : good ? STATUS_OK : STATUS_NOMEM;
}
