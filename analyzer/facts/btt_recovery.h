/*
 * What libpmemblk or the kernel would do with a BTT at its next start: writes that the flog holds and
 * the map does not show are finished, on an overlay, and the result is judged by all BTT checks.
 */
#ifndef ANALYZER_FACTS_BTT_RECOVERY_H
#define ANALYZER_FACTS_BTT_RECOVERY_H

#include "analyzer/facts/recovery.h"

/* NULL without memory, or when m has no BTT that was ever written. */
struct recovery *btt_recovery(struct arena *a, const struct model *m);

#endif
