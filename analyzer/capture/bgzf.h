/*
 * A gzip stream of short members that each say how long they are, so that a reader may begin at any of
 * them: BGZF, which gunzip reads as any other gzip. Members are made by several threads and put in order.
 * Source: the SAM/BAM specification, section 4.1; RFC 1952.
 */
#ifndef ANALYZER_CAPTURE_BGZF_H
#define ANALYZER_CAPTURE_BGZF_H

#include <stdbool.h>
#include <stddef.h>

enum { BGZF_BLOCK_LEN = 0xff00 }; /* bytes in a member, at most */

struct bgzf;

/* put: takes the stored bytes, in order; false: it failed. NULL without memory, or without a thread. */
struct bgzf *bgzf_open(bool (*put)(void *ctx, const void *bytes, size_t len), void *ctx);
/* False: put has failed. */
bool bgzf_add(struct bgzf *b, const void *bytes, size_t len);
/* Ends the member under way: all that was added has been put when this comes back. */
bool bgzf_flush(struct bgzf *b);
/* Flushes, and puts the mark of the stream's end. */
bool bgzf_end(struct bgzf *b);
void bgzf_close(struct bgzf *b); /* NULL is fine */

#endif
