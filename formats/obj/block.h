/* What lies in one block of a pmemobj heap, as nodes: made when a person asks for a chunk, never for all. */
#ifndef FORMATS_OBJ_BLOCK_H
#define FORMATS_OBJ_BLOCK_H

#include "formats/obj/object.h"

enum { OBJ_BLOCK_OBJECTS = 4096 }; /* objects that become nodes; the rest is counted */

/*
 * Element i of a zone's array of chunk headers (element_ctx: the heap): the header, and where a block
 * begins there, its run header, bitmap and objects: chunk[12].run, chunk[12].object[5] by unit.
 */
struct node *obj_block_node(struct arena *a, const struct node *array, uint64_t i);

#endif
