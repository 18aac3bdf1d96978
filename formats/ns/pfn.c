#include "formats/ns/pfn.h"

#include "formats/base/checksum.h"

#include <string.h>

const struct name_of pfn_mode_names[] = {
	{ 1, "page array in RAM" }, { 2, "page array in the namespace" }, { 0, NULL },
};

#define SELF pfn_sb
static const struct field pfn_sb_fields[] = { PFN_SB(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout pfn_sb_layout =
	LAYOUT(pfn_sb, "Linux drivers/nvdimm/pfn.h, struct nd_pfn_sb", PFN_LEN, pfn_sb_fields);

enum pfn_kind pfn_kind(const struct pfn_sb *sb)
{
	if (memcmp(sb->signature, "NVDIMM_PFN_INFO", sizeof(sb->signature)) == 0)
		return PFN_FSDAX;
	if (memcmp(sb->signature, "NVDIMM_DAX_INFO", sizeof(sb->signature)) == 0)
		return PFN_DEVDAX;
	return PFN_NONE;
}

uint64_t pfn_sum(struct span s)
{
	return checksum_fletcher64(s, PFN_LEN - 8, CHECKSUM_NO_SKIP);
}
