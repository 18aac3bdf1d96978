/*
 * Chunks whose headers are gone, told by what lies in them: a run by its unit, its bitmap's padding and the headers
 * of its objects; a huge object by its own header. The rest is free space. And the footers that close blocks.
 */
#ifndef ANALYZER_REPAIR_OBJ_CHUNKS_H
#define ANALYZER_REPAIR_OBJ_CHUNKS_H

#include "analyzer/repair/plan.h"
#include "formats/obj/zone.h"

/* Puts one chunk header. */
bool obj_chunks_put(struct plan *plan, struct step *s, const struct model *m, const struct obj_zone *z, uint32_t chunk,
		    struct obj_chunk_hdr hdr, const char *why);
/* A step that makes all headers of the chunks of b; false: nothing in them tells of a block. */
bool obj_chunks_rebuild(struct plan *plan, const struct finding *f, const struct model *m, const struct obj_zone_map *map,
			const struct obj_block *b);
/* struct check's repair member of obj.chunk.footer. */
void obj_chunks_repair_footers(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
