/* The descriptor of a pmemlog pool, and what of its log is there. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/log.h"
#include "formats/log/log.h"
#include "formats/pool/set.h"

#include <inttypes.h>

enum { PAGE = 4096, POOL_MIN = 2 << 20 };

static struct finding at_word(const struct check *by, enum verdict v, const struct log_pool *l,
			      const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = l->descr_node,
				 .field = layout_field(&log_descr_layout, field) };
}

static const struct log_pool *readable(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->log && m->log->descr == NULL)
		findings_unchecked(out, self, m->log->descr_node, "the descriptor could not be read");
	return m->log && m->log->descr ? m->log : NULL;
}

static void start_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct log_pool *l = readable(self, m, out);

	if (l == NULL || l->descr->start_offset == l->start)
		return;
	struct finding f = at_word(self, CORRUPT, l, "start_offset");
	f.expected = arena_printf(out->arena, "0x%" PRIx64, l->start);
	f.actual = arena_printf(out->arena, "0x%" PRIx64, l->descr->start_offset);
	f.repair = REPAIR_SAFE;
	findings_add(out, f);
}

static void end_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct log_pool *l = readable(self, m, out);

	if (l == NULL || l->descr->end_offset == l->size)
		return;
	/* Where the size at the last open says the same, and both can be one, the files are wrong: pool.set.inner-size
	 * tells. */
	bool could_be = l->descr->end_offset >= POOL_MIN && l->descr->end_offset % PAGE == 0;
	if (could_be && l->descr->size == l->descr->end_offset)
		return;
	struct finding f = at_word(self, CONFLICT, l, "end_offset");
	f.expected = arena_printf(out->arena, "%" PRIu64, l->size);
	f.actual = arena_printf(out->arena, "%" PRIu64, l->descr->end_offset);
	f.detail = could_be ? "the size at the last open does not agree with it either: the word itself is damaged"
			    : "no pool has such a size";
	f.repair = REPAIR_SAFE;
	findings_add(out, f);
}

static void write_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct log_pool *l = readable(self, m, out);

	if (l == NULL)
		return;
	const struct log_descr *d = l->descr;
	uint64_t end = d->end_offset < l->size ? d->end_offset : l->size;
	if (d->write_offset >= l->start && d->write_offset <= end)
		return;
	struct finding f = at_word(self, CORRUPT, l, "write_offset");
	f.expected = arena_printf(out->arena, "0x%" PRIx64 " to 0x%" PRIx64, l->start, end);
	f.actual = arena_printf(out->arena, "0x%" PRIx64, d->write_offset);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void pad_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct log_pool *l = readable(self, m, out);

	if (l == NULL)
		return;
	for (size_t i = 0; i < sizeof(l->descr->unused); i++) {
		if (l->descr->unused[i] == 0)
			continue;
		struct finding f = at_word(self, CORRUPT, l, "unused");
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
		return;
	}
}

static void replicas_verify(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->log == NULL || m->pool == NULL || m->pool->nr < 2)
		return;
	findings_add(out, (struct finding){ .by = self, .verdict = CONFLICT, .node = m->pool->replicas[1]->node,
					    .detail = arena_printf(out->arena, "the set has %" PRIu32 " replicas",
								   m->pool->nr) });
}

enum { STEP = 65536 };

/* The first byte in [from, to) that is not zero, or (or_lost) could not be read. Holes are not looked at. */
static bool next_nonzero(struct image *im, uint64_t from, uint64_t to, bool or_lost, uint64_t *at)
{
	uint8_t buf[STEP], lost[STEP];

	while (from < to) {
		struct extent e = image_extent(im, from);
		uint64_t len = e.len < to - from ? e.len : to - from;

		if (len == 0)
			return false;
		if ((e.kind == EXTENT_LOST || e.kind == EXTENT_LEFT_OUT) && or_lost) {
			*at = from;
			return true;
		}
		if (e.kind != EXTENT_DATA) {
			from += len;
			continue;
		}
		size_t n = len < STEP ? (size_t)len : STEP;
		if (!image_read(im, from, n, buf, lost))
			return false;
		for (size_t i = 0; i < n; i++)
			if (buf[i] || (lost[i] && or_lost)) {
				*at = from + i;
				return true;
			}
		from += n;
	}
	return false;
}

