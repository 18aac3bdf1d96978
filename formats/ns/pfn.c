#include "formats/ns/pfn.h"

#include "formats/base/checksum.h"

#include <string.h>

const struct name_of pfn_mode_names[] = {
	{ PFN_MODE_RAM, "page array in RAM" }, { PFN_MODE_PMEM, "page array in the namespace" }, { 0, NULL },
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

/* Words of a later version than the block's hold anything. */
uint64_t pfn_pads(const struct pfn_sb *sb)
{
	return sb->version_minor < 1 ? 0 : (uint64_t)sb->start_pad + sb->end_trunc;
}

uint64_t pfn_page(const struct pfn_sb *sb)
{
	return sb->version_minor < 4 || sb->page_size == 0 ? PFN_PAGE : sb->page_size;
}

uint64_t pfn_pages(const struct pfn_sb *sb, uint64_t len)
{
	uint64_t pads = pfn_pads(sb);

	return sb->dataoff >= len || pads >= len - sb->dataoff ? 0 : (len - sb->dataoff - pads) / pfn_page(sb);
}

uint64_t pfn_dataoff(uint64_t len, uint32_t mode, uint32_t align)
{
	const uint64_t head = PFN_AT + PFN_LEN, subsection = 2 << 20;
	uint64_t unit = align > subsection ? align : subsection;
	uint64_t pages = len > head ? (len - head) / PFN_PAGE : 0;
	uint64_t need = head + (mode == PFN_MODE_PMEM ? pages * PFN_PAGE_STRUCT : 0);

	return (need + unit - 1) / unit * unit;
}

uint64_t pfn_sum(struct span s)
{
	return checksum_fletcher64(s, PFN_LEN - 8, CHECKSUM_NO_SKIP);
}
