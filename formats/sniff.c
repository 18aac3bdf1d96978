#include "formats/sniff.h"

#include "formats/image/compressed.h"
#include "formats/image/mapfile.h"
#include "formats/image/tar.h"
#include "formats/pool/hdr.h"
#include "formats/pool/poolset.h"

#include <string.h>

enum { INFO_AT = 4096, SIGNATURE_LEN = 14 };

static bool is_namespace(const uint8_t *head, size_t len)
{
	/* all are longer; fourteen bytes tell them apart */
	static const char *const signatures[] = { "BTT_ARENA_INFO", "NVDIMM_PFN_INFO", "NVDIMM_DAX_INFO", "NAMESPACE_INDEX" };

	for (size_t at = 0; at <= INFO_AT; at += INFO_AT)
		for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
			if (len >= at + SIGNATURE_LEN && memcmp(head + at, signatures[i], SIGNATURE_LEN) == 0)
				return true;
	return false;
}

/* A file that was cut inside of its header still says what it was. */
static bool is_pool(const uint8_t *head, size_t len, struct sniff *out)
{
	uint8_t page[POOL_HDR_LEN] = { 0 };
	struct pool_hdr h;

	memcpy(page, head, len < POOL_HDR_LEN ? len : POOL_HDR_LEN);
	if (!layout_decode(&pool_hdr_layout, (struct span){ .p = page, .len = POOL_HDR_LEN }, 0, &h) || pool_hdr_type(&h) == POOL_UNKNOWN)
		return false;
	out->in_set = pool_hdr_is_part(&h) || !uuid_same(h.uuid, h.prev_repl_uuid) || !uuid_same(h.uuid, h.next_repl_uuid);
	memcpy(out->poolset_uuid, h.poolset_uuid, UUID_LEN);
	memcpy(out->uuid, h.uuid, UUID_LEN);
	return true;
}

struct sniff sniff_head(const uint8_t *head, size_t len)
{
	struct span s = { .p = head, .len = len };
	struct sniff out = { .kind = SNIFF_OTHER };
	const char *packing;

	if (is_pool(head, len, &out))
		out.kind = SNIFF_POOL;
	else if (poolset_is(s))
		out.kind = SNIFF_SET_FILE;
	else if (is_namespace(head, len))
		out.kind = SNIFF_CAPTURE;
	else if (compressed_probe(head, len, &packing) || tar_probe(head, len))
		out.kind = SNIFF_PACKED;
	else if (mapfile_probe((const char *)head, len))
		out.kind = SNIFF_MAPFILE;
	return out;
}
