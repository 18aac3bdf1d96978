/*
 * Namespaces and label areas that a kernel wrote, damaged at random in one structure: what is called safe gives the kernel's own
 * bytes back, all of them.
 */
#include "tests/analyzer/repair/lab.h"

enum { MEMORY = 16 << 20, PFN = 4096, INDEX = 256, LABEL = 256, CASES = 60 };

static struct lab *ns_open(const char *image)
{
	struct lab *l = lab_open("nvdimm");

	cr_assert_eq(lab_shell(l, "zcat \"$SOURCE/corpus/%s.img.gz\" >nvdimm", image), 0);
	return l;
}

/* The lab's image is analysed anew: another damage of the same one. */
static void again(struct lab *l)
{
	repair_close(&l->rep);
	analyze_close(&l->r);
	l->rep = (struct repair){ .rounds = 0 };
}

static uint32_t next(uint32_t *seed)
{
	return *seed = *seed * 1664525u + 1013904223u;
}

/* A run of random bytes, in which a bit at least is another than before. */
static size_t hit(uint8_t *bytes, size_t len, uint32_t *seed)
{
	static const size_t runs[] = { 1, 1, 2, 4, 8, 16, 40 };
	size_t run = runs[(next(seed) >> 16) % (sizeof(runs) / sizeof(runs[0]))], at = (next(seed) >> 8) % (len - run + 1);

	for (size_t i = 0; i < run; i++)
		bytes[at + i] ^= (uint8_t)(next(seed) >> 24);
	bytes[at] ^= 1;
	return at;
}

/* How many of the damages to these bytes are mended safely; each of them to the same bytes again. */
static unsigned mended_of(struct lab *l, uint64_t at, size_t len, uint32_t hits)
{
	uint8_t *was = malloc(2 * len), *lost = malloc(len), *is = was + len;
	unsigned nr = 0;
	const char *first;

	for (uint32_t k = 0; k < CASES; k++) {
		uint32_t seed = k;

		lab_plan(l, REPAIR_SAFE);
		cr_assert_eq(lab_left(l, &first), 0, "the image has %s before any damage", first);
		cr_assert(image_read(l->r.intake.first->image, at, len, was, lost));
		memcpy(is, was, len);
		for (uint32_t i = 0; i < hits; i++)
			hit(is, len, &seed);
		lab_write(l, "nvdimm", is, len, at);
		again(l);
		lab_plan(l, REPAIR_SAFE);
		if (lab_left(l, &first) == 0) {
			cr_assert(l->rep.plan->steps_nr, "case %u is not seen at all", k);
			cr_assert(image_read(l->rep.edited[0], at, len, is, lost));
			cr_assert_eq(memcmp(was, is, len), 0, "case %u is mended to other bytes", k);
			nr++;
		}
		lab_write(l, "nvdimm", was, len, at);
		again(l);
	}
	free(was);
	free(lost);
	return nr;
}

TestSuite(ns, .timeout = 300);

Test(ns, an_info_block_comes_back_by_its_checksum)
{
	struct lab *l = ns_open("namespace/fsdax-files");

	/* all that has a meaning, but for the uuid, of which a word is all that may be damaged */
	cr_assert_eq(mended_of(l, PFN + 0x20, 0x5e - 0x20, 1), CASES);
	cr_assert_eq(mended_of(l, PFN + 0x20, 0x5e - 0x20, 3), CASES);
	lab_close(l);
}

Test(ns, an_index_block_comes_back_by_its_checksum)
{
	struct lab *l = ns_open("namespace/fsdax-files");

	for (unsigned k = 0; k < 2; k++) {
		/* every word that follows from the area, and the number; then a few bytes of the bits */
		cr_assert_eq(mended_of(l, MEMORY + k * INDEX, 64, 3), CASES, "block %u", k);
		cr_assert_geq(mended_of(l, MEMORY + k * INDEX + 72, 64, 1), CASES / 4, "bits of block %u", k);
		cr_assert_eq(mended_of(l, MEMORY + k * INDEX + 136, INDEX - 136, 1), CASES, "the rest of block %u", k);
	}
	lab_close(l);
}

Test(ns, a_label_comes_back_by_its_checksum)
{
	static const uint8_t zeros[LABEL];
	struct lab *l = ns_open("namespace/fsdax-files");
	const uint64_t older = MEMORY + 2 * INDEX, current = older + LABEL;

	/* with its older copy; then alone, a few bytes of it */
	cr_assert_eq(mended_of(l, current, 248, 3), CASES);
	lab_write(l, "nvdimm", zeros, LABEL, older);
	cr_assert_geq(mended_of(l, current, 248, 1), CASES / 4);
	lab_close(l);
}

/* Index blocks of 768 bytes: where the second one is, is seen when the first does not say it any more. */
Test(ns, a_large_label_area_gets_its_index_again)
{
	static const uint8_t zeros[768];
	struct lab *l = ns_open("namespace/fsdax-files");
	const char *first;

	cr_assert_eq(lab_shell(l, "tail -c %d nvdimm >area && truncate -s 0 nvdimm && truncate -s 1M nvdimm && "
			       "dd if=area of=nvdimm bs=256 skip=2 seek=6 count=2 conv=notrunc status=none", 131072), 0);
	lab_plan(l, REPAIR_ASK);
	cr_assert(findings_hit(l->r.findings, "ns.index.lost", NULL));
	cr_assert_eq(lab_left(l, &first), 0, "%s is left", first);
	lab_apply(l);
	for (uint64_t block = 0; block < 2; block++) {
		lab_write(l, "nvdimm", zeros, sizeof(zeros), block * sizeof(zeros));
		again(l);
		lab_plan(l, REPAIR_ASK);
		cr_assert(findings_hit(l->r.findings, "ns.index.block", NULL), "block %d", (int)block);
		cr_assert_not(findings_hit(l->r.findings, "ns.index.lost", NULL), "block %d", (int)block);
		cr_assert_eq(lab_left(l, &first), 0, "block %d: %s is left", (int)block, first);
		lab_shell(l, "rm journal");
		lab_apply(l);
	}
	lab_close(l);
}
