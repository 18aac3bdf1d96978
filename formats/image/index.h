/*
 * The sidecar of a compressed file: where its stream can be entered, which of its blocks are zero, its size, its
 * digests. Kept only when asked, in a place of its own, so that a later run need not decode from the start.
 *
 * The file, numbers little-endian: magic, kind of stream, stored size, time stamp, decoded size, digest of both
 * ends, digest of all stored bytes, flags and digests of the decoded bytes, note, seek points each with its packed
 * window, map of zero blocks; last the SHA-256 of all that. It is believed no more than evidence is: whatever it
 * says, reads stay inside of the stream and of our memory.
 */
#ifndef FORMATS_IMAGE_INDEX_H
#define FORMATS_IMAGE_INDEX_H

#include "formats/base/digest.h"
#include "formats/image/seek.h"

enum {
	INDEX_KIND_LEN = 8,
	INDEX_NOTE_MAX = 1024,
	INDEX_END_LEN = 64 << 10, /* bytes at each end of the stored file that its key looks at */
};
#define INDEX_MAX (UINT64_C(64) << 20) /* bytes of an index that is read back */

/* Which stored bytes an index is of. */
struct index_key {
	char kind[INDEX_KIND_LEN]; /* as compressed_probe spells it, filled up with NUL */
	uint64_t stored_size, mtime;
	uint8_t ends[DIGEST_LEN];  /* SHA-256 of its size, its first bytes and its last */
};

/* What there is to know of a stream before it is decoded. */
struct known {
	struct seek seek;
	uint8_t *zero; /* a bit for each MiB decoded (blocks.h) */
	uint64_t zero_len;
	uint64_t size; /* decoded bytes */
	bool has_sums, has_plain;
	uint8_t stored[DIGEST_LEN], tree[DIGEST_LEN], plain[DIGEST_LEN];
	char note[INDEX_NOTE_MAX]; /* what the pass had to tell of the stream; "" */
};

void known_close(struct known *k);

/* The index's bytes, to be freed; NULL without memory. */
uint8_t *index_encode(const struct index_key *key, const struct known *k, size_t *len);
/*
 * False: these bytes are no index, or a broken one, and *why says so; or (*why is NULL) there is no memory. Else
 * *key and *k are filled, and known_close frees. No point lies behind stored_size, nor before the one ahead of it.
 */
bool index_decode(const uint8_t *bytes, size_t len, struct index_key *key, struct known *k, const char **why);

#endif
