/*
 * Replicas against each other, byte by byte over the range that all have. What differs by design is
 * left out: headers, the run-time words of the pmemobj descriptor, which only the master keeps, and
 * what means nothing in a heap.
 */
#include "analyzer/checks/pool_parts.h"
#include "analyzer/checks/tables.h"
#include "analyzer/facts/obj_idle.h"
#include "analyzer/repair/replica.h"
#include "formats/obj/obj.h"
#include "formats/obj/zone.h"

#include <inttypes.h>
#include <string.h>

enum { WINDOW = 1 << 20, RANGES_KEPT = 16 };

struct differing {
	uint64_t bytes, ranges, lost;
	struct { uint64_t at, end; } kept[RANGES_KEPT];
	uint64_t last_end;
};

/* Source: PMDK src/libpmemobj/obj.h, struct pmemobjpool: from run_id on, volatile or per replica. */
enum { RUNTIME_AT = 0x1a20, RUNTIME_END = 0x2000 };

static bool masked(struct obj_idle *idle, uint64_t at)
{
	return (idle->heap && at >= RUNTIME_AT && at < RUNTIME_END) || obj_idle_at(idle, at);
}

static void differs(struct differing *d, uint64_t at)
{
	d->bytes++;
	if (d->ranges && at - d->last_end < 64) {
		if (d->ranges <= RANGES_KEPT)
			d->kept[d->ranges - 1].end = at + 1;
	} else {
		if (d->ranges < RANGES_KEPT) {
			d->kept[d->ranges].at = at;
			d->kept[d->ranges].end = at + 1;
		}
		d->ranges++;
	}
	d->last_end = at + 1;
}

static bool compare(struct image *a, struct image *b, uint64_t from, uint64_t end, uint8_t *buf,
		    struct obj_idle *idle, struct differing *d)
{
	uint8_t *pa = buf, *la = buf + WINDOW, *pb = la + WINDOW, *lb = pb + WINDOW;

	for (uint64_t at = from; at < end;) {
		struct extent ea = image_extent(a, at), eb = image_extent(b, at);
		uint64_t len = ea.len < eb.len ? ea.len : eb.len;

		if (len == 0)
			return false;
		if (len > end - at)
			len = end - at;
		if (ea.kind == EXTENT_HOLE && eb.kind == EXTENT_HOLE) {
			at += len;
			continue;
		}
		if (ea.kind == EXTENT_LOST || eb.kind == EXTENT_LOST || ea.kind == EXTENT_LEFT_OUT || eb.kind == EXTENT_LEFT_OUT) {
			d->lost += len;
			at += len;
			continue;
		}
		size_t n = len < WINDOW ? (size_t)len : WINDOW;
		if (!image_read(a, at, n, pa, la) || !image_read(b, at, n, pb, lb))
			return false;
		bool whole = !memchr(la, 1, n) && !memchr(lb, 1, n);
		if (whole && memcmp(pa, pb, n) == 0) {
			at += n;
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			if (la[i] || lb[i])
				d->lost++;
			else if (pa[i] != pb[i] && !masked(idle, at + i))
				differs(d, at + i);
		}
		at += n;
	}
	return true;
}

/* Without a look at data: what every opening reads, in each replica, and refuses when it does not hold. */
static bool structures_compare(const struct model *m, struct image *a, struct image *b, uint64_t from, uint64_t end, uint8_t *buf,
			       struct obj_idle *idle, struct differing *d)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;
	enum { DESCR = 4096 };

	if (h == NULL)
		return compare(a, b, from, end - from < DESCR ? end : from + DESCR, buf, idle, d);
	/* lanes change to the last moment: after a crash one replica may be a step behind */
	if (h->at + OBJ_HEAP_HDR_LEN > end || !compare(a, b, from, m->obj->lanes_at, buf, idle, d) ||
	    !compare(a, b, h->at, h->at + OBJ_HEAP_HDR_LEN, buf, idle, d))
		return false;
	for (uint32_t i = 0; i < h->zones_nr; i++) {
		/* of a zone that was never used the header alone: the rest is older than the pool */
		uint64_t at = h->zones[i].at, stop = obj_chunk_hdr_at(&h->zones[i], h->zones[i].chunks);

		if (stop <= end && !compare(a, b, at, stop, buf, idle, d))
			return false;
	}
	return true;
}

static void data_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;
	const struct pool_replica *master = s && s->nr > 1 ? s->replicas[0] : NULL;
	bool open = pool_parts_open(m);
	uint8_t *buf = NULL;

	for (uint32_t i = 1; master && i < s->nr; i++) {
		const struct pool_replica *r = s->replicas[i];
		struct differing d = { 0 };

		if (r->remote || r->logical == NULL || master->logical == NULL) {
			findings_unchecked(out, self, r->node, "a replica is remote or has no parts");
			continue;
		}
		if (findings_hit(out, "poolset.parts.order", NULL)) {
			findings_unchecked(out, self, r->node, "the parts are not in their order");
			continue;
		}
		if (!out->deep)
			findings_unchecked(out, self, r->node, "looks at data: asked for with --deep");
		uint64_t from = s->voted ? pool_hdr_len(s->voted) : POOL_HDR_LEN, end = s->size;
		if (master->logical->size < end)
			end = master->logical->size;
		if (r->logical->size < end)
			end = r->logical->size;
		if (buf == NULL)
			buf = arena_alloc(out->arena, (size_t)WINDOW * 4);
		struct obj_idle idle;
		obj_idle_start(&idle, m->obj ? m->obj->heap : NULL);
		bool read = buf && (out->deep ? compare(master->logical, r->logical, from, end, buf, &idle, &d)
					      : structures_compare(m, master->logical, r->logical, from, end, buf, &idle, &d));
		obj_idle_end(&idle);
		if (!read) {
			findings_unchecked(out, self, r->node, "a replica could not be read to its end");
			continue;
		}
		if (d.lost)
			findings_unchecked(out, self, r->node,
					   arena_printf(out->arena, "%" PRIu64 " bytes are lost in one of the two", d.lost));
		for (uint64_t n = 0; n < d.ranges && n < RANGES_KEPT; n++) {
			struct finding f = { .by = self, .verdict = CONFLICT, .node = r->node, .at = d.kept[n].at,
					     .len = d.kept[n].end - d.kept[n].at, .idx = n };
			f.detail = arena_printf(out->arena, "bytes 0x%" PRIx64 " to 0x%" PRIx64 " of the pool differ from "
						"replica 0; in all %" PRIu64 " bytes in %" PRIu64 " ranges%s",
						d.kept[n].at, d.kept[n].end - 1, d.bytes, d.ranges,
						open ? "; the pool was in use, and its library goes on with replica 0" : "");
			f.repair = REPAIR_ASK;
			findings_add_as(out, open ? NOTE : self->severity, f);
		}
		if (d.ranges > RANGES_KEPT)
			findings_more(out, self, d.ranges - RANGES_KEPT);
	}
}

static const struct check checks[] = {
	{ .id = "pool.replica.data", .after = "poolset.parts.order", .covers = "PH-26 X-7", .severity = WARNING,
	  .says = "a replica holds other data than the master",
	  .means = "After a crash the last writes may be in one replica only; in a closed pool one of the two is damaged.",
	  .remedy = "Prefer the replica whose structures hold; do not run pmempool sync before that is known.",
	  .source = "PMDK 1.12 src/libpmemobj/obj.c, replicated writes", .verify = data_verify,
	  .repair = replica_repair_data },
};

const struct check_table pool_replica_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
