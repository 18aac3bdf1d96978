#include "formats/pool/hdr.h"

#include "formats/base/checksum.h"

#include <assert.h>
#include <string.h>

const struct name_of pool_hdr_compat_names[] = {
	{ POOL_FEAT_CHECK_BAD_BLOCKS, "CHECK_BAD_BLOCKS" },
	{ 0, NULL },
};
const struct name_of pool_hdr_incompat_names[] = {
	{ POOL_FEAT_SINGLEHDR, "SINGLEHDR" },
	{ POOL_FEAT_CKSUM_2K, "CKSUM_2K" },
	{ POOL_FEAT_SDS, "SHUTDOWN_STATE" },
	{ 0, NULL },
};
/* Numbers of the ELF specification. */
const struct name_of pool_hdr_class_names[] = { { 1, "32-bit" }, { 2, "64-bit" }, { 0, NULL } };
const struct name_of pool_hdr_data_names[] = {
	{ 1, "little-endian" },
	{ 2, "big-endian" },
	{ 0, NULL },
};
const struct name_of pool_hdr_machine_names[] = {
	{ 62, "x86-64" },   { POOL_HDR_MACHINE_PPC64, "PPC64" }, { 183, "aarch64" },
	{ 243, "RISC-V" },  { 258, "LoongArch" },                { 0, NULL },
};

#define SELF pool_hdr
static const struct field pool_hdr_fields[] = { POOL_HDR(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout pool_hdr_layout =
	LAYOUT(pool_hdr, "PMDK src/common/pool_hdr.h, struct pool_hdr", POOL_HDR_LEN, pool_hdr_fields);

static const struct {
	char signature[8];
	enum pool_type type;
	const char *name;
} types[] = {
	{ "PMEMOBJ", POOL_OBJ, "pmemobj" },
	{ "PMEMBLK", POOL_BLK, "pmemblk" },
	{ "PMEMLOG", POOL_LOG, "pmemlog" },
	{ "PMEMCTO", POOL_CTO, "pmemcto" },
};
enum { TYPES_NR = sizeof(types) / sizeof(types[0]) };

enum pool_type pool_hdr_type(const struct pool_hdr *h)
{
	for (size_t i = 0; i < TYPES_NR; i++)
		if (memcmp(h->signature, types[i].signature, sizeof(h->signature)) == 0)
			return types[i].type;
	return POOL_UNKNOWN;
}

const char *pool_type_name(enum pool_type type)
{
	for (size_t i = 0; i < TYPES_NR; i++)
		if (types[i].type == type)
			return types[i].name;
	return "unknown";
}

const char *pool_type_signature(enum pool_type type)
{
	for (size_t i = 0; i < TYPES_NR; i++)
		if (types[i].type == type)
			return types[i].signature;
	return NULL;
}

/* 1.4 wrote obj pools of major 4, and the three others of major 1. */
static bool era_14(const struct pool_hdr *h)
{
	return h->major == (pool_hdr_type(h) == POOL_OBJ ? 4u : 1u);
}

enum pool_hdr_sum pool_hdr_sum(struct span s, const struct pool_hdr *h, uint64_t *announced)
{
	const int64_t own = POOL_HDR_LEN - 8;
	bool two = h->incompat & POOL_FEAT_CKSUM_2K;

	assert(s.len >= POOL_HDR_LEN);
	*announced = checksum_fletcher64(s, own, two ? POOL_HDR_CSUM_2K : POOL_HDR_CSUM_4K);
	if (*announced == h->checksum)
		return POOL_HDR_SUM_ANNOUNCED;
	if (!two && checksum_fletcher64(s, own, POOL_HDR_CSUM_2K) == h->checksum)
		return POOL_HDR_SUM_2K;
	if (!two && era_14(h) && checksum_fletcher64(s, own, POOL_HDR_CSUM_14) == h->checksum)
		return POOL_HDR_SUM_14;
	if (two && checksum_fletcher64(s, own, POOL_HDR_CSUM_4K) == h->checksum)
		return POOL_HDR_SUM_4K;
	return POOL_HDR_SUM_BAD;
}

uint64_t pool_hdr_sds_sum(struct span s)
{
	struct span sds;

	if (!span_cut(s, POOL_HDR_SDS_OFF, POOL_HDR_SDS_LEN, &sds))
		return 0;
	return checksum_fletcher64(sds, POOL_HDR_SDS_LEN - 8, CHECKSUM_NO_SKIP);
}

bool pool_hdr_is_part(const struct pool_hdr *h)
{
	return !uuid_same(h->uuid, h->next_part_uuid) || !uuid_same(h->uuid, h->prev_part_uuid);
}

uint64_t pool_hdr_len(const struct pool_hdr *h)
{
	return h->machine == POOL_HDR_MACHINE_PPC64 ? POOL_HDR_LEN_64K : POOL_HDR_LEN;
}

uint64_t pool_hdr_uuid_lo(const uint8_t poolset_uuid[UUID_LEN])
{
	uint64_t lo = 0;

	for (int i = 0; i < 8; i++)
		lo = lo << 8 | (uint64_t)(poolset_uuid[i] ^ poolset_uuid[8 + i]);
	return lo;
}
