/*
 * What a pmemobj pool's persistent pointers say of its uuid: each begins with a word that is folded
 * from it. Where the header is lost, this is its only other witness.
 */
#ifndef ANALYZER_FACTS_OBJ_UUID_H
#define ANALYZER_FACTS_OBJ_UUID_H

#include "formats/obj/obj.h"

/*
 * The word that stands before most offsets of allocated objects, and before how many; reads user data up
 * to where that is beyond doubt, or all of it. False: fewer than two pointers agree, another word comes
 * near, or memory or reading failed.
 */
bool obj_uuid_told(const struct obj_pool *p, uint64_t *lo, uint64_t *pointers);

#endif
