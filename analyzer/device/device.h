/*
 * What the machine says of the persistent-memory device that a live pool lies on: through libndctl and
 * libdaxctl where built in. Captures have no device; for them an `ndctl list` output tells the same.
 */
#ifndef ANALYZER_DEVICE_DEVICE_H
#define ANALYZER_DEVICE_DEVICE_H

#include "analyzer/facts/ending.h"

/*
 * The counters now of the DIMMs below the first part of s. False: the part is no live file or device,
 * its device is no persistent memory, or nothing counts; *why says which, static text.
 */
bool device_counters(const struct pool_set *s, struct counters *out, const char **why);

#endif
