/*
 * SHA-256 (FIPS 180-4) of two messages of one length at once. A round's instructions wait
 * for one another, so that a processor's SHA unit is idle half of the time when it is given one message.
 */
#ifndef FORMATS_BASE_DIGEST_TWO_H
#define FORMATS_BASE_DIGEST_TWO_H

#include "formats/base/digest.h"

/* True when this processor can. To be asked once: the question is slow in a virtual machine. */
bool digest_two_can(void);
/* Only where it can. */
void digest_two(const uint8_t *a, const uint8_t *b, size_t len, uint8_t out_a[DIGEST_LEN],
		uint8_t out_b[DIGEST_LEN]);

#endif
