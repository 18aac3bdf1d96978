/* How far a capture is, as lines of JSON: what capture_resume goes on from. */
#ifndef ANALYZER_CAPTURE_STATE_H
#define ANALYZER_CAPTURE_STATE_H

#include "analyzer/capture/capture.h"

/* The first line: which files, and what of them is stored. To be freed; NULL without memory. */
char *state_plan(const struct capture *c);
/*
 * One that says: up to part's next block, and out bytes put. digests: SHA-256 of the nr blocks with
 * something stored that were written since the line before.
 */
char *state_line(const struct capture *c, uint32_t part, uint64_t out, const uint8_t *digests, size_t nr);

/*
 * Reads such lines into c, which is as capture_open left it; *part and *out: where it goes on. False: they
 * do not fit this pool; c can only be closed.
 */
bool state_read(struct capture *c, const char *text, uint32_t *part, uint64_t *out);

/* The digest of a block of which nothing is stored. */
bool state_zeros(uint64_t len, uint8_t out[DIGEST_LEN]);

#endif
