#include "formats/image/known.h"

#include "formats/image/peel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20 }; /* bytes hashed at a time */

/* Hashes len bytes of im from `at`. False: some cannot be read, or our own failure, which p tells. */
static bool hash_range(struct intake *in, struct image *im, uint64_t at, uint64_t len, struct digest *d,
		       struct problem *p)
{
	const struct intake_options *o = &in->options;
	uint8_t *buf = malloc(2 * (size_t)PIECE);
	bool good = buf != NULL;

	if (buf == NULL)
		problem_set(p, STATUS_NOMEM, "%s: no memory to hash it", im->label);
	for (uint64_t end = at + len; good && at < end;) {
		size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;

		good = image_read(im, at, n, buf, buf + PIECE) && memchr(buf + PIECE, 1, n) == NULL;
		if (good)
			digest_add(d, buf, n);
		at += n;
		if (good && o->progress && at % (64 * PIECE) == 0 &&
		    !o->progress(o->progress_ctx, im->label, at, im->size)) {
			problem_set(p, STATUS_INTERRUPTED, "%s: stopped while it was being hashed", im->label);
			good = false;
		}
	}
	free(buf);
	return good;
}

static bool key_of(struct intake *in, struct image *below, const struct source *src, const char *kind,
		   struct index_key *key, struct problem *p)
{
	const uint64_t size = below->size, end = size < INDEX_END_LEN ? size : INDEX_END_LEN;
	struct digest *d = digest_open();
	uint8_t le[8];

	*key = (struct index_key){ .stored_size = size, .mtime = src->has_mtime ? src->mtime : 0 };
	strncpy(key->kind, kind, INDEX_KIND_LEN);
	span_put_le(le, sizeof(le), size);
	if (d)
		digest_add(d, le, sizeof(le));
	bool good = d && hash_range(in, below, 0, end, d, p) && hash_range(in, below, size - end, end, d, p) &&
		    digest_end(d, key->ends);
	digest_close(d);
	return good;
}

/* The whole of an index file; to be freed. NULL: there is none that could be read. */
static uint8_t *file_of(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t *bytes = NULL;
	struct stat st;

	*len = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= INDEX_MAX)
		bytes = malloc((size_t)st.st_size + 1);
	for (ssize_t n = 1; bytes && *len < (size_t)st.st_size && n > 0; *len += n > 0 ? (size_t)n : 0)
		n = read(fd, bytes + *len, (size_t)st.st_size - *len);
	close(fd);
	return bytes;
}

/* NULL: the index is of these stored bytes. Else why not. */
static const char *misfit(struct intake *in, struct image *below, const struct index_key *want,
			  const struct index_key *key, const struct known *k, bool *stored, struct problem *p)
{
	const struct intake_limits *l = &in->options.limits;
	uint8_t sum[DIGEST_LEN];

	*stored = false;
	if (memcmp(key->kind, want->kind, INDEX_KIND_LEN) != 0 || key->stored_size != want->stored_size ||
	    memcmp(key->ends, want->ends, DIGEST_LEN) != 0)
		return "it is of another file";
	if ((l->decoded && k->size > l->decoded) || (l->ratio && k->size / l->ratio > key->stored_size + 1))
		return "what it tells of is beyond the limits";
	if (in->options.no_digests && want->mtime && want->mtime == key->mtime)
		return NULL;
	struct digest *d = digest_open();
	bool good = d && hash_range(in, below, 0, below->size, d, p) && digest_end(d, sum);

	digest_close(d);
	*stored = good && memcmp(sum, k->stored, DIGEST_LEN) == 0;
	return *stored ? NULL : "the file was changed since";
}

bool known_by_index(struct intake *in, struct image *below, struct source *src, const char *kind,
		    struct known_place *place, struct known *k, bool *stored, struct problem *p)
{
	const char *why = NULL;
	struct index_key key;
	size_t len;

	*place = (struct known_place){ .path = NULL };
	/* what lies within another stream or a tar is reached through that, and is no file to be found again */
	if (in->options.index_dir == NULL || source_peeled(src) || !key_of(in, below, src, kind, &place->key, p))
		return false;
	const uint8_t *e = place->key.ends;
	place->path = arena_printf(in->arena, "%s/%.200s-%02x%02x%02x%02x%02x%02x%02x%02x.pmsidx",
				   in->options.index_dir, peel_last_part(src->path), e[0], e[1], e[2], e[3], e[4], e[5],
				   e[6], e[7]);
	uint8_t *bytes = place->path ? file_of(place->path, &len) : NULL;
	if (bytes == NULL)
		return false;
	bool good = index_decode(bytes, len, &key, k, &why);
	free(bytes);
	if (good && (why = misfit(in, below, &place->key, &key, k, stored, p)) != NULL) {
		known_close(k);
		good = false;
	}
	if (!good && p->status == STATUS_OK)
		source_note(src, in->arena, arena_printf(in->arena, "the index kept of it was not used: %s",
							 why ? why : "there is no memory for it"));
	return good;
}
