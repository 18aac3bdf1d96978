#include "formats/btt/map.h"

const char *btt_map_state_name(enum btt_map_state s)
{
	static const char *const names[] = { "initial", "error", "zero", "normal" };

	return names[s & 3];
}
