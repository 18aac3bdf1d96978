#include "analyzer/manage/build.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

void build_header(const struct health *h, uint32_t part, struct pool_hdr *out)
{
	const struct part *p = &h->parts[part];
	uint32_t r = p->m->replica, idx = p->m->part, nr = health_parts(h, r), replicas = h->m->replicas;

	*out = p->header_good ? p->hdr : *h->voted;
	if (!p->header_good || p->state == PART_UNSAFE) {
		out->sds_usc = out->sds_uuid = out->sds_checksum = 0;
		out->sds_dirty = 0;
		memset(out->sds_reserved, 0, sizeof(out->sds_reserved));
	}
	if (!p->header_good) {
		out->crtime = 0;
		memset(out->unused, 0, sizeof(out->unused));
		memset(out->unused2, 0, sizeof(out->unused2));
	}
	out->incompat = h->single ? out->incompat | POOL_FEAT_SINGLEHDR : out->incompat & ~(uint32_t)POOL_FEAT_SINGLEHDR;
	memcpy(out->uuid, p->uuid, UUID_LEN);
	memcpy(out->prev_part_uuid, h->single ? p->uuid : health_part(h, r, idx + nr - 1)->uuid, UUID_LEN);
	memcpy(out->next_part_uuid, h->single ? p->uuid : health_part(h, r, idx + 1)->uuid, UUID_LEN);
	memcpy(out->prev_repl_uuid, health_part(h, (r + replicas - 1) % replicas, 0)->uuid, UUID_LEN);
	memcpy(out->next_repl_uuid, health_part(h, (r + 1) % replicas, 0)->uuid, UUID_LEN);
}

void build_header_bytes(struct pool_hdr *hdr, uint8_t bytes[POOL_HDR_LEN])
{
	layout_encode(&pool_hdr_layout, hdr, bytes);
	pool_hdr_sum((struct span){ .p = bytes, .len = POOL_HDR_LEN }, hdr, &hdr->checksum);
	layout_encode(&pool_hdr_layout, hdr, bytes);
}

bool build_uuids(struct health *h, struct manage_error *e)
{
	for (uint32_t i = 0; i < h->m->nr; i++) {
		struct part *p = &h->parts[i];

		if (!p->has_header || !uuid_null(p->uuid))
			continue;
		if (getrandom(p->uuid, UUID_LEN, 0) != UUID_LEN)
			return manage_fail(e, errno, "%s: no random numbers for a new uuid", health_name(h, p));
		/* a random uuid (version 4), in PMDK's order of bytes */
		p->uuid[7] = (uint8_t)((p->uuid[7] & 0x0f) | 0x40);
		p->uuid[8] = (uint8_t)((p->uuid[8] & 0x3f) | 0x80);
	}
	return true;
}
