#include "formats/image/index.h"

#include "formats/base/span.h"
#include "formats/image/blocks.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t magic[8] = "PMSIDX\0\1";
enum { TREE = 1, PLAIN = 2 }; /* flags: which digests of decoded bytes there are */
enum { PACKED_MAX = CODEC_WINDOW_MAX + 1024 };

void known_close(struct known *k)
{
	seek_close(&k->seek);
	free(k->zero);
	*k = (struct known){ .zero = NULL };
}

struct writer {
	uint8_t *p;
	size_t len, room;
	bool failed;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
	if (w->room - w->len < len) {
		size_t room = 2 * w->room + len;
		uint8_t *more = w->failed ? NULL : realloc(w->p, room);

		w->failed = more == NULL;
		if (w->failed)
			return;
		w->p = more;
		w->room = room;
	}
	if (len)
		memcpy(w->p + w->len, bytes, len);
	w->len += len;
}

static void put_le(struct writer *w, uint64_t v, unsigned len)
{
	uint8_t bytes[8];

	span_put_le(bytes, len, v);
	put(w, bytes, len);
}

uint8_t *index_encode(const struct index_key *key, const struct known *k, size_t *len)
{
	struct writer w = { .p = malloc(4096), .room = 4096 };
	size_t note_len = strnlen(k->note, INDEX_NOTE_MAX - 1);
	uint8_t sum[DIGEST_LEN];

	w.failed = w.p == NULL;
	w.room = w.failed ? 0 : w.room;
	put(&w, magic, sizeof(magic));
	put(&w, key->kind, INDEX_KIND_LEN);
	put_le(&w, key->stored_size, 8);
	put_le(&w, key->mtime, 8);
	put_le(&w, k->size, 8);
	put(&w, key->ends, DIGEST_LEN);
	put(&w, k->stored, DIGEST_LEN);
	put_le(&w, (k->has_sums ? TREE : 0) | (k->has_plain ? PLAIN : 0), 1);
	put(&w, k->tree, DIGEST_LEN);
	put(&w, k->plain, DIGEST_LEN);
	put_le(&w, note_len, 2);
	put(&w, k->note, note_len);
	put_le(&w, k->seek.nr, 4);
	for (size_t i = 0; i < k->seek.nr; i++) {
		const struct seek_entry *e = &k->seek.all[i];

		put_le(&w, e->point.out_at, 8);
		put_le(&w, e->point.in_at, 8);
		put_le(&w, e->point.skip_bits, 1);
		put_le(&w, e->point.fresh, 1);
		put_le(&w, e->point.extra, 4);
		put_le(&w, e->window_len, 4);
		put_le(&w, e->packed_len, 4);
		put(&w, e->packed, e->packed_len);
	}
	put_le(&w, k->zero_len, 8);
	put(&w, k->zero, (size_t)k->zero_len);
	w.failed = w.failed || !digest_of(w.p, w.len, sum);
	put(&w, sum, DIGEST_LEN);
	if (w.failed) {
		free(w.p);
		return NULL;
	}
	*len = w.len;
	return w.p;
}

struct reader {
	const uint8_t *p;
	size_t left;
	bool short_of; /* more was asked for than there is */
};

/* len bytes; NULL when there are not so many. */
static const uint8_t *take(struct reader *r, uint64_t len)
{
	const uint8_t *p = r->p;

	if (r->short_of || len > r->left) {
		r->short_of = true;
		return NULL;
	}
	r->p += len;
	r->left -= (size_t)len;
	return p;
}

static void take_bytes(struct reader *r, void *to, size_t len)
{
	const uint8_t *p = take(r, len);

	if (p)
		memcpy(to, p, len);
}

