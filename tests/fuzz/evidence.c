/*
 * The evidence room alone: any bytes, as a file in memory, through compression and tar to items that are
 * read, asked for their extents and origins, and closed. The same bytes as a ddrescue mapfile, and sealed as
 * an index.
 * Bounds are small, so that an input that gets past them shows as a slow one.
 */
#include "formats/image/index.h"
#include "formats/image/intake.h"
#include "formats/image/mapfile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Also where assert is compiled out. */
static void must(bool ok)
{
	if (!ok)
		abort();
}

enum { PIECE = 64 << 10, EXTENTS_MAX = 1000 };

static void read_piece(struct image *im, uint64_t at)
{
	static uint8_t buf[PIECE], lost[PIECE];
	size_t n = im->size - at < PIECE ? (size_t)(im->size - at) : PIECE;

	must(image_read(im, at, n, buf, lost) || im->problem.status != STATUS_OK);
	if (n)
		must(image_origin(im, at).source != NULL);
}

static void read_item(const struct item *it)
{
	struct image *im = it->image;
	uint64_t at = 0;

	image_settle(im);
	read_piece(im, im->size / 2);
	read_piece(im, 0);
	read_piece(im, im->size > PIECE ? im->size - PIECE : 0);
	for (int i = 0; at < im->size && i < EXTENTS_MAX; i++) {
		struct extent e = image_extent(im, at);
		must(e.at == at && e.len > 0 && e.len <= im->size - at);
		at += e.len;
	}
}

static void as_mapfile(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_open((size_t)16 << 20);
	struct problem p = { STATUS_OK, "" };
	struct mapfile m;
	uint64_t end = 0;

	if (a && mapfile_parse(a, "fuzz", (const char *)bytes, len, UINT64_C(1) << 40, &m, &p))
		for (size_t i = 0; i < m.nr; i++) {
			must(m.runs[i].at >= end && m.runs[i].len > 0);
			end = m.runs[i].at + m.runs[i].len;
			must(end <= UINT64_C(1) << 40);
		}
	arena_close(a);
}

/* Sealed, so that more is read of it than its seal. What is taken keeps its promises, and comes out as it was. */
static void as_index(const uint8_t *bytes, size_t len)
{
	static const uint8_t magic[8] = "PMSIDX\0\1";
	size_t all = sizeof(magic) + len + DIGEST_LEN, again_len = 0;
	uint8_t *sealed = malloc(all), *again;
	struct index_key key;
	struct known k;
	const char *why;

	if (sealed == NULL)
		return;
	memcpy(sealed, magic, sizeof(magic));
	memcpy(sealed + sizeof(magic), bytes, len);
	must(digest_of(sealed, all - DIGEST_LEN, sealed + all - DIGEST_LEN));
	if (index_decode(sealed, all, &key, &k, &why)) {
		for (size_t i = 1; i < k.seek.nr; i++) {
			const struct seek_point *p = &k.seek.all[i].point, *was = &k.seek.all[i - 1].point;

			must(p->out_at >= was->out_at && p->in_at >= was->in_at && p->skip_bits < 8);
			must(p->out_at <= k.size && p->in_at <= key.stored_size);
		}
		again = index_encode(&key, &k, &again_len);
		known_close(&k);
		must(again && index_decode(again, again_len, &key, &k, &why));
		known_close(&k);
		free(again);
	}
	free(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct problem p = { STATUS_OK, "" };
	struct intake in = { .arena = arena_open((size_t)16 << 20), .options = {
		.limits = { .ratio = 1100, .decoded = 8 << 20, .depth = 3, .members = 50, .seconds = 5 },
		.overlap = len % 2 } };

	if (in.arena == NULL)
		return 0;
	if (intake_memory(&in, "fuzz", bytes, len, &p) == STATUS_OK)
		for (const struct item *it = in.first; it; it = it->next)
			read_item(it);
	intake_finish(&in, &p);
	intake_close(&in);
	arena_close(in.arena);
	as_mapfile(bytes, len);
	as_index(bytes, len);
	return 0;
}