static void residue_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct log_pool *l = readable(self, m, out);
	uint64_t at;

	if (l == NULL || !l->usable)
		return;
	if (!out->deep) {
		findings_unchecked(out, self, l->node, "looks at data: asked for with --deep");
		return;
	}
	if (model_left_out(m)) {
		findings_unchecked(out, self, l->node, "looks at data, which this capture left out");
		return;
	}
	uint64_t from = l->descr->write_offset;
	if (!next_nonzero(l->image, from, l->descr->end_offset, false, &at))
		return;
	findings_add(out, (struct finding){
				  .by = self, .verdict = CORRUPT, .node = l->node, .at = at,
				  .len = l->descr->end_offset - at,
				  .detail = arena_printf(out->arena, "the first such byte is %" PRIu64
							 " bytes behind the log's end", at - from) });
}

/* Whole pages of zeros inside the log: lost pages look like that, few logs do. */
static void zeros_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct log_pool *l = readable(self, m, out);
	uint64_t pages = 0, first = 0;

	if (l == NULL || !l->usable || l->text_len < PAGE)
		return;
	if (!out->deep) {
		findings_unchecked(out, self, l->node, "looks at data: asked for with --deep");
		return;
	}
	if (model_left_out(m)) {
		findings_unchecked(out, self, l->node, "looks at data, which this capture left out");
		return;
	}
	uint64_t at = (l->text_at + PAGE - 1) / PAGE * PAGE, end = l->text_at + l->text_len;
	while (at < end && end - at >= PAGE) {
		uint64_t nonzero = end;

		if (next_nonzero(l->image, at, at + (end - at) / PAGE * PAGE, true, &nonzero) || nonzero == end)
			nonzero = nonzero == end ? at + (end - at) / PAGE * PAGE : nonzero;
		uint64_t zero_pages = (nonzero - at) / PAGE;
		if (zero_pages && pages == 0)
			first = at;
		pages += zero_pages;
		at = (nonzero / PAGE + 1) * PAGE;
	}
	if (pages == 0)
		return;
	findings_add(out, (struct finding){
				  .by = self, .verdict = CORRUPT, .node = l->node, .at = first, .len = PAGE,
				  .detail = arena_printf(out->arena, "%" PRIu64 " whole pages of the log are zero", pages) });
}

#define SOURCE "PMDK 1.12 src/libpmemlog/log.c log_descr_check"

static const struct check checks[] = {
	{ .id = "log.descr.start", .covers = "PL-01", .severity = ERROR,
	  .says = "the log does not start where the format puts it",
	  .means = "libpmemlog refuses to open the pool.", .remedy = "It is a constant of the format.",
	  .source = SOURCE, .verify = start_verify, .repair = log_repair_bounds },
	{ .id = "log.descr.end", .covers = "PL-02", .severity = ERROR,
	  .says = "the log does not end where the pool does",
	  .means = "libpmemlog refuses to open the pool.",
	  .remedy = "Find out first whether the file or the word is wrong: a cut file has lost data.",
	  .source = SOURCE, .verify = end_verify, .repair = log_repair_bounds },
	{ .id = "log.descr.write", .covers = "PL-03", .severity = ERROR,
	  .says = "the end of the written log lies outside the data area",
	  .means = "libpmemlog refuses to open the pool; how much of the data area is log is not known.",
	  .remedy = "The last byte that is not zero bounds it. Setting it to the pool's end, as pmempool does, "
		    "presents everything as log.",
	  .source = SOURCE, .verify = write_verify, .repair = log_repair_write },
	{ .id = "log.data.residue", .covers = "PL-04", .severity = NOTE,
	  .says = "there are bytes behind the end of the log",
	  .means = "An append that was cut off, or the log as it was before a rewind. This is no damage.",
	  .remedy = "Extract them if they may matter; the next append overwrites them.", .source = SOURCE,
	  .verify = residue_verify },
	{ .id = "log.data.zero-pages", .covers = "PL-05", .severity = WARNING,
	  .says = "whole pages inside the log are zero",
	  .means = "Unless the application writes such pages, these were lost: unread ranges or holes that were "
		   "filled with zeros.",
	  .remedy = "Compare with another capture or with the application's own record structure.",
	  .source = SOURCE, .verify = zeros_verify },
	{ .id = "log.descr.unused", .covers = "PL-06", .severity = NOTE,
	  .says = "unused bytes of the log descriptor are not zero",
	  .means = "Nothing reads them; something wrote where it should not.", .remedy = "None needed.",
	  .source = SOURCE, .verify = pad_verify, .repair = log_repair_unused },
	{ .id = "log.set.replicas", .covers = "PL-07", .severity = ERROR,
	  .says = "a pmemlog pool has more than one replica",
	  .means = "libpmemlog refuses such a set.", .remedy = "The set file belongs to another pool.",
	  .source = SOURCE, .verify = replicas_verify },
};

const struct check_table log_pool_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
