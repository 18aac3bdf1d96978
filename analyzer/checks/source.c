/* What is said of whole sources beside their bytes: a mapfile, and the kernel's list of bad blocks. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "formats/image/bad.h"
#include "formats/image/mapfile.h"

#include <inttypes.h>
#include <string.h>

enum { SECTOR = 512, STEP = 128 * SECTOR };
#define LOOKED_MAX (UINT64_C(256) << 20) /* bytes of failed ranges that are looked into, of one source */

/* The sources that this model's tree tells of: those of the outermost. */
static const struct source *next(const struct model *m, const struct source *s)
{
	if (m->intake == NULL)
		return NULL;
	s = s ? s->next : m->up ? NULL : m->intake->sources.first;
	while (s && (s->node == NULL || s->node->parent != m->root))
		s = s->next;
	return s;
}

static void cover_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (const struct source *s = next(m, NULL); s; s = next(m, s)) {
		struct finding f = { .by = self, .verdict = CONFLICT, .node = s->node };
		uint64_t size = s->under ? s->under->size : s->stored_size; /* of a member of a tar, its own */

		if (s->map == NULL || (s->map->unnamed == 0 && s->map->end == size))
			continue;
		f.expected = arena_printf(out->arena, "every byte of %" PRIu64, size);
		f.actual = arena_printf(out->arena, "an end at %" PRIu64 ", and %" PRIu64 " bytes in no line", s->map->end,
					s->map->unnamed);
		f.detail = s->map->end > size ? "the mapfile names bytes behind the file's end" :
						"bytes that no line of the mapfile names are taken for unread";
		findings_add(out, f);
	}
}

static void unfinished_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (const struct source *s = next(m, NULL); s; s = next(m, s)) {
		struct finding f = { .by = self, .verdict = UNVERIFIED, .node = s->node };

		if (s->map == NULL || s->map->untried + s->map->undone == 0)
			continue;
		f.detail = arena_printf(out->arena, "%" PRIu64 " bytes were never tried, of %" PRIu64
						    " more a larger piece failed and its sectors were not tried one by one",
					s->map->untried, s->map->undone);
		findings_add(out, f);
	}
}

/* What fills a range that was not read: one byte all over, the same sector again and again, or ddrescue's own text. */
struct filler {
	uint8_t sector[SECTOR];
	bool any;
};

static bool fills(struct filler *fl, const uint8_t *p, size_t len)
{
	static const char text[] = "\n# position 0x";

	if (len >= sizeof(text) - 1 && memcmp(p, text, sizeof(text) - 1) == 0)
		return true;
	if (len == 0 || memcmp(p, p + 1, len - 1) == 0)
		return true;
	if (!fl->any && len == SECTOR)
		memcpy(fl->sector, p, SECTOR);
	else if (!fl->any)
		return true; /* less than a sector says nothing */
	fl->any = true;
	return memcmp(fl->sector, p, len) == 0;
}

/* Looks into [at, at+len) of the file as it is. *old: bytes that are no filler; false: it cannot be read. */
static bool look(struct image *im, uint64_t at, uint64_t len, struct filler *fl, uint64_t *old)
{
	uint8_t buf[STEP], lost[STEP];

	while (len) {
		struct extent e = image_extent(im, at);
		uint64_t run = e.at + e.len - at < len ? e.at + e.len - at : len;
		size_t n = run < STEP ? (size_t)run : STEP;

		if (e.kind != EXTENT_DATA) {
			at += run;
			len -= run;
			continue;
		}
		if (!image_read(im, at, n, buf, lost))
			return false;
		for (size_t i = 0; i < n; i += SECTOR) {
			size_t one = n - i < SECTOR ? n - i : SECTOR;

			*old += fills(fl, buf + i, one) ? 0 : one;
		}
		at += n;
		len -= n;
	}
	return true;
}

