/*
 * Which internal objects of a pmemobj heap the lanes hold: extensions of logs, arrays, copies. An
 * internal object that is neither of these nor the root object belongs to nobody.
 */
#ifndef ANALYZER_FACTS_OBJ_OWNED_H
#define ANALYZER_FACTS_OBJ_OWNED_H

#include "analyzer/facts/obj_heap.h"
#include "formats/obj/obj.h"

struct obj_owned {
	uint64_t *at;  /* places inside of the objects, ascending */
	uint64_t nr;
	bool complete; /* false: memory, or damaged logs whose rest is not known */
};
/* NULL without memory. */
struct obj_owned *obj_owned(struct arena *a, const struct obj_pool *p);
/* Does a lane hold an object of user data [at, at+len)? */
bool obj_owned_has(const struct obj_owned *o, uint64_t at, uint64_t len);
/*
 * Where the pool's word for its root leads to no internal object, the one internal object that nobody
 * holds and that is long enough; NULL: the word leads to one, or there is not exactly one.
 */
const struct obj_internal *obj_owned_root(const struct obj_owned *o, const struct obj_account *acc,
					  const struct obj_pool *p);

#endif
