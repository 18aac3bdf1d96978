/*
 * A BTT alone: a small one, laid out here by the formula, under edits {place, length, bytes} that an
 * input gives. Places count from the info block, the flog, the map or the start, so that few bytes
 * reach far. What is decoded is judged, told as a story, recovered, and read as a disk.
 */
#include "analyzer/facts/btt_recovery.h"
#include "analyzer/facts/btt_story.h"
#include "formats/base/checksum.h"
#include "formats/btt/arena.h"
#include "formats/btt/disk.h"
#include "formats/image/memory.h"
#include "formats/image/overlay.h"
#include "formats/ns/ns.h"

#include <stdlib.h>
#include <string.h>

enum { LEN = 17 << 20, LBASIZE = 4096, EDIT_HEAD = 4, EDIT_MAX = 32 };

static uint8_t *bytes;
static struct btt_geom geom;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put32(uint64_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		bytes[at + (uint64_t)i] = (uint8_t)(v >> 8 * i);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct btt_info info = { .major = 2, .external_lbasize = LBASIZE, .nfree = BTT_NFREE, .infosize = BTT_INFO_LEN };

	(void)argc;
	(void)argv;
	bytes = calloc(1, LEN);
	if (bytes == NULL || !btt_geom(LEN, LBASIZE, BTT_NFREE, &geom))
		exit(1);
	memcpy(info.sig, "BTT_ARENA_INFO", 14);
	info.external_nlba = geom.external_nlba;
	info.internal_nlba = geom.internal_nlba;
	info.internal_lbasize = LBASIZE;
	info.dataoff = geom.dataoff;
	info.mapoff = geom.mapoff;
	info.flogoff = geom.flogoff;
	info.infooff = geom.infooff;
	layout_encode(&btt_info_layout, &info, bytes);
	info.checksum = btt_info_sum((struct span){ bytes, NULL, 0, BTT_INFO_LEN });
	layout_encode(&btt_info_layout, &info, bytes);
	memcpy(bytes + geom.infooff, bytes, BTT_INFO_LEN);
	for (uint32_t i = 0; i < BTT_NFREE; i++) {
		uint64_t at = geom.flogoff + (uint64_t)i * BTT_LANE_LEN;

		put32(at, i);
		put32(at + 4, geom.external_nlba + i);
		put32(at + 8, geom.external_nlba + i);
		put32(at + 12, 1);
	}
	return 0;
}

/* An info block that was edited holds again by its checksum, half of the time. */
static void seal(struct image *im, struct arena *a, uint64_t at)
{
	struct span s;

	if (!image_span(im, a, at, BTT_INFO_LEN, &s))
		return;
	uint64_t sum = btt_info_sum(s);
	uint8_t le[8];
	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)(sum >> 8 * i);
	overlay_write(im, at + 0xff8, le, sizeof(le));
}

static void edit(struct image *im, const uint8_t **data, size_t *size)
{
	const uint64_t bases[] = { 0, geom.flogoff, geom.mapoff, geom.infooff };
	const uint8_t *d = *data;
	uint64_t at = bases[d[0] & 3] + ((uint64_t)d[1] << 8 | d[2]);
	size_t len = d[3] % EDIT_MAX + 1;

	*data += EDIT_HEAD;
	*size -= EDIT_HEAD;
	if (len > *size)
		len = *size;
	overlay_write(im, at, *data, len);
	*data += len;
	*size -= len;
}

static void disks_read(struct arena *a, const struct btt *b)
{
	static uint8_t buf[65536], lost[65536];

	for (int view = BTT_VIEW_RECOVERED; view <= BTT_VIEW_BEFORE; view++) {
		uint32_t sector = btt_disk_sector(b);
		struct image *d = sector ? btt_disk_open(a, b, (enum btt_view)view, sector) : NULL;
		uint64_t at = 0;

		for (int step = 0; d && step < 64 && at < d->size; step++) {
			struct extent e = image_extent(d, at);
			size_t n = d->size - at < sizeof(buf) ? (size_t)(d->size - at) : sizeof(buf);

			if (!image_read(d, at, n, buf, lost) || e.len == 0)
				break;
			at += e.len;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open((size_t)64 << 20);
	struct model m = { .arena = a, .format = "btt", .root = node_group(a, NULL, "") };
	struct image *below = memory_open(a, "btt", bytes, LEN, NULL);
	struct image *im = below ? overlay_open(a, below) : NULL;

	if (im == NULL || size == 0) {
		arena_close(a);
		return 0;
	}
	uint8_t how = *data++;
	size--;
	while (size >= EDIT_HEAD)
		edit(im, &data, &size);
	if (how & 1) {
		seal(im, a, 0);
		seal(im, a, geom.infooff);
	}
	if (how & 2) {
		m.ns = ns_decode(a, m.root, im);
		m.btt = m.ns && m.ns->first ? m.ns->first->btt : NULL;
	} else {
		m.btt = btt_decode(a, m.root, im, 0, LEN, how & 4 ? BTT_IN_POOL : BTT_IN_NS_V2, how & 8 ? 512 : 0, NULL);
	}
	struct findings *fs = findings_open(a, 10);
	if (fs)
		checks_run(&m, fs, NULL, NULL);
	btt_story(a, &m);
	btt_recovery(a, &m);
	if (m.btt)
		disks_read(a, m.btt);
	arena_close(a);
	return 0;
}
