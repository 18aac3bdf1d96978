#include "report/markdown/markdown.h"

#include "formats/base/digest.h"
#include "report/escape.h"
#include "report/outcome.h"
#include "report/place.h"
#include "report/tell.h"
#include "report/text/page.h"
#include "report/text/text.h"

#include <inttypes.h>
#include <string.h>

enum { FINDINGS_TOLD = 50 };

struct out {
	FILE *f;
	const struct redact *redact;
	bool numbers; /* files are told by number */
	struct buf told, escaped;
};

/* Text of a kind, after the filter and escaped; what is left out reads so. */
static const char *text(struct out *o, enum told what, const char *s)
{
	buf_cut(&o->told, 0);
	buf_cut(&o->escaped, 0);
	if (s == NULL)
		return "";
	if (!redact_value(o->redact, what, s, strlen(s), &o->told))
		return "(left out)";
	escape_markdown(&o->escaped, buf_text(&o->told), o->told.len);
	return buf_text(&o->escaped);
}

/* Bytes of ours or already filtered. */
static const char *plain(struct out *o, const struct buf *b)
{
	buf_cut(&o->escaped, 0);
	escape_markdown(&o->escaped, buf_text(b), b->len);
	return buf_text(&o->escaped);
}

static void finding(struct out *o, const struct finding *f)
{
	struct page p = { .f = o->f, .redact = o->redact, .numbers = o->numbers };
	struct buf path = { .p = NULL }, place = { .p = NULL };
	bool detail = f->detail && redact_shows(o->redact, TOLD_SENTENCE);

	place_finding_path(f, &path);
	text_place(&p, place_of_finding(f), &place);
	fprintf(o->f, "| %s | `%s` | %s | ", outcome_severity(f->severity), f->by->id, plain(o, &path));
	fputs(detail ? text(o, TOLD_SENTENCE, f->detail) : f->by->says, o->f);
	if (f->expected && redact_shows(o->redact, TOLD_SENTENCE))
		fprintf(o->f, "; expected %s", text(o, TOLD_SENTENCE, f->expected));
	if (f->actual && redact_shows(o->redact, TOLD_SENTENCE))
		fprintf(o->f, "; found %s", text(o, TOLD_SENTENCE, f->actual));
	fprintf(o->f, " | %s |\n", plain(o, &place));
	buf_free(&path);
	buf_free(&place);
}

static void findings(struct out *o, const struct findings *fs)
{
	uint64_t all = fs->nr[ERROR] + fs->nr[WARNING] + fs->nr[NOTE];
	unsigned nr = 0;

	buf_cut(&o->told, 0);
	tell_counts(fs, &o->told);
	fprintf(o->f, "Findings: %s.\n\n", buf_text(&o->told));
	if (fs->first == NULL)
		return;
	fputs("| severity | check | where | what | bytes |\n|---|---|---|---|---|\n", o->f);
	for (const struct finding *f = fs->first; f && nr < FINDINGS_TOLD; f = f->next, nr++)
		finding(o, f);
	if (all > nr)
		fprintf(o->f, "\nand %" PRIu64 " more.\n", all - nr);
	putc('\n', o->f);
}

static void sources(struct out *o, const struct result *r)
{
	char size[32], hex[2 * DIGEST_LEN + 1];

	fputs("| source | role | size | sha256 |\n|---|---|---|---|\n", o->f);
	for (const struct source *s = r->intake.sources.first; s; s = s->next) {
		bool sum = redact_shows(o->redact, TOLD_DIGEST) && (s->stored_hashed || s->decoded_tree_hashed);

		if (sum)
			digest_text(s->stored_hashed ? s->stored_sha256 : s->decoded_tree_sha256, hex);
		fprintf(o->f, "| %" PRIu32 "%s%s ", s->idx, o->numbers ? "" : ": ", o->numbers ? "" : text(o, TOLD_NAME, tell_last_part(s->path)));
		fprintf(o->f, "| %s | %s | %s%s |\n", text(o, TOLD_SENTENCE, s->role), page_size(s->size, size),
			sum && !s->stored_hashed ? "tree " : "", sum ? hex : "");
	}
	putc('\n', o->f);
}

enum status markdown_report(const struct result *r, const struct report_options *ro, FILE *f)
{
	struct out o = { .f = f, .redact = ro->redact, .numbers = ro->reproducible };

	fprintf(f, "## %s%s%s\n\n", ro->reproducible ? "" : text(&o, TOLD_NAME, tell_last_part(r->path)), ro->reproducible ? "" : ": ",
		r->verdict);
	fprintf(f, "%s\n\n", text(&o, TOLD_SENTENCE, r->sentence));
	fprintf(f, "**Next:** %s\n\n", text(&o, TOLD_SENTENCE, r->next_step));
	if (r->findings)
		findings(&o, r->findings);
	if (r->story && r->story->summary)
		fprintf(f, "**What was happening:** %s\n\n", text(&o, TOLD_SENTENCE, r->story->summary));
	if (r->recovery && r->recovery->refused)
		fprintf(f, "**At the next open:** %s\n\n", text(&o, TOLD_SENTENCE, r->recovery->refused));
	if (r->findings && r->findings->unchecked_nr)
		fprintf(f, "%" PRIu64 " check%s could not look.\n\n", r->findings->unchecked_nr,
			r->findings->unchecked_nr == 1 ? "" : "s");
	sources(&o, r);
	fprintf(f, "pmemscope %s, redaction %s\n", PMEMSCOPE_VERSION, redact_names[redact_level(ro->redact)]);
	bool good = !o.told.failed && !o.escaped.failed;
	buf_free(&o.told);
	buf_free(&o.escaped);
	return fflush(f) != 0 || ferror(f) ? STATUS_IO : good ? STATUS_OK : STATUS_NOMEM;
}
