/* Namespaces and label areas that a kernel wrote, with single words changed. */
#include "analyzer/check.h"
#include "formats/base/checksum.h"
#include "formats/formats.h"
#include "formats/image/intake.h"
#include "formats/ns/ns.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY = 16 << 20, AREA = MEMORY, AREA_LEN = 131072, INDEX_LEN = 256, SLOTS_AT = AREA + 512, PFN = 4096 };

struct bench {
	char path[64];
	uint8_t *bytes;
	struct arena *arena;
	struct intake in;
	struct model m;
	struct findings *fs;
};

static struct bench opened(const char *name)
{
	struct bench b = { .path = "/tmp/pmemscope-ns-XXXXXX" };
	char cmd[512];
	int fd = mkstemp(b.path);

	cr_assert(fd >= 0);
	close(fd);
	snprintf(cmd, sizeof(cmd), "zcat ${SOURCE:-.}/corpus/%s.img.gz >%s", name, b.path);
	cr_assert_eq(system(cmd), 0, "%s", cmd);
	b.bytes = malloc(MEMORY + AREA_LEN);
	FILE *f = fopen(b.path, "rb");
	cr_assert(f && fread(b.bytes, 1, MEMORY + AREA_LEN, f) == MEMORY + AREA_LEN);
	fclose(f);
	return b;
}

static void dropped(struct bench *b)
{
	if (b->arena == NULL)
		return;
	intake_close(&b->in);
	arena_close(b->arena);
	b->arena = NULL;
}

/* Bytes from `from` on, analysed as the user would. */
static void judge(struct bench *b, size_t from, size_t len)
{
	struct problem p = { STATUS_OK, "" };
	struct set_options o = { 0 };

	dropped(b);
	FILE *f = fopen(b->path, "wb");
	cr_assert(f && fwrite(b->bytes + from, 1, len, f) == len);
	fclose(f);
	b->arena = arena_open((size_t)64 << 20);
	b->in = (struct intake){ .arena = b->arena, .options = { .limits = INTAKE_LIMITS } };
	b->m = (struct model){ .arena = b->arena, .intake = &b->in, .format = "unknown" };
	b->m.root = node_group(b->arena, NULL, "");
	cr_assert_eq(intake_open(&b->in, b->path, "source", "given", &p), STATUS_OK, "%s", p.text);
	cr_assert_eq(formats_decode(&b->m, &o, &p), STATUS_OK, "%s", p.text);
	b->fs = findings_open(b->arena, 10);
	checks_run(&b->m, b->fs, NULL, NULL);
}

static void judge_all(struct bench *b)
{
	judge(b, 0, MEMORY + AREA_LEN);
}

static uint64_t bad(const struct bench *b)
{
	return b->fs->nr[ERROR] + b->fs->nr[WARNING];
}

static bool hit(const struct bench *b, const char *id)
{
	return findings_hit(b->fs, id, NULL);
}

static void closed(struct bench *b)
{
	dropped(b);
	unlink(b->path);
	free(b->bytes);
}

static void seal(struct bench *b, size_t at, size_t len, size_t sum)
{
	struct span s = { b->bytes + at, NULL, 0, len };
	uint64_t v = checksum_fletcher64(s, (int64_t)sum, CHECKSUM_NO_SKIP);

	for (int i = 0; i < 8; i++)
		b->bytes[at + sum + (size_t)i] = (uint8_t)(v >> 8 * i);
}

/* Where the label in use is. */
static size_t slot_at(const struct bench *b)
{
	const struct label_area *la = b->m.ns->labels;

	for (uint32_t i = 0; i < la->slots_nr; i++)
		if (!la->slots[i].free)
			return SLOTS_AT + (size_t)la->slots[i].idx * 256;
	cr_assert_fail("no label in use");
	return 0;
}

TestSuite(ns, .timeout = 120);

Test(ns, captures_of_the_kernels_are_silent)
{
	static const char *const names[] = { "namespace/devdax-pool", "namespace/fsdax-files", "btt/btt2-4096-ext4" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bench b = opened(names[i]);

		judge_all(&b);
		cr_assert_eq(bad(&b), 0, "%s", names[i]);
		judge(&b, 0, MEMORY); /* the namespace alone */
		cr_assert_eq(bad(&b), 0, "%s without labels", names[i]);
		judge(&b, AREA, AREA_LEN); /* the labels alone */
		cr_assert_eq(bad(&b), 0, "%s's labels", names[i]);
		closed(&b);
	}
}

Test(ns, a_pool_on_device_dax_is_analysed_inside)
{
	struct bench b = opened("namespace/devdax-pool");

	judge_all(&b);
	cr_assert(b.m.inside && b.m.inside->pool && strcmp(b.m.inside->format, "pmemobj") == 0);
	closed(&b);
}

