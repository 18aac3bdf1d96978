#include "report/cli/mended.h"

#include "analyzer/repair/apply.h"
#include "analyzer/repair/salvage.h"
#include "formats/pool/set.h"
#include "report/cli/output.h"
#include "report/copies.h"
#include "report/json/losses.h"
#include "report/outcome.h"
#include "report/text/losses.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int mended_copy(struct cli *c, const char *to, const struct result *r, const struct repair *rep)
{
	struct problem problem = { STATUS_OK, "" };
	enum status st = copies_write(to, r, rep, &problem);

	return st == STATUS_OK ? EXIT_CLEAN : cli_error(c, (int)outcome_of_status(st), "%s", problem.text);
}

int mended_set(struct cli *c, const char *path, const struct result *r)
{
	const struct pool_set *s = r->model.pool;
	FILE *set;
	bool good = true;

	for (uint32_t i = 0; s && i < s->nr; i++)
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++)
			good &= s->replicas[i]->parts[k]->item != NULL && s->replicas[i]->parts[k]->item->source->layers &&
				s->replicas[i]->parts[k]->item->source->layers->next == NULL && !s->replicas[i]->parts[k]->gap_before;
	if (s == NULL || s->nr == 0 || !good)
		return cli_error(c, EXIT_USAGE, "%s: parts are missing, compressed or in an archive: a set file cannot name them",
				 r->path);
	set = fopen(path, "wxe");
	if (set == NULL)
		return cli_error(c, EXIT_USAGE, "%s: %s; name a new file", path, strerror(errno));
	copies_set_begin(set, r);
	for (uint32_t i = 0; i < s->nr; i++) {
		if (i)
			fprintf(set, "REPLICA\n");
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++) {
			const struct item *it = s->replicas[i]->parts[k]->item;
			char whole[PATH_MAX];

			good &= realpath(it->path, whole) != NULL;
			if (good)
				fprintf(set, "%" PRIu64 " %s\n", it->image->size, whole);
		}
	}
	good &= ferror(set) == 0;
	if (fclose(set) != 0 || !good)
		return cli_error(c, EXIT_FAILED, "%s: %s", path, strerror(errno));
	return EXIT_CLEAN;
}

static uint64_t lost_in(const struct item *it)
{
	uint64_t lost = 0;

	for (uint64_t at = 0; at < it->image->size;) {
		struct extent e = image_extent(it->image, at);

		if (e.len == 0)
			break;
		lost += e.kind == EXTENT_LOST ? e.len : 0;
		at += e.len;
	}
	return lost;
}

bool mended_wants_salvage(const struct result *r, const struct repair *rep)
{
	const struct result *after = rep->analyzed ? &rep->after : r;
	bool wants = after->findings && after->findings->nr[ERROR];

	for (const struct item *it = r->intake.first; it && !wants; it = it->next)
		wants = lost_in(it) != 0;
	/* which objects a step costs is found by comparing both pools */
	for (const struct step *s = rep->plan->first; s && after->model.obj; s = s->next)
		wants |= plan_made(s) && s->loses != NULL;
	return wants && (after->model.log || after->model.blk || after->model.obj);
}

int mended_salvage(struct cli *c, const struct mended_to *to, const struct result *r, const struct repair *rep, struct page *p)
{
	struct problem problem = { STATUS_OK, "" };
	struct salvage *s = salvage_open(r, rep, to->analyze, &problem);
	enum status st = s ? apply_copy(s->image, to->path, &problem) : problem.status;
	int status = st != STATUS_OK ? cli_error(c, (int)outcome_of_status(st), "%s", problem.text)
		     : text_losses(s, p) ? EXIT_LEFT : EXIT_CORRECTED;
	struct output out;

	if (st == STATUS_OK && to->losses) {
		bool open = output_open(c, &out, to->losses);
		bool good = open && json_losses(s, r, p->redact, out.f);

		if (!open || !output_close(c, &out, good) || !good)
			status = EXIT_FAILED;
	}
	salvage_close(s);
	return status;
}

void mended_losses(const struct result *r, const struct repair *rep, struct page *p)
{
	const struct result *after = rep->analyzed ? &rep->after : r;
	bool any = false;

	page_heading(p, "Not in the mended pool");
	for (const struct item *it = r->intake.first; it; it = it->next) {
		uint64_t lost = lost_in(it);

		if (lost)
			page_text(p, 2, "%s: %" PRIu64 " bytes could not be read; they are zero now", it->name, lost);
		any |= lost != 0;
	}
	any |= text_losses_steps(rep->plan, "step", p);
	any |= text_losses_errors(after, p);
	if (after->recovery && after->recovery->refused) {
		page_text(p, 2, "a pool that its library opens: %s", after->recovery->refused);
		any = true;
	}
	if (!any)
		page_text(p, 2, "nothing: all that was there is there");
}
