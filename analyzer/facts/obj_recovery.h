/* What libpmemobj would do at its next open of the pool, carried out on an overlay. */
#ifndef ANALYZER_FACTS_OBJ_RECOVERY_H
#define ANALYZER_FACTS_OBJ_RECOVERY_H

#include "analyzer/facts/recovery.h"

/*
 * Fills by, needed, refused, steps, not_simulated, after (an overlay over m->logical) and changed.
 * NULL: no pmemobj pool, or no memory.
 */
struct recovery *obj_recovery(struct arena *a, const struct model *m);
/* The same as it ought to be: log buffers of the application's own are unlinked, where every library frees them. */
struct recovery *obj_recovery_sparing(struct arena *a, const struct model *m);

#endif