static uint64_t take_le(struct reader *r, size_t len)
{
	const uint8_t *p = take(r, len);
	uint64_t v = 0;

	for (size_t i = 0; p && i < len; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* One point behind those in s. False: it cannot be one, or (r->short_of) it is cut, or *nomem. */
static bool take_point(struct reader *r, const struct index_key *key, uint64_t size, struct seek *s, bool *nomem)
{
	struct seek_entry e = { .point.out_at = take_le(r, 8), .point.in_at = take_le(r, 8) };

	e.point.skip_bits = (uint8_t)take_le(r, 1);
	e.point.fresh = take_le(r, 1) != 0;
	e.point.extra = (uint32_t)take_le(r, 4);
	e.window_len = (uint32_t)take_le(r, 4);
	e.packed_len = (uint32_t)take_le(r, 4);
	const uint8_t *packed = e.packed_len <= PACKED_MAX ? take(r, e.packed_len) : NULL;

	if (packed == NULL || r->short_of || e.point.out_at > size || e.point.in_at > key->stored_size ||
	    e.point.skip_bits > 7 || e.window_len > CODEC_WINDOW_MAX)
		return false;
	if (s->nr == 0) /* the start, which seek_open has made: as it is in every stream */
		return true;
	const struct seek_entry *last = &s->all[s->nr - 1];
	if (e.point.out_at < last->point.out_at || e.point.in_at < last->point.in_at)
		return false;
	*nomem = !seek_put(s, &e, packed);
	return !*nomem;
}

static bool take_points(struct reader *r, const struct index_key *key, struct known *k, bool *nomem)
{
	uint64_t nr = take_le(r, 4);

	*nomem = !seek_open(&k->seek);
	if (*nomem)
		return false;
	k->seek.nr = 0;
	for (uint64_t i = 0; i < nr; i++) {
		if (!take_point(r, key, k->size, &k->seek, nomem) || k->seek.memory > 2 * SEEK_MEMORY)
			return false;
		if (i == 0)
			k->seek.nr = 1;
	}
	return k->seek.nr > 0;
}

static bool take_zeros(struct reader *r, struct known *k, bool *nomem)
{
	uint64_t len = take_le(r, 8);
	const uint8_t *p = take(r, len);

	if (p == NULL || len / 2 > k->size / BLOCK_LEN / 8 + 1) /* the map grows by doubling */
		return false;
	k->zero = malloc((size_t)len + 1);
	*nomem = k->zero == NULL;
	if (*nomem)
		return false;
	memcpy(k->zero, p, (size_t)len);
	k->zero_len = len;
	return true;
}

bool index_decode(const uint8_t *bytes, size_t len, struct index_key *key, struct known *k, const char **why)
{
	struct reader r = { .p = bytes, .left = len < DIGEST_LEN ? 0 : len - DIGEST_LEN };
	uint8_t sum[DIGEST_LEN];
	bool nomem = false;

	*key = (struct index_key){ .mtime = 0 };
	*k = (struct known){ .zero = NULL };
	*why = "it is none, or of another version";
	const uint8_t *m = take(&r, sizeof(magic));
	if (m == NULL || memcmp(m, magic, sizeof(magic)) != 0)
		return false;
	*why = "it is broken";
	if (!digest_of(bytes, len - DIGEST_LEN, sum) || memcmp(sum, bytes + len - DIGEST_LEN, DIGEST_LEN) != 0)
		return false;
	take_bytes(&r, key->kind, INDEX_KIND_LEN);
	key->stored_size = take_le(&r, 8);
	key->mtime = take_le(&r, 8);
	k->size = take_le(&r, 8);
	take_bytes(&r, key->ends, DIGEST_LEN);
	take_bytes(&r, k->stored, DIGEST_LEN);
	uint64_t flags = take_le(&r, 1);
	k->has_sums = flags & TREE;
	k->has_plain = flags & PLAIN;
	take_bytes(&r, k->tree, DIGEST_LEN);
	take_bytes(&r, k->plain, DIGEST_LEN);
	uint64_t note_len = take_le(&r, 2);
	if (note_len < INDEX_NOTE_MAX)
		take_bytes(&r, k->note, (size_t)note_len);
	if (note_len < INDEX_NOTE_MAX && take_points(&r, key, k, &nomem) && take_zeros(&r, k, &nomem) &&
	    !r.short_of && r.left == 0)
		return true;
	if (nomem)
		*why = NULL;
	known_close(k);
	return false;
}
