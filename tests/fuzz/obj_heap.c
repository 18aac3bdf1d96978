/*
 * The heap of a pmemobj pool whose metadata is the input: major, root, zone header, chunk headers, and
 * the first bytes of every chunk. All checks, references, lookups, extraction.
 */
#include "analyzer/check.h"
#include "analyzer/extract/objects.h"
#include "analyzer/facts/facts.h"
#include "analyzer/facts/obj_tell.h"
#include "formats/image/memory.h"
#include "formats/obj/find.h"
#include "formats/obj/obj.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNKS = 16, HEAP_AT = 0x302000, ZONE_AT = HEAP_AT + 1024, HEAD = 512 };
enum { LEN = ZONE_AT + OBJ_ZONE_META + CHUNKS * OBJ_CHUNK_LEN };

static uint8_t *pool;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next n bytes of the input to a place in the pool; zeros when it is used up. */
static void put(size_t at, size_t n, const uint8_t **data, size_t *size)
{
	size_t have = n < *size ? n : *size;

	if (have)
		memcpy(pool + at, *data, have);
	memset(pool + at + have, 0, n - have);
	*data += have;
	*size -= have;
}

static bool swallow(void *ctx, uint64_t at, const void *bytes, size_t len)
{
	(void)ctx;
	(void)at;
	return len == 0 || bytes != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct extract_writer w = { .bytes = swallow };
	struct extract_lost lost = { 0 };
	struct extract_sums sums = { 0 };
	struct problem p = { STATUS_OK, "" };
	struct obj_place place;
	uint64_t len;

	if (pool == NULL && (pool = calloc(1, LEN)) == NULL)
		abort();
	uint32_t major = size ? data[0] % 7u : 0;
	if (size) {
		data++;
		size--;
	}
	put(OBJ_WORDS_AT, 48, &data, &size);
	put(ZONE_AT, OBJ_ZONE_HDR_LEN + CHUNKS * OBJ_CHUNK_HDR_LEN, &data, &size);
	for (size_t i = 0; i < CHUNKS; i++)
		put(ZONE_AT + OBJ_ZONE_META + i * OBJ_CHUNK_LEN, HEAD, &data, &size);

	struct arena *a = arena_open((size_t)64 << 20);
	struct node *root = node_group(a, NULL, "");
	struct image *im = memory_open(a, "pool", pool, LEN, NULL);
	struct obj_pool *obj = obj_decode(a, root, im, LEN, major, 4096, uuid);
	struct findings *fs = findings_open(a, 10);
	struct model m = { .arena = a, .root = root, .format = "pmemobj", .logical = im, .obj = obj };
	if (obj == NULL || fs == NULL)
		abort();
	fs->deep = true;
	checks_run(&m, fs, NULL, NULL);
	obj_tell(a, &m, fs->facts);
	extract_objects(&m, &w, &lost, &sums, NULL, NULL, &len, &p);
	extract_lost_free(&lost);
	struct obj_finder *f = obj_finder_open(obj->heap);
	for (uint64_t at = HEAP_AT; f && at < LEN; at += OBJ_CHUNK_LEN / 2 + 72)
		obj_finder_at(f, at, &place);
	obj_finder_close(f);
	for (uint32_t i = 0; i < obj->heap->zones_nr; i++)
		for (uint64_t c = 0; obj->heap->zones[i].chunk_node && c < CHUNKS; c += 5)
			obj->heap->zones[i].chunk_node->element(a, obj->heap->zones[i].chunk_node, c);
	arena_close(a);
	return 0;
}
