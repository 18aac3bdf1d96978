#include "analyzer/repair/header_lone.h"

#include "analyzer/facts/obj_uuid.h"
#include "formats/base/digest.h"
#include "formats/btt/arena.h"
#include "formats/obj/obj.h"

#include <inttypes.h>
#include <string.h>

enum { LINKS = 5 };

bool header_lone(const struct pool_set *s, const struct pool_part *p)
{
	return s->nr == 1 && s->replicas[0]->nr == 1 && p->idx == 0 && s->type != POOL_UNKNOWN &&
	       s->type != POOL_CTO &&
	       (!s->lone_part || (s->inner_known && s->inner_size == p->file_size - p->file_size % POOL_HDR_LEN));
}

bool header_uuid(const struct pool_part *p, const char *what, uint8_t uuid[UUID_LEN])
{
	uint8_t sum[DIGEST_LEN];
	struct digest *d = digest_open();
	uint8_t buf[4096], lost[4096];
	bool ok = d && image_read(p->item->image, POOL_HDR_LEN, sizeof(buf), buf, lost);

	if (ok) {
		digest_add(d, what, strlen(what));
		digest_add(d, buf, sizeof(buf));
		ok = digest_end(d, sum);
	}
	digest_close(d);
	if (!ok)
		return false;
	memcpy(uuid, sum, UUID_LEN);
	uuid[7] = (uint8_t)((uuid[7] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return true;
}

/* A pmemblk pool's BTT has it as its parent's. */
static const uint8_t *parent_uuid(const struct model *m)
{
	for (uint32_t i = 0; m->blk && m->btt && i < m->btt->nr; i++) {
		const struct btt_arena *ar = &m->btt->arenas[i];
		const struct btt_info *info = ar->primary.good ? ar->primary.info : ar->backup.good ? ar->backup.info : NULL;

		if (info)
			return info->parent_uuid;
	}
	return NULL;
}

bool header_poolset_uuid(const struct model *m, const struct pool_part *p, uint8_t uuid[UUID_LEN], bool *pointers)
{
	const uint8_t *parent = parent_uuid(m);
	uint64_t lo, nr;

	if (parent) {
		memcpy(uuid, parent, UUID_LEN);
		*pointers = true;
		return true;
	}

	if (!header_uuid(p, "poolset", uuid))
		return false;
	*pointers = m->obj && obj_uuid_told(m->obj, &lo, &nr);
	if (!*pointers)
		return true;
	header_uuid_fold(uuid, lo);
	return true;
}

void header_uuid_fold(uint8_t uuid[UUID_LEN], uint64_t lo)
{
	/* the first half is free; its top bits make the second half's those of a random uuid */
	uuid[0] = (uint8_t)((uuid[0] & 0x3f) | ((lo >> 56 ^ 0x80) & 0xc0));
	for (int i = 0; i < 8; i++)
		uuid[8 + i] = (uint8_t)(uuid[i] ^ (uint8_t)(lo >> 8 * (7 - i)));
}

/* A lone part names itself as every neighbour: what most of the five say. False: no two agree. */
static bool own_uuid(const struct pool_hdr *h, uint8_t out[UUID_LEN])
{
	const uint8_t *u[LINKS] = { h->uuid, h->prev_part_uuid, h->next_part_uuid, h->prev_repl_uuid, h->next_repl_uuid };
	int best = 0;

	for (int i = 0; i < LINKS; i++) {
		int nr = 0;

		for (int k = 0; k < LINKS; k++)
			nr += uuid_random_pmdk(u[i]) && uuid_same(u[i], u[k]);
		if (nr > best) {
			best = nr;
			memcpy(out, u[i], UUID_LEN);
		}
	}
	return best > 1;
}

static void own_uuid_put(struct pool_hdr *h, const uint8_t uuid[UUID_LEN])
{
	memcpy(h->uuid, uuid, UUID_LEN);
	memcpy(h->prev_part_uuid, uuid, UUID_LEN);
	memcpy(h->next_part_uuid, uuid, UUID_LEN);
	memcpy(h->prev_repl_uuid, uuid, UUID_LEN);
	memcpy(h->next_repl_uuid, uuid, UUID_LEN);
}

static void constants_put(struct pool_hdr *h, enum pool_type type)
{
	memcpy(h->signature, pool_type_signature(type), sizeof(h->signature));
	h->ro_compat = 0;
	memset(h->arch_reserved, 0, sizeof(h->arch_reserved));
	memset(h->unused, 0, sizeof(h->unused));
	memset(h->unused2, 0, sizeof(h->unused2));
	memset(h->sds_reserved, 0, sizeof(h->sds_reserved));
}

static void machine_put(struct pool_hdr *h)
{
	h->alignment_desc = HEADER_ALIGNMENT_LP64;
	h->machine_class = HEADER_CLASS_64;
	h->data = HEADER_DATA_LE;
	h->machine = HEADER_MACHINE_X86_64;
}

void header_fresh(enum pool_type type, uint32_t major, const struct pool_hdr *like, const uint8_t poolset[UUID_LEN],
		  const uint8_t uuid[UUID_LEN], uint8_t bytes[POOL_HDR_LEN])
{
	/* libraries before PMDK 1.5, majors 1 to 4 of pmemobj, know no such feature */
	struct pool_hdr h = { .major = major, .incompat = type == POOL_OBJ && major < 5 ? 0 : POOL_FEAT_CKSUM_2K };

	constants_put(&h, type);
	machine_put(&h);
	if (like) {
		h.alignment_desc = like->alignment_desc;
		h.machine_class = like->machine_class;
		h.data = like->data;
		h.machine = like->machine;
	}
	h.crtime = like && like->crtime ? like->crtime : 1; /* 0 is the time of no pool */
	memcpy(h.poolset_uuid, poolset, UUID_LEN);
	own_uuid_put(&h, uuid);
	layout_encode(&pool_hdr_layout, &h, bytes);
	pool_hdr_sum((struct span){ .p = bytes, .len = POOL_HDR_LEN }, &h, &h.checksum);
	layout_encode(&pool_hdr_layout, &h, bytes);
}

/* Every header that a library may have written here; the one whose sum is the stored one. */
static bool proved(const struct pool_part *p, const struct pool_hdr *base, enum pool_type type, struct pool_hdr *out)
{
	static const uint32_t compat[] = { 1, 0 }, incompat[] = { 6, 2, 0 };
	uint32_t last = type == POOL_OBJ ? 6 : 1;

	for (uint32_t major = last; major; major--)
		for (size_t i = 0; i < sizeof(incompat) / sizeof(incompat[0]); i++)
			for (size_t c = 0; c < sizeof(compat) / sizeof(compat[0]); c++)
				for (int machine = 0; machine < 2; machine++) {
					*out = *base;
					out->major = major;
					out->incompat = incompat[i];
					out->compat = compat[c];
					if (machine)
						machine_put(out);
					if (header_sum(p, out) == base->checksum)
						return true;
				}
	return false;
}

/* Does the field hold what some library writes there? */
static bool machine_usual(const struct pool_hdr *h)
{
	return h->alignment_desc == HEADER_ALIGNMENT_LP64 && h->machine_class == HEADER_CLASS_64 && h->data == HEADER_DATA_LE;
}

static void usual_put(struct pool_hdr *h, const struct model *m, const struct pool_part *p)
{
	uint32_t last = m->pool->type == POOL_OBJ ? 6 : 1;

	if (h->major < 1 || h->major > last)
		h->major = m->obj ? m->obj->major : last;
	if (h->compat & ~(uint32_t)POOL_FEAT_CHECK_BAD_BLOCKS)
		h->compat = 0;
	if (h->incompat & ~(uint32_t)(POOL_FEAT_CKSUM_2K | POOL_FEAT_SDS))
		h->incompat = POOL_FEAT_CKSUM_2K;
	if ((h->incompat & POOL_FEAT_SDS) && !(h->incompat & POOL_FEAT_CKSUM_2K))
		h->incompat |= POOL_FEAT_CKSUM_2K;
	if (!machine_usual(h))
		machine_put(h);
	if (p->item->source->has_mtime && (h->crtime == 0 || h->crtime > p->item->source->mtime))
		h->crtime = p->item->source->mtime;
}

void header_lone_step(const struct finding *f, const struct model *m, const struct pool_part *p, struct plan *plan)
{
	struct pool_hdr base = *p->hdr, hdr;
	uint8_t uuid[UUID_LEN];
	bool named = own_uuid(p->hdr, uuid), pointers = false;
	uint64_t lo = 0, nr = 0;
	struct step *s;

	constants_put(&base, m->pool->type);
	if (parent_uuid(m))
		memcpy(base.poolset_uuid, parent_uuid(m), UUID_LEN);
	if (named)
		own_uuid_put(&base, uuid);
	if (proved(p, &base, m->pool->type, &hdr)) {
		s = plan_step(plan, f, REPAIR_SAFE, "restores the header: with the values that every such pool has, its own "
						    "checksum holds again");
		if (s)
			header_put(plan, s, p, &hdr, "the stored checksum is that of this header");
		return;
	}
	if (!named && !header_uuid(p, "part", uuid))
		return;
	own_uuid_put(&base, uuid);
	usual_put(&base, m, p);
	/* the pool's uuid: as it stands, unless the pool's own pointers say otherwise, or it cannot be one */
	bool told = parent_uuid(m) != NULL || (m->obj && obj_uuid_told(m->obj, &lo, &nr));
	bool kept = told && m->obj ? pool_hdr_uuid_lo(base.poolset_uuid) == lo : uuid_random_pmdk(base.poolset_uuid);
	if (!kept && !header_poolset_uuid(m, p, base.poolset_uuid, &pointers))
		return;
	base.checksum = header_sum(p, &base);
	s = plan_step(plan, f, kept ? REPAIR_ASK : REPAIR_ADVANCED,
		      kept ? arena_printf(plan->arena, "makes the header right from what every such pool has, and its checksum anew%s",
					  told ? "; what the pool holds confirms its uuid" : "")
			   : arena_printf(plan->arena, "makes the header right, with a new uuid for the pool%s, and its checksum anew",
					  pointers ? " that what it holds agrees with" : ""));
	if (s == NULL)
		return;
	s->loses = kept ? "the only sign of a damaged field that can have many values"
		 : pointers || m->obj == NULL ? "the pool's old uuid, which is damaged"
			    : "the pool's old uuid: pointers kept in its objects name it, and would not be followed";
	header_put(plan, s, p, &base, "see the step");
}
