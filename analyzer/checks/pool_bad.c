/*
 * What an interrupted pmempool sync --bad-blocks left: its recovery files name the ranges that were
 * bad. It clears them (they read as zeros then) before it looks for a replica that has the bytes.
 */
#include "analyzer/checks/pool_parts.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/replica.h"

#include <inttypes.h>
#include <string.h>

enum { PAGE = 4096, STEP = 65536 };

static const struct pool_part *next_bad(const struct pool_set *s, const struct pool_part *p)
{
	while (s && (p = pool_parts_next(s, p)) != NULL)
		if (p->bad)
			return p;
	return NULL;
}

/* Every part that is there has a file, and every file its end: only then were ranges cleared. */
static bool complete(const struct pool_set *s)
{
	for (const struct pool_part *p = NULL; (p = pool_parts_next(s, p)) != NULL;)
		if (p->bad ? !p->bad->marker : p->item != NULL)
			return false;
	return true;
}

static bool ordered(const struct pool_set *s)
{
	for (const struct pool_part *p = NULL; (p = next_bad(s, p)) != NULL;)
		if (!p->bad->ordered)
			return false;
	return true;
}

static void left_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_part *first = next_bad(m->pool, NULL);
	uint64_t files = 0, ranges = 0, bytes = 0;

	if (first == NULL)
		return;
	for (const struct pool_part *p = first; p; p = next_bad(m->pool, p)) {
		files++;
		ranges += p->bad->nr;
		bytes = p->bad->total <= UINT64_MAX - bytes ? bytes + p->bad->total : UINT64_MAX;
	}
	struct finding f = { .by = self, .verdict = CONFLICT, .node = first->bad_node };
	f.detail = arena_printf(out->arena, "%" PRIu64 " recovery file%s with %" PRIu64 " range%s of %" PRIu64 " bytes in all; %s",
				files, files == 1 ? "" : "s", ranges, ranges == 1 ? "" : "s", bytes,
				complete(m->pool) ? "they are complete: the ranges were replaced by zeros, or were about to be"
						  : "they are not complete: the repair ended before it cleared anything");
	findings_add(out, f);
}

static void outside(const struct check *self, const struct pool_part *p, struct findings *out)
{
	for (uint32_t k = 0; k < p->bad->nr; k++) {
		struct finding f = { .by = self, .verdict = CONFLICT, .node = p->bad_node, .idx = k };
		uint64_t end = p->bad->ranges[k].at + p->bad->ranges[k].len;

		if (end <= p->file_size)
			continue;
		f.detail = arena_printf(out->arena, "a range ends at byte %" PRIu64 "; the part has %" PRIu64, end, p->file_size);
		findings_add(out, f);
	}
}

static void form_verify(const struct check *self, const struct model *m, struct findings *out)
{
	if (next_bad(m->pool, NULL) == NULL)
		return;
	for (const struct pool_part *p = NULL; (p = pool_parts_next(m->pool, p)) != NULL;) {
		struct finding f = { .by = self, .verdict = CORRUPT, .node = p->bad ? p->bad_node : p->node };

		if (p->item == NULL)
			continue;
		if (p->bad)
			outside(self, p, out);
		if (p->bad == NULL)
			f.detail = arena_printf(out->arena, "%s has no recovery file, and other parts have",
						pool_parts_name(out->arena, p));
		else if (p->bad->wrong_line)
			f.detail = arena_printf(out->arena, "line %" PRIu32 " is no range: an offset and a length in bytes",
						p->bad->wrong_line);
		else if (!p->bad->marker)
			f.detail = "the line \"0 0\" at its end is missing";
		else if (!p->bad->ordered)
			f.detail = "its ranges are not in order, or they overlap, or one is empty";
		else
			continue;
		findings_add(out, f);
	}
}

/* Ranges of the pool's address space that are bad in a replica: ascending, widened to pages as the tool does. */
struct bad_list {
	struct badblocks_range *ranges;
	size_t nr;
};

static bool list_of(struct arena *a, const struct pool_replica *r, struct bad_list *out)
{
	size_t room = 0;

	*out = (struct bad_list){ NULL, 0 };
	for (uint32_t i = 0; i < r->nr; i++)
		room += r->parts[i]->bad ? r->parts[i]->bad->nr : 0;
	if (room == 0)
		return true;
	out->ranges = arena_array(a, room, sizeof(*out->ranges));
	for (uint32_t i = 0; out->ranges && i < r->nr; i++) {
		const struct pool_part *p = r->parts[i];

		for (uint32_t k = 0; p->bad && k < p->bad->nr; k++) {
			uint64_t at = p->bad->ranges[k].at, end = at + p->bad->ranges[k].len;

			at -= at % PAGE;
			end = end > p->data_off + p->data_len ? p->data_off + p->data_len : end;
			at = at < p->data_off ? p->data_off : at;
			if (at < end)
				out->ranges[out->nr++] = (struct badblocks_range){
					p->logical_at + at - p->data_off, (end - at + PAGE - 1) / PAGE * PAGE };
		}
	}
	return out->ranges != NULL;
}

/* What of a is in b too, into a. Both ascend; the first range of each place is told, whole. */
static void both(struct bad_list *a, const struct bad_list *b)
{
	size_t kept = 0;

	for (size_t i = 0, k = 0; i < a->nr && k < b->nr;) {
		uint64_t a_end = a->ranges[i].at + a->ranges[i].len, b_end = b->ranges[k].at + b->ranges[k].len;
		uint64_t at = a->ranges[i].at > b->ranges[k].at ? a->ranges[i].at : b->ranges[k].at;

		if (at < a_end && at < b_end) {
			a->ranges[kept++] = a->ranges[i++];
			continue;
		}
		if (a_end <= b_end)
			i++;
		else
			k++;
	}
	a->nr = kept;
}

