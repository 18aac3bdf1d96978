#include "analyzer/repair/log.h"

#include "formats/log/log.h"

#include <inttypes.h>
#include <string.h>

enum { WINDOW = 65536 };

void log_repair_bounds(const struct check *by, const struct finding *f, const struct model *m, struct plan *p)
{
	const struct log_pool *l = m->log;
	bool start = f->field && strcmp(f->field->name, "start_offset") == 0;
	uint64_t value = start ? l->start : l->size;
	const char *why = start ? "the format puts it there" : "the pool's files are of this size together";

	(void)by;
	struct step *s = plan_step(p, f, f->repair,
				   arena_printf(p->arena, "sets %s to 0x%" PRIx64 ": %s", f->field->name, value, why));
	if (s == NULL)
		return;
	if (f->repair == REPAIR_ASK)
		s->loses = "the word's witness that the pool once had another size: a file that was cut is not longer for it";
	plan_put_value(p, s, f->node, f->field, value, why);
}

/* One past the last byte in [from, to) that is not zero; from when there is none. False: unreadable. */
static bool last_nonzero(struct image *im, uint64_t from, uint64_t to, uint64_t *end)
{
	static const uint8_t zeros[WINDOW];
	uint8_t buf[WINDOW], lost[WINDOW];

	*end = from;
	for (uint64_t at = from; at < to;) {
		struct extent e = image_extent(im, at);
		uint64_t len = e.len < to - at ? e.len : to - at;
		size_t n = len < WINDOW ? (size_t)len : WINDOW;

		if (len == 0)
			return false;
		if (e.kind != EXTENT_DATA) {
			at += len;
			continue;
		}
		if (!image_read(im, at, n, buf, lost))
			return false;
		if (memcmp(buf, zeros, n) != 0)
			for (size_t i = n; i--;)
				if (buf[i]) {
					*end = at + i + 1;
					break;
				}
		at += n;
	}
	return true;
}

void log_repair_write(const struct check *by, const struct finding *f, const struct model *m, struct plan *p)
{
	const struct log_pool *l = m->log;
	uint64_t end;

	(void)by;
	if (!last_nonzero(l->image, l->start, l->size, &end))
		return;
	const struct { uint64_t value; const char *says, *loses; } ways[] = {
		{ end, "behind the last byte that is not zero",
		  "the exact end: zeros that ended the log are cut off, remains of an older log are shown" },
		{ l->size, "to the end of the pool, as pmempool does",
		  "the end of the log: whatever lies behind it is shown as log" },
		{ l->start, "to the start: an empty log", "all of the log, to whoever opens the pool; the bytes stay" },
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct step *s = plan_step(p, f, i ? REPAIR_ADVANCED : REPAIR_ASK,
					   arena_printf(p->arena, "sets write_offset to 0x%" PRIx64 ", %s", ways[i].value,
							ways[i].says));
		if (s == NULL)
			return;
		s->loses = ways[i].loses;
		plan_put_value(p, s, f->node, f->field, ways[i].value, ways[i].says);
	}
}

void log_repair_unused(const struct check *by, const struct finding *f, const struct model *m, struct plan *p)
{
	static const uint8_t zeros[LOG_DESCR_LEN];
	struct step *s = plan_step(p, f, REPAIR_SAFE, "zeroes the unused bytes");

	(void)by;
	(void)m;
	if (s)
		plan_put_bytes(p, s, f->node, f->field, zeros, "nothing reads them");
}