Test(ns, the_info_block_word_by_word)
{
	struct bench b = opened("namespace/fsdax-files");

	b.bytes[PFN + 0x40]++; /* npfns, not sealed */
	judge_all(&b);
	cr_assert(hit(&b, "ns.pfn.checksum") && !hit(&b, "ns.pfn.geometry"));
	seal(&b, PFN, 4096, 0xff8);
	judge_all(&b);
	cr_assert(hit(&b, "ns.pfn.geometry") && !hit(&b, "ns.pfn.checksum"));
	b.bytes[PFN + 0x40]--;
	b.bytes[PFN + 0x48] = 7;
	seal(&b, PFN, 4096, 0xff8);
	judge_all(&b);
	cr_assert(hit(&b, "ns.pfn.mode") && b.fs->nr[ERROR] == 1);
	b.bytes[PFN + 0x48] = 2;
	b.bytes[PFN + 0x36] = 9;
	seal(&b, PFN, 4096, 0xff8);
	judge_all(&b);
	cr_assert(hit(&b, "ns.pfn.version") && bad(&b) == 1);
	b.bytes[PFN + 0x36] = 4;
	b.bytes[PFN + 0x20] ^= 1;
	seal(&b, PFN, 4096, 0xff8);
	judge_all(&b);
	cr_assert(hit(&b, "ns.pfn.parent") && bad(&b) == 1);
	b.bytes[PFN + 0x20] ^= 1;
	memset(b.bytes + PFN + 0x10, 0, 16);
	seal(&b, PFN, 4096, 0xff8);
	judge_all(&b);
	cr_assert(hit(&b, "ns.pfn.uuid") && bad(&b) == 1);
	closed(&b);
}

Test(ns, labels_and_their_index)
{
	struct bench b = opened("namespace/fsdax-files");

	judge_all(&b);
	size_t slot = slot_at(&b);
	uint8_t keep[256];
	memcpy(keep, b.bytes + slot, sizeof(keep));

	b.bytes[slot + 60] ^= 1; /* a letter of the name */
	judge_all(&b);
	cr_assert(hit(&b, "ns.label.checksum"));
	memset(b.bytes + slot, 0, sizeof(keep));
	judge_all(&b);
	cr_assert(hit(&b, "ns.label.bitmap"));
	memcpy(b.bytes + slot, keep, sizeof(keep));
	b.bytes[slot + 120]++;
	seal(&b, slot, 256, 248);
	judge_all(&b);
	cr_assert(hit(&b, "ns.label.number") && !hit(&b, "ns.label.checksum"));
	memcpy(b.bytes + slot, keep, sizeof(keep));
	b.bytes[slot + 144] ^= 1;
	seal(&b, slot, 256, 248);
	judge_all(&b);
	cr_assert(hit(&b, "ns.label.guid"));
	memcpy(b.bytes + slot, keep, sizeof(keep));
	b.bytes[slot + 119] = 1; /* rawsize far behind the memory */
	seal(&b, slot, 256, 248);
	judge_all(&b);
	cr_assert(hit(&b, "ns.label.range"));
	memcpy(b.bytes + slot, keep, sizeof(keep));
	b.bytes[slot + 86] = 3; /* position */
	seal(&b, slot, 256, 248);
	judge_all(&b);
	cr_assert(hit(&b, "ns.set.labels"));
	memcpy(b.bytes + slot, keep, sizeof(keep));

	b.bytes[AREA + 64] ^= 1; /* index 0 */
	judge_all(&b);
	cr_assert(hit(&b, "ns.index.block") && bad(&b) >= 1);
	b.bytes[AREA + INDEX_LEN + 64] ^= 1;
	judge_all(&b);
	cr_assert(hit(&b, "ns.index.lost"));
	closed(&b);
}

Test(ns, a_label_area_without_any_index_is_found_by_its_labels)
{
	struct bench b = opened("namespace/fsdax-files");

	memset(b.bytes + AREA, 0, 2 * INDEX_LEN);
	judge_all(&b);
	cr_assert(hit(&b, "ns.index.lost") && bad(&b) == 1, "with the memory");
	cr_assert(b.m.ns->nr == 1 && b.m.ns->first->label && b.m.ns->first->len == MEMORY);
	judge(&b, AREA, AREA_LEN);
	cr_assert(hit(&b, "ns.index.lost") && bad(&b) == 1, "alone");
	memset(b.bytes + AREA, 0, AREA_LEN);
	memset(b.bytes + PFN + 0x20, 0, 16); /* as of a namespace without a label */
	seal(&b, PFN, 4096, 0xff8);
	judge_all(&b);
	cr_assert(bad(&b) == 0 && b.m.ns->first->len == MEMORY, "as from the factory");
	closed(&b);
}

Test(ns, an_index_that_describes_another_area)
{
	struct bench b = opened("namespace/fsdax-files");

	for (int k = 0; k < 2; k++) {
		b.bytes[AREA + k * INDEX_LEN + 24] ^= 1; /* myoff */
		b.bytes[AREA + k * INDEX_LEN + 21] = 1;  /* seq above its two bits */
		seal(&b, AREA + (size_t)k * INDEX_LEN, INDEX_LEN, 64);
	}
	judge_all(&b);
	cr_assert(hit(&b, "ns.index.places") && hit(&b, "ns.index.sequence"));
	closed(&b);
}

Test(ns, a_label_that_names_another_kind)
{
	static const uint8_t btt2[] = { 0xfc, 0x3b, 0x63, 0x18, 0x35, 0x17, 0x17, 0x42,
					0x8a, 0xc9, 0x17, 0x23, 0x92, 0x82, 0xd3, 0xf8 };
	struct bench b = opened("namespace/fsdax-files");

	judge_all(&b);
	size_t slot = slot_at(&b);
	memcpy(b.bytes + slot + 144, btt2, sizeof(btt2));
	seal(&b, slot, 256, 248);
	judge_all(&b);
	cr_assert(hit(&b, "ns.info.claim"));
	closed(&b);
}

Test(ns, two_owners_of_one_namespace)
{
	struct bench b = opened("namespace/fsdax-files");

	memcpy(b.bytes, "XFSB", 4);
	judge_all(&b);
	cr_assert(hit(&b, "ns.info.several"));
	closed(&b);
}
