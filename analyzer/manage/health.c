#include "analyzer/manage/health.h"

#include "analyzer/manage/copy.h"
#include "formats/base/checksum.h"
#include "formats/obj/descr.h"
#include "formats/obj/obj.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { PART_MIN = 8 << 20, WORDS_MAJOR = 4 /* from here on heap_size lies behind the descriptor */ };

uint32_t health_parts(const struct health *h, uint32_t replica)
{
	return h->spaces[replica].nr;
}

struct part *health_part(const struct health *h, uint32_t replica, uint32_t idx)
{
	return &h->parts[h->first[replica] + idx % health_parts(h, replica)];
}

const char *health_name(const struct health *h, const struct part *p)
{
	return members_name(h->m, p->m);
}

void health_fault(struct health *h, uint32_t part, enum part_state state, const char *why)
{
	struct part *p = &h->parts[part];

	if (p->state != PART_WELL)
		return;
	p->state = state;
	p->why = why ? why : "";
	h->faults++;
}

bool health_lose(struct health *h, uint32_t part, uint64_t off, uint64_t len, struct manage_error *e)
{
	struct lost *l = ARENA_NEW(h->m->arena, struct lost);

	if (l == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", h->m->path);
	*l = (struct lost){ part, off, len, h->lost };
	h->lost = l;
	return true;
}

static void header_judge(struct health *h, uint32_t idx)
{
	struct part *p = &h->parts[idx];
	uint8_t bytes[POOL_HDR_LEN];
	struct span s = { .p = bytes, .len = sizeof(bytes) };
	const char *why = NULL;
	uint64_t sum = 0;

	if (p->m->size < sizeof(bytes) || !copy_read(p->m, bytes, sizeof(bytes), 0))
		why = "its header cannot be read";
	else if (span_zero_bytes(bytes, sizeof(bytes)))
		why = "its header is blank";
	else if (!layout_decode(&pool_hdr_layout, s, 0, &p->hdr))
		why = "its header cannot be read";
	else if (pool_hdr_sum(s, &p->hdr, &sum) == POOL_HDR_SUM_BAD)
		why = "its header's checksum does not hold";
	else if (pool_hdr_type(&p->hdr) == POOL_UNKNOWN)
		why = "its header's signature is that of no pool";
	p->header_good = why == NULL;
	/* some of a header is left: the data behind it may be the part's own, when nothing better is */
	p->spare = p->header_good ? p->spare : sum != 0;
	if (p->header_good)
		memcpy(p->uuid, p->hdr.uuid, UUID_LEN);
	else
		health_fault(h, idx, PART_HEADER, why);
}

static void file_judge(struct health *h, uint32_t idx)
{
	struct part *p = &h->parts[idx];
	const struct member *m = p->m;
	struct arena *a = h->m->arena;

	p->has_header = m->part == 0 || !h->single;
	p->readable = m->fd >= 0;
	if (m->kind == MEMBER_NONE || m->errnum)
		health_fault(h, idx, m->errnum == ENOENT ? PART_MISSING : PART_CLOSED,
			     m->errnum == ENOENT ? "it is missing" : arena_printf(a, "it cannot be opened: %s", strerror(m->errnum)));
	if (!p->readable)
		return;
	if (m->size != space_part_size(m)) {
		health_fault(h, idx, PART_SIZE, arena_printf(a, "it has %" PRIu64 " bytes and not %" PRIu64, m->size, m->declared));
		p->spare = true;
	}
	if (p->has_header)
		header_judge(h, idx);
}

/* The header that most others agree with in the pool's uuid. */
static bool vote(struct health *h, struct manage_error *e)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < h->m->nr; i++) {
		uint32_t same = 0;

		for (uint32_t k = 0; h->parts[i].header_good && k < h->m->nr; k++)
			same += h->parts[k].header_good && uuid_same(h->parts[k].hdr.poolset_uuid, h->parts[i].hdr.poolset_uuid);
		if (same > best) {
			best = same;
			h->voted = &h->parts[i].hdr;
		}
	}
	return h->voted || manage_fail(e, EINVAL, "%s: no part has a header that holds: mend the headers first (pmemscope repair)",
				       h->m->path);
}

