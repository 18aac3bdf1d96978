/*
 * What an image is known by: the bytes of its files, wherever they lie and whatever they are called. The
 * SHA-256 of, for each file in the manifest's order, its length (8 bytes, little-endian) and of every
 * block of 64 KiB that is not zero its number (8 bytes) and its bytes; the first 32 hex digits of it.
 * Holes are not read, and make no difference from zeros.
 */
#ifndef REPORT_BATCH_IDENTITY_H
#define REPORT_BATCH_IDENTITY_H

#include "formats/base/status.h"
#include "report/batch/image.h"

/* Fills in im->id. go_on(ctx) is asked now and then: false gives STATUS_INTERRUPTED. */
enum status batch_identity(struct batch_image *im, bool (*go_on)(void *ctx), void *ctx, struct problem *p);

#endif