static void filler_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (const struct source *s = next(m, NULL); s; s = next(m, s)) {
		struct finding f = { .by = self, .verdict = UNVERIFIED, .node = s->node };
		struct filler fl = { .any = false };
		uint64_t old = 0, looked = 0;

		for (size_t i = 0; s->map && i < s->map->failed_nr; i++) {
			const struct run *r = &s->map->failed[i];

			if (r->len > LOOKED_MAX - looked) {
				findings_unchecked(out, self, s->node, "the ranges that failed are long: not all of them were looked into");
				break;
			}
			looked += r->len;
			if (!look(s->under, r->at, r->len, &fl, &old)) {
				findings_unchecked(out, self, s->node, "the file could not be read where its ranges failed");
				break;
			}
		}
		if (old == 0)
			continue;
		f.detail = arena_printf(out->arena, "%" PRIu64 " bytes of the ranges that failed are neither zeros nor a pattern", old);
		findings_add(out, f);
	}
}

/* Bytes of the list that the mapfile calls read. Both are in order. */
static uint64_t read_though_bad(const struct bad *bad, const struct mapfile *m)
{
	uint64_t nr = 0;

	for (size_t i = 0, k = 0; i < bad->nr && k < m->nr;) {
		const struct run *b = &bad->all[i], *r = &m->runs[k];
		uint64_t at = b->at > r->at ? b->at : r->at;
		uint64_t end = b->at + b->len < r->at + r->len ? b->at + b->len : r->at + r->len;

		nr += end > at ? end - at : 0;
		if (b->at + b->len < r->at + r->len)
			i++;
		else
			k++;
	}
	return nr;
}

static void bad_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (const struct source *s = next(m, NULL); s; s = next(m, s)) {
		struct finding f = { .by = self, .verdict = UNVERIFIED, .node = s->node };
		uint64_t read = s->bad && s->map ? read_though_bad(s->bad, s->map) : 0;

		if (s->bad == NULL || (s->map && read == 0))
			continue;
		if (s->map) {
			f.verdict = CONFLICT;
			f.detail = arena_printf(out->arena, "of the %" PRIu64 " bytes of the list the mapfile calls %" PRIu64 " read: the list "
							    "counts from elsewhere, or the errors were cleared in between",
						s->bad->total, read);
		} else {
			f.detail = arena_printf(out->arena, "%zu bad range%s of %" PRIu64 " bytes in all; they count as unread",
						s->bad->nr, s->bad->nr == 1 ? "" : "s", s->bad->total);
		}
		findings_add(out, f);
	}
}

#define SOURCE "the GNU ddrescue manual, \"Mapfile structure\""

static const struct check checks[] = {
	{ .id = "source.map.cover", .covers = "BB-01", .severity = WARNING,
	  .says = "a mapfile is not that of the file beside it",
	  .means = "The copy was cut, or goes on, or the map's positions are those of another file.",
	  .remedy = "Look into the map's comments for the command that made it, with its input and output positions.",
	  .source = SOURCE, .verify = cover_verify },
	{ .id = "source.map.unfinished", .covers = "BB-02", .severity = WARNING,
	  .says = "a capture was not finished",
	  .means = "Bytes that the device may still give were not tried, or only as part of a larger piece.",
	  .remedy = "Run ddrescue again on the device, with this mapfile.", .source = SOURCE, .verify = unfinished_verify },
	{ .id = "source.map.filler", .covers = "BB-03", .severity = NOTE,
	  .says = "ranges that could not be read hold old bytes",
	  .means = "The file was there before the capture and ddrescue left in these ranges what it held: nothing of the device. They "
		   "count as unread here, but another program takes them for the device's.",
	  .remedy = "Keep the mapfile with the copy.", .source = SOURCE, .verify = filler_verify },
	{ .id = "source.bad.blocks", .covers = "BB-04", .severity = WARNING,
	  .says = "the kernel knows of bad blocks in what is read",
	  .means = "Reading them fails. The list is a lower bound: it ends after a page of text, and errors that nobody met are not in it.",
	  .remedy = "Keep the list before anything writes: a write clears it. Capture with ddrescue, in sectors of 512 bytes.",
	  .source = "Linux block/badblocks.c, drivers/nvdimm/core.c nvdimm_badblocks_populate", .verify = bad_verify },
};

const struct check_table source_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