static bool one_pool(struct health *h, struct manage_error *e)
{
	const struct pool_hdr *v = h->voted;

	if (pool_hdr_type(v) != POOL_OBJ)
		return manage_fail(e, EINVAL, "%s: a %s pool: only pmemobj pools have replicas", h->m->path,
				   pool_type_name(pool_hdr_type(v)));
	if (pool_hdr_len(v) != POOL_HDR_LEN)
		return manage_fail(e, ENOTSUP, "%s: a pool of a machine with 64 KiB pages: not supported", h->m->path);
	if (h->single != (v->incompat & POOL_FEAT_SINGLEHDR))
		return manage_fail(e, EINVAL, "%s: OPTION SINGLEHDR is %s the set file and %s in the headers' features: mend the set file",
				   h->m->path, h->single ? "in" : "not in", h->single ? "not" : "is");
	for (uint32_t i = 0; i < h->m->nr; i++) {
		struct part *p = &h->parts[i];

		if (p->has_header && !p->header_good)
			p->spare &= uuid_same(p->hdr.poolset_uuid, v->poolset_uuid);
		if (!p->header_good)
			continue;
		if (!uuid_same(p->hdr.poolset_uuid, v->poolset_uuid))
			return manage_fail(e, EINVAL, "%s: pool_hdr.poolset_uuid is that of another pool; nothing was changed: put the right "
					   "file there, or take this one away", health_name(h, p));
		if (p->hdr.major != v->major || p->hdr.compat != v->compat || p->hdr.incompat != v->incompat ||
		    p->hdr.ro_compat != v->ro_compat || memcmp(p->hdr.signature, v->signature, sizeof(v->signature)) != 0)
			return manage_fail(e, EINVAL, "%s: its pool_hdr.features or major differ from those of other parts: repair the "
					   "pool first; nothing was changed", health_name(h, p));
	}
	return true;
}

/* What the system would answer for a file that lies on no persistent memory: no count, no device. */
static bool on_dax(const struct member *m)
{
	struct statx st;

	return m->kind == MEMBER_DAX || (statx(m->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) == 0 && st.stx_attributes & STATX_ATTR_DAX);
}

/* The device's count at the last open is another than now, and the pool was not closed. */
static void replica_unsafe(struct health *h, uint32_t replica)
{
	struct part *p = health_part(h, replica, 0);
	uint8_t bytes[POOL_HDR_LEN];

	if (!p->header_good || !(p->hdr.incompat & POOL_FEAT_SDS) || !p->hdr.sds_dirty || (!p->hdr.sds_usc && !p->hdr.sds_uuid))
		return;
	layout_encode(&pool_hdr_layout, &p->hdr, bytes);
	if (pool_hdr_sds_sum((struct span){ .p = bytes, .len = sizeof(bytes) }) != p->hdr.sds_checksum || on_dax(p->m))
		return;
	for (uint32_t i = 0; i < health_parts(h, replica); i++) {
		health_fault(h, h->first[replica] + i, PART_UNSAFE,
			     "the shutdown state of its replica tells that its device lost power while the pool was open");
		health_part(h, replica, i)->spare = false;
	}
}

struct descr {
	bool good;
	uint64_t size; /* heap_offset + heap_size; 0: it does not say */
};

static struct descr descr_read(const struct health *h, const struct part *p)
{
	uint8_t bytes[SPACE_PAGE];
	struct span s = { .p = bytes, .len = sizeof(bytes) }, summed;
	struct descr out = { 0 };
	struct obj_descr d;
	struct obj_words w;
	uint64_t heap;

	if (p->m->size < OBJ_DESCR_AT + sizeof(bytes) || !copy_read(p->m, bytes, sizeof(bytes), OBJ_DESCR_AT) ||
	    !layout_decode(&obj_descr_layout, s, 0, &d) || !span_cut(s, 0, OBJ_DESCR_LEN, &summed))
		return out;
	out.good = d.heap_offset && checksum_fletcher64(summed, OBJ_DESCR_SUM_OFF, CHECKSUM_NO_SKIP) == d.checksum;
	if (h->voted->major >= WORDS_MAJOR && layout_decode(&obj_words_layout, s, OBJ_WORDS_AT - OBJ_DESCR_AT, &w) && w.heap_size)
		heap = w.heap_size;
	else
		heap = d.heap_size_old;
	if (out.good && !__builtin_add_overflow(d.heap_offset, heap, &heap) && heap % SPACE_PAGE == 0 && heap >= PART_MIN)
		out.size = heap;
	return out;
}

