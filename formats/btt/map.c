#include "formats/btt/map.h"

#include "formats/btt/geom.h"

#define SELF btt_map_entry
static const struct field btt_map_entry_fields[] = { BTT_MAP_ENTRY(ROW_LE) };
#undef SELF
const struct layout btt_map_entry_layout =
	LAYOUT(btt_map_entry, "Linux drivers/nvdimm/btt.c, btt_map_read", BTT_MAP_WORD, btt_map_entry_fields);

const char *btt_map_state_name(enum btt_map_state s)
{
	static const char *const names[] = { "initial", "error", "zero", "normal" };

	return names[s & 3];
}
