/*
 * The unit of a run whose own header does not tell it: by its bitmap, whose bits that stand for no unit are set for ever, and by
 * the headers of its objects, which lie at units and have their lengths. Other runs of the heap and libpmemobj's own table say
 * which units to try first; where these do not fit, all of them.
 */
#ifndef ANALYZER_FACTS_OBJ_UNITS_H
#define ANALYZER_FACTS_OBJ_UNITS_H

#include "formats/obj/object.h"

struct obj_unit {
	uint64_t unit, alignment;
	bool sibling;      /* another run of the heap, as long and with the same flags, has it */
	bool bitmap;       /* the bitmap could be one of such units */
	uint64_t right;    /* headers that can be of objects there; 0 where objects have none */
	uint64_t odd;      /* headers that cannot */
};

enum { OBJ_UNITS_KEPT = 4 };
/* b is a run by its chunk header. Those that could be, the best first; how many. */
size_t obj_units(const struct obj_zone_map *m, const struct obj_block *b, struct obj_unit best[OBJ_UNITS_KEPT]);

#endif
