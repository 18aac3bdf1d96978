/*
 * A compressed stream as an image: gzip (one member or many), BGZF, zstd, xz, lz4. The stream is
 * read once, by a thread that starts at open: it decodes, a second one hashes, and both go on while
 * the caller reads.
 *
 * A place not yet reached waits for that pass. A place already passed is served from the blocks
 * kept (the head, those before the reader's place, those used last), from the map of blocks that
 * are all zero, or by decoding again from the nearest seek point. Seek points are made during the
 * pass, with their windows stored compressed; they are thinned as the stream grows.
 *
 * Memory, whatever the length of the stream: blocks 64 MiB, seek points 24 MiB, buffers and decoder
 * states 8 MiB (zstd and xz: what their own window needs, at most 128 MiB), and per GiB decoded
 * 16 KiB of maps. Several streams of one intake: only the one opened last has that. Those before it are
 * finished when it is opened, and share as much again, at least a block of 1 MiB each.
 *
 * size: not known before the pass has met the end of the stream, since a format's own table (BGZF's
 * members) is evidence too: it is believed only when no digests are wanted, so by who takes out a part and
 * does not judge the whole. Without intake_options.overlap, compressed_open waits for the end and
 * image->size is valid at once. With it, image->unsettled may be set: see image_settle.
 *
 * With an index that was kept of the file, or such a table, there is no pass: the image is settled at once.
 *
 * A stream that ends early, or whose bytes are bad, is an image of what came out before the fault;
 * the source's note says so, with the place. A bound that was met is image->problem, STATUS_LIMIT;
 * what was decoded before it can be read.
 *
 * Sources: RFC 1951, RFC 1952, SAM/BAM specification section 4.1 (BGZF), RFC 8878, the .xz file format
 * 1.1.0, lz4 frame format 1.6.
 */
#ifndef FORMATS_IMAGE_COMPRESSED_H
#define FORMATS_IMAGE_COMPRESSED_H

#include "formats/image/intake.h"

/* Bytes of a stream that compressed_probe wants to see, if there are so many. */
enum { COMPRESSED_HEAD_LEN = 64 };

/* True when head begins such a stream; *kind: "gzip", "bgzf", "zstd", "xz", "lz4". Static text. */
bool compressed_probe(const uint8_t *head, size_t len, const char **kind);

/*
 * Opens the stream in below, appends a layer to src, and gives the decoded bytes. Takes below in
 * every case: closes it with the image, or at once on failure. below->ops->read is called from
 * other threads, one at a time: it must not touch in->arena. src's digests, sizes, note and unread
 * ranges are written by the caller's thread, in compressed_finish (sizes: also when it settles).
 *
 * Not STATUS_OK: nothing was opened (no memory, no thread, built without the codec, interrupted).
 */
enum status compressed_open(struct intake *in, struct image *below, struct source *src,
			    const char *kind, struct image **out, struct problem *p);

/*
 * Waits for the pass, joins the threads, and completes src: layer size, digests, note. The image
 * can still be read. A second call does nothing. An image of another kind is STATUS_OK.
 */
enum status compressed_finish(struct image *im, struct problem *p);

/*
 * After that. The index of c to be kept, and its path; *bytes are to be freed, NULL without memory. False: there
 * is none to keep: not asked for, opened by one, not read to its end.
 */
bool compressed_index(struct compressed *c, const char **path, uint8_t **bytes, size_t *len);
/* The stream of the same intake that was opened before; NULL: none. */
struct compressed *compressed_earlier(const struct compressed *c);

#endif
