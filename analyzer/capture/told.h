/* What a capture's manifest tells an analysis of it: what only the pool's own machine knew. */
#ifndef ANALYZER_CAPTURE_TOLD_H
#define ANALYZER_CAPTURE_TOLD_H

#include "analyzer/facts/ending.h"

#include <jansson.h>

/* The counters of the device below the pool, for the manifest: an object. */
json_t *told_device(const struct pool_set *s);
/* The same, read again. False: the manifest, which is evidence, does not tell. */
bool told_counters(struct span manifest, struct counters *out);

#endif
