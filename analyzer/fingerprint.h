/*
 * What a finding is known by from one capture to the next: the check, the place in the tree and the
 * field. File names, offsets in files, counts and values do not enter, so two captures of one pool,
 * and the same fault in two pools, have the same fingerprint.
 */
#ifndef ANALYZER_FINGERPRINT_H
#define ANALYZER_FINGERPRINT_H

#include "analyzer/check.h"

enum { FINGERPRINT_LEN = 16 }; /* hex digits */

/* "" in text when libcrypto refuses. */
void fingerprint_of(const struct finding *f, char text[FINGERPRINT_LEN + 1]);
/* The dotted path a finding is told under: its node's, the field's name, its number. Arena memory. */
const char *finding_path(struct arena *a, const struct finding *f);

#endif