static void everywhere(const struct check *self, const struct pool_set *s, struct findings *out)
{
	struct bad_list all = { NULL, 0 }, one;

	for (uint32_t r = 0; r < s->nr; r++) {
		bool known = list_of(out->arena, s->replicas[r], r ? &one : &all);

		/* a remote replica may have the bytes: nobody here knows */
		if (!known || s->replicas[r]->remote)
			return;
		if (r)
			both(&all, &one);
	}
	for (size_t k = 0; k < all.nr; k++) {
		struct finding f = { .by = self, .verdict = CORRUPT, .node = s->replicas[0]->node, .at = all.ranges[k].at,
				     .len = all.ranges[k].len, .idx = k };

		f.detail = arena_printf(out->arena, "%" PRIu64 " bytes at 0x%" PRIx64 " of the pool are bad in %s", f.len, f.at,
					s->nr == 1 ? "the only replica" : "every replica");
		findings_add(out, f);
	}
}

static void range_verify(const struct check *self, const struct model *m, struct findings *out)
{
	if (next_bad(m->pool, NULL) == NULL)
		return;
	if (ordered(m->pool))
		everywhere(self, m->pool, out);
	else
		findings_unchecked(out, self, NULL, "ranges out of order are not compared between replicas");
}

/* Does [at, at+len) of im read as zeros? *known is false when bytes of it are lost, or outside. */
static bool reads_zero(struct image *im, uint64_t at, uint64_t len, bool *known)
{
	uint8_t buf[STEP], lost[STEP];

	*known = at <= im->size && len <= im->size - at;
	while (*known && len) {
		size_t n = len < STEP ? (size_t)len : STEP;

		*known = image_read(im, at, n, buf, lost) && !memchr(lost, 1, n);
		if (*known && (buf[0] || memcmp(buf, buf + 1, n - 1) != 0))
			return false;
		at += n;
		len -= n;
	}
	return *known;
}

/* The first other replica that has bytes where p, zeros there, was cleared; NULL: none. */
static const struct pool_replica *holder(const struct pool_set *s, const struct pool_part *p, uint64_t at, uint64_t len)
{
	for (uint32_t r = 0; r < s->nr; r++) {
		const struct pool_replica *other = s->replicas[r];
		bool known;

		if (r == p->replica || other->logical == NULL)
			continue;
		if (!reads_zero(other->logical, p->logical_at + at - p->data_off, len, &known) && known)
			return other;
	}
	return NULL;
}

static void cleared_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;

	if (next_bad(s, NULL) == NULL || !complete(s) || !ordered(s))
		return;
	for (const struct pool_part *p = NULL; (p = next_bad(s, p)) != NULL;)
		for (uint32_t k = 0; p->item && k < p->bad->nr; k++) {
			uint64_t at = p->bad->ranges[k].at, len = p->bad->ranges[k].len;
			const struct pool_replica *from;
			bool known;

			if (at < p->data_off || at + len > p->data_off + p->data_len ||
			    !reads_zero(p->item->image, at, len, &known) || (from = holder(s, p, at, len)) == NULL)
				continue;
			struct finding f = { .by = self, .verdict = CONFLICT, .node = p->node, .at = at, .len = len, .idx = k };
			f.detail = arena_printf(out->arena, "%" PRIu64 " bytes at 0x%" PRIx64 " of %s are zeros, replica %" PRIu32
						" has data there", len, at, pool_parts_name(out->arena, p), from->idx);
			f.repair = REPAIR_SAFE;
			findings_add(out, f);
		}
}

#define SOURCE "PMDK 1.12 src/libpmempool/sync.c, src/common/set_badblocks.c"

static const struct check checks[] = {
	{ .id = "pool.bad-blocks.left", .covers = "BB-05", .severity = WARNING,
	  .says = "a repair of bad blocks was cut off",
	  .means = "The library refuses to open the pool while its recovery files lie beside it. Bytes of the ranges they name "
		   "may be zeros that were never data.",
	  .remedy = "Keep the recovery files. Run pmempool sync --bad-blocks on a copy when every range is whole in some replica.",
	  .source = SOURCE, .verify = left_verify },
	{ .id = "pool.bad-blocks.file", .covers = "BB-06 BB-07", .severity = WARNING,
	  .says = "a recovery file of bad blocks is not as pmempool writes it",
	  .means = "When one is missing or has no end, pmempool sync throws all of them away without a word, and what is bad stays; "
		   "when one is out of order, it refuses.",
	  .remedy = "Take the ranges for a hint of what is bad; keep copies of the files before any tool runs.",
	  .source = SOURCE, .verify = form_verify },
	{ .id = "pool.bad-blocks.everywhere", .covers = "BB-07", .severity = ERROR,
	  .says = "no replica has the bytes of a bad range",
	  .means = "They are lost: pmempool sync clears the range in all replicas first, and then finds that it cannot mend it.",
	  .remedy = "Do not run pmempool sync --bad-blocks. Look into what was kept there, and for a backup.",
	  .source = SOURCE, .verify = range_verify },
	{ .id = "pool.bad-blocks.cleared", .covers = "BB-08", .severity = WARNING,
	  .says = "a bad range was cleared and not yet restored",
	  .means = "This replica has zeros in place of data. Without the recovery files nobody would notice.",
	  .remedy = "Copy the range from the replica named, or let pmempool sync --bad-blocks do it.",
	  .source = SOURCE, .verify = cleared_verify, .repair = replica_repair_cleared },
};

const struct check_table pool_bad_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
