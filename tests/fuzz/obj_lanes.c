/*
 * Lanes, logs and what is made of them: decoding, checks, story, recovery. The input is put over a
 * small sound pool: its first byte tells the major, then come runs of {place, length, bytes}, the place
 * counted in 8 bytes from the lanes, from a chunk that holds objects, or from the words that count.
 */
#include "analyzer/check.h"
#include "analyzer/facts/obj_recovery.h"
#include "analyzer/facts/obj_story.h"
#include "formats/base/checksum.h"
#include "formats/image/memory.h"
#include "formats/obj/descr.h"
#include "formats/obj/lane_old.h"
#include "formats/obj/object.h"

#include <stdlib.h>
#include <string.h>

enum {
	POOL_LEN = 6 << 20, HEAP_AT = 0x302000, ZONE_AT = HEAP_AT + OBJ_HEAP_HDR_LEN, CHUNKS = 9,
	CHUNK_AT = ZONE_AT + OBJ_ZONE_META, UNIT = 4096, LANES_AT = 0x2000,
};

static uint8_t *pool;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void put(uint64_t at, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		pool[at + (uint64_t)i] = (uint8_t)(v >> 8 * i);
}

static void sum_put(uint64_t at, uint64_t len, uint64_t field)
{
	put(at + field, checksum_fletcher64((struct span){ pool + at, NULL, at, len }, (int64_t)field, CHECKSUM_NO_SKIP));
}

/* Chunk 0 is a run of ten objects of the library's own, chunk 1 a huge object, the rest is free. */
static void build(uint32_t major)
{
	memset(pool, 0, POOL_LEN);
	put(0x1400, LANES_AT);
	put(0x1408, OBJ_LANES_NR);
	put(0x1410, HEAP_AT);
	put(0x1418, major < 4 ? POOL_LEN - HEAP_AT : 0);
	sum_put(OBJ_DESCR_AT, OBJ_DESCR_LEN, OBJ_DESCR_SUM_OFF);
	put(OBJ_WORDS_AT + OBJ_WORD_RUN_ID, 2);
	put(OBJ_WORDS_AT + OBJ_WORD_HEAP_SIZE, POOL_LEN - HEAP_AT);
	for (uint64_t i = 0; major > 4 && i < OBJ_LANES_NR; i++)
		for (int k = 0; k < OBJ_LOGS; k++)
			put(LANES_AT + i * OBJ_LANE_LEN + obj_lane_log_off((enum obj_log_kind)k) + 16,
			    obj_lane_log_len((enum obj_log_kind)k));
	memcpy(pool + HEAP_AT, OBJ_HEAP_SIGNATURE, sizeof(OBJ_HEAP_SIGNATURE));
	put(HEAP_AT + 16, 1);
	put(HEAP_AT + 40, OBJ_CHUNK_LEN);
	put(HEAP_AT + 48, OBJ_ZONE_CHUNKS);
	sum_put(HEAP_AT, OBJ_HEAP_HDR_LEN, OBJ_HEAP_HDR_LEN - 8);
	put(ZONE_AT, OBJ_ZONE_MAGIC | (uint64_t)CHUNKS << 32);
	put(ZONE_AT + 64, OBJ_CHUNK_RUN | OBJ_CHUNK_COMPACT << 16 | UINT64_C(1) << 32);
	put(ZONE_AT + 72, OBJ_CHUNK_USED | OBJ_CHUNK_COMPACT << 16 | UINT64_C(1) << 32);
	put(ZONE_AT + 80, OBJ_CHUNK_FREE | (uint64_t)(CHUNKS - 2) << 32);
	put(CHUNK_AT, UNIT);
	memset(pool + CHUNK_AT + OBJ_RUN_HDR_LEN, 0xff, OBJ_RUN_FIXED_WORDS * 8);
	put(CHUNK_AT + OBJ_RUN_HDR_LEN, UINT64_MAX << 63 | 0x3ff);
	for (uint64_t i = 0; i < 10; i++)
		put(CHUNK_AT + OBJ_RUN_HDR_LEN + OBJ_RUN_FIXED_WORDS * 8 + i * UNIT, UNIT | (uint64_t)OBJ_OBJECT_INTERNAL << 48);
	put(CHUNK_AT + OBJ_CHUNK_LEN, OBJ_CHUNK_LEN);
}

/* A log without a right checksum is soon done with: gives the lane's redo logs theirs. */
static void seal(uint64_t lane)
{
	for (int k = 0; k < OBJ_LOG_UNDO; k++) {
		uint64_t at = lane + obj_lane_log_off((enum obj_log_kind)k), nb = 0;

		while (nb < obj_lane_log_len((enum obj_log_kind)k) && (pool[at + 64 + nb] || pool[at + 64 + nb + 1]))
			nb += OBJ_ULOG_VAL_LEN;
		if (nb)
			sum_put(at, OBJ_ULOG_HDR_LEN + nb, 0);
	}
}

static void lay(const uint8_t *data, size_t len)
{
	static const uint64_t bases[] = { LANES_AT, CHUNK_AT, OBJ_WORDS_AT, ZONE_AT };

	while (len >= 3) {
		uint64_t at = bases[data[0] >> 6] + 8 * (uint64_t)((data[0] & 0x3f) << 8 | data[1]);
		size_t n = data[2] < len - 3 ? data[2] : len - 3;

		if (at + n <= POOL_LEN)
			memcpy(pool + at, data + 3, n);
		data += 3 + n;
		len -= 3 + n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t major;

	if (len < 2 || (pool == NULL && (pool = malloc(POOL_LEN)) == NULL))
		return 0;
	major = 1 + data[0] % 6;
	build(major);
	lay(data + 1, len - 1);
	if (data[0] & 0x80 && major > 4)
		seal(LANES_AT);
	struct arena *a = arena_open((size_t)128 << 20);
	struct image *im = memory_open(a, "fuzz", pool, POOL_LEN, NULL);
	struct node *root = node_group(a, NULL, "");
	struct model m = { .arena = a, .root = root, .format = "pmemobj", .logical = im };
	m.obj = obj_decode(a, root, im, POOL_LEN, data[0] & 0x40 ? 0 : major, 4096, NULL);
	if (m.obj) {
		struct findings *fs = findings_open(a, 10);

		if (fs)
			checks_run(&m, fs, NULL, NULL);
		(void)obj_story(a, &m, true);
		(void)obj_recovery(a, &m);
	}
	arena_close(a);
	return 0;
}