static bool believed(const struct part *p)
{
	return p->readable && (p->state == PART_WELL || p->state == PART_LOST || p->spare);
}

/*
 * heap_size lies outside every checksum. One that the files cannot hold is not believed; of several that they can,
 * the one that they were made for, else the one that most replicas tell.
 */
static bool size_judge(struct health *h, struct manage_error *e)
{
	uint64_t least = UINT64_MAX, told = 0, *sizes = arena_array(h->m->arena, h->m->replicas, sizeof(*sizes));
	uint32_t best = 0;
	bool tie = false;

	if (sizes == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", h->m->path);
	for (uint32_t r = 0; r < h->m->replicas; r++)
		if (h->spaces[r].size < least)
			least = h->spaces[r].size;
	for (uint32_t r = 0; r < h->m->replicas; r++) {
		struct part *p = health_part(h, r, 0);
		struct descr d = believed(p) ? descr_read(h, p) : (struct descr){ 0 };

		if (believed(p) && !d.good) {
			health_fault(h, h->first[r], PART_DESCR, "the descriptor behind its header does not hold");
			p->spare = true;
			if (!health_lose(h, h->first[r], OBJ_DESCR_AT, SPACE_PAGE, e))
				return false;
		}
		sizes[r] = d.good ? d.size : 0;
		told = sizes[r] > told ? sizes[r] : told;
	}
	for (uint32_t r = 0; r < h->m->replicas; r++) {
		uint32_t votes = sizes[r] == least ? h->m->replicas : 0;

		for (uint32_t k = 0; k < h->m->replicas; k++)
			votes += sizes[k] == sizes[r];
		if (sizes[r] == 0 || sizes[r] > least)
			continue;
		tie = votes == best && sizes[r] != h->pool_size;
		if (votes > best) {
			best = votes;
			tie = false;
			h->pool_size = sizes[r];
		}
	}
	if (tie)
		return manage_fail(e, EINVAL, "%s: the replicas tell several sizes of the pool, and nothing tells which is right: mend "
				   "obj_words.heap_size first", h->m->path);
	if (h->pool_size == 0 && told)
		return manage_fail(e, EINVAL, "%s: the pool has %" PRIu64 " bytes by its descriptor, and the smallest replica of the set file "
				   "only %" PRIu64, h->m->path, told, least);
	return h->pool_size || manage_fail(e, EINVAL, "%s: no replica has a descriptor that tells the size of the pool", h->m->path);
}

bool health_judge(struct health *h, struct members *m, struct manage_error *e)
{
	uint32_t seen = 0;

	*h = (struct health){ .m = m, .single = m->singlehdr };
	h->parts = arena_array(m->arena, m->nr, sizeof(*h->parts));
	h->first = arena_array(m->arena, m->replicas, sizeof(*h->first));
	h->spaces = arena_array(m->arena, m->replicas, sizeof(*h->spaces));
	if (h->parts == NULL || h->first == NULL || h->spaces == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	for (uint32_t r = 0; r < m->replicas; r++) {
		if (!space_make(&h->spaces[r], m, r, h->single, e))
			return false;
		if (h->spaces[r].nr == 0)
			return manage_fail(e, EINVAL, "%s: replica %" PRIu32 " has no parts", m->path, r);
		h->first[r] = seen;
		seen += h->spaces[r].nr;
	}
	for (uint32_t i = 0; i < m->nr; i++) {
		h->parts[i].m = &m->list[i];
		file_judge(h, i);
	}
	if (!vote(h, e) || !one_pool(h, e) || !health_links(h, e))
		return false;
	for (uint32_t r = 0; r < m->replicas; r++)
		replica_unsafe(h, r);
	return size_judge(h, e);
}
