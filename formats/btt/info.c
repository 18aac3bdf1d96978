#include "formats/btt/info.h"

#include "formats/base/checksum.h"

#include <string.h>

const struct name_of btt_info_flag_names[] = { { BTT_FLAG_ERROR, "ERROR" }, { 0, NULL } };

#define SELF btt_info
static const struct field btt_info_fields[] = { BTT_INFO(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout btt_info_layout =
	LAYOUT(btt_info, "Linux drivers/nvdimm/btt.h, struct btt_sb", BTT_INFO_LEN, btt_info_fields);

bool btt_info_signed(const struct btt_info *i)
{
	return memcmp(i->sig, "BTT_ARENA_INFO\0", sizeof(i->sig)) == 0;
}

uint64_t btt_info_sum(struct span s)
{
	return checksum_fletcher64(s, BTT_INFO_LEN - 8, CHECKSUM_NO_SKIP);
}
