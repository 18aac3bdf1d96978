/* Real pmemblk pools, their BTT damaged: mended, and every block read back by libpmemblk. */
#include "tests/analyzer/repair/lab.h"

#include "formats/btt/info.h"

enum { BLK = 0x2000 }; /* the BTT in the pool */

static struct lab *blk_open(void)
{
	struct lab *l = lab_open("blk");

	cr_assert_eq(lab_shell(l, "pmempool create -s 20M blk 512 blk && \"$PEERS/blk_use\" close blk >/dev/null && "
			       "\"$PEERS/blk_read\" blk >before"), 0);
	return l;
}

/* A little-endian number of the first arena's info block. */
static uint64_t info(const struct lab *l, uint64_t off, int len)
{
	char path[160];
	uint8_t b[8] = { 0 };
	uint64_t v = 0;

	snprintf(path, sizeof(path), "%s/blk", l->dir);
	FILE *f = fopen(path, "re");
	fseek(f, (long)(BLK + off), SEEK_SET);
	cr_assert_eq(fread(b, 1, (size_t)len, f), (size_t)len);
	fclose(f);
	for (int i = len; i--;)
		v = v << 8 | b[i];
	return v;
}

static void mends(struct lab *l, const char *what, enum remedy_class most)
{
	const char *first;

	lab_plan(l, most);
	cr_assert(l->r.findings->nr[ERROR] + l->r.findings->nr[WARNING], "%s: the damage was not seen", what);
	cr_assert_eq(lab_left(l, &first), 0, "%s: %s is left", what, first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "pmempool check -q blk"), 0, "%s: the peer still finds fault", what);
	cr_assert_eq(lab_shell(l, "\"$PEERS/blk_read\" blk >after && cmp before after"), 0, "%s: other blocks than before", what);
	lab_close(l);
}

Test(btt, an_info_block_comes_back_from_the_other)
{
	static const uint8_t noise[64] = { 1, 2, 3 };
	struct lab *l = blk_open();

	lab_write(l, "blk", noise, sizeof(noise), BLK + 0x30);
	mends(l, "primary", REPAIR_SAFE);
	l = blk_open();
	lab_write(l, "blk", noise, sizeof(noise), BLK + info(l, 0x70, 8) + 0x30);
	mends(l, "backup", REPAIR_SAFE);
}

Test(btt, both_info_blocks_come_back_from_the_formula)
{
	static const uint8_t zeros[4096];
	struct lab *l = blk_open();
	uint64_t backup = info(l, 0x70, 8);

	lab_write(l, "blk", zeros, 64, BLK + 0x38);
	lab_write(l, "blk", zeros, 64, BLK + backup + 0x38);
	mends(l, "both", REPAIR_ASK);
}

Test(btt, a_map_word_comes_back)
{
	static const uint8_t wild[4] = { 0xff, 0xff, 0xff, 0xff };
	struct lab *l = blk_open();

	lab_write(l, "blk", wild, sizeof(wild), BLK + info(l, 0x60, 8) + 4 * 3);
	mends(l, "word", REPAIR_ASK);
}

Test(btt, a_lane_comes_back)
{
	static const uint8_t wild[32] = { [4] = 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0xff, 0x3f, 9,
					  [20] = 0xff, 0xff, 0xff, 0x3f, 0xff, 0xff, 0xff, 0x3f, 9 };
	struct lab *l = blk_open();

	lab_write(l, "blk", wild, sizeof(wild), BLK + info(l, 0x68, 8));
	mends(l, "lane", REPAIR_ASK);
}

Test(btt, the_block_size_comes_back_from_the_btt)
{
	static const uint8_t wild[4] = { 0, 0, 7, 0 };
	struct lab *l = blk_open();

	lab_write(l, "blk", wild, sizeof(wild), 0x1000);
	mends(l, "bsize", REPAIR_SAFE);
}

Test(btt, a_pool_without_its_first_pages_is_told_by_the_backup)
{
	static const uint8_t zeros[BLK + 4096];
	struct lab *l = blk_open();

	lab_write(l, "blk", zeros, sizeof(zeros), 0);
	mends(l, "header, descriptor and first info block", REPAIR_ADVANCED);
}

Test(btt, lanes_without_a_block_share_the_blocks_without_an_owner)
{
	static uint8_t noise[512];
	struct lab *l = blk_open();
	uint64_t flog = BLK + info(l, 0x68, 8);

	memset(noise, 0x5a, sizeof(noise));
	lab_write(l, "blk", noise, sizeof(noise), flog + 170 * 64);
	mends(l, "eight lanes", REPAIR_ASK);
}

Test(btt, an_entry_without_a_number_does_not_count)
{
	static const uint8_t ones[4] = { 0xff, 0xff, 0xff, 0xff };
	struct lab *l = blk_open();
	uint64_t flog = BLK + info(l, 0x68, 8);

	lab_write(l, "blk", ones, sizeof(ones), flog + 143 * 64 + 16);
	mends(l, "lba of an entry without a number", REPAIR_ASK);
}

Test(btt, map_words_that_are_noise_over_empty_blocks_are_laid_as_never_written)
{
	uint8_t noise[4096];
	struct lab *l = blk_open();

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 131 + i / 256 + 77);
	lab_write(l, "blk", noise, sizeof(noise), BLK + info(l, 0x60, 8) + 0x8000);
	mends(l, "a page of the map", REPAIR_ASK);
}

Test(btt, a_map_word_that_was_lost_fails_instead_of_giving_another_blocks_bytes)
{
	static const uint8_t zeros[1024];
	const char *first;
	struct lab *l = blk_open();

	lab_write(l, "blk", zeros, sizeof(zeros), BLK + info(l, 0x60, 8));
	cr_assert_neq(lab_shell(l, "pmempool check -q blk 2>/dev/null"), 0);
	lab_plan(l, REPAIR_ASK);
	cr_assert_eq(lab_left(l, &first) > 0, true, "where the bytes are is not known: nothing is offered that asks only");
	repair_close(&l->rep);
	analyze_close(&l->r);
	lab_plan(l, REPAIR_ADVANCED);
	for (const struct finding *f = l->rep.after.findings->first; f; f = f->next)
		cr_assert(f->severity == NOTE || strcmp(f->by->id, "btt.map.error-flag") == 0, "%s is left", f->by->id);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "pmempool check -q blk"), 0, "the peer still finds fault");
	/* a block that fails to be read is zeros there: no byte is another one than before */
	cr_assert_eq(lab_shell(l, "\"$PEERS/blk_read\" blk >after && ! cmp -l before after | awk '$3 != 0' | grep -q ."), 0);
	lab_close(l);
}

/* One number of a lane's entries is wild: the map and the other lanes still tell its free block. */
Test(btt, a_lane_is_laid_out_anew_whichever_of_its_numbers_is_wild)
{
	static const uint8_t wild[4] = { 0xf1, 0xff, 0xff, 0x3f };

	for (unsigned at = 0; at < 64; at += 4) {
		for (unsigned lane = 0; lane < 256; lane += at % 16 ? 256 : 143) { /* used, and never used */
			struct lab *l = blk_open();
			char what[32];

			snprintf(what, sizeof(what), "byte %u of lane %u", at, lane);
			lab_write(l, "blk", wild, sizeof(wild), BLK + info(l, 0x68, 8) + lane * 64 + at);
			mends(l, what, REPAIR_ASK);
		}
	}
}

Test(btt, a_lane_gives_way_to_the_block_that_a_map_word_names)
{
	static const uint8_t elsewhere[4] = { 0xd8, 0x11, 0, 0xc0 };
	struct lab *l = blk_open();

	lab_write(l, "blk", elsewhere, sizeof(elsewhere), BLK + info(l, 0x68, 8) + 4);
	mends(l, "old_map of a lane that was never used", REPAIR_ASK);
}

Test(btt, a_map_word_gives_way_to_the_free_block_of_a_lane_that_holds)
{
	struct lab *l = blk_open();
	uint64_t flog = info(l, 0x68, 8);
	uint32_t word = (uint32_t)info(l, flog + 143 * 64 + 4, 4);
	uint8_t le[4] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24) };

	lab_write(l, "blk", le, sizeof(le), BLK + info(l, 0x60, 8) + 4 * 7);
	mends(l, "word", REPAIR_ASK);
}

/* What is only noted: mended, and nothing of it is found any more. */
static void tidies(struct lab *l, const char *id, enum remedy_class most)
{
	lab_plan(l, most);
	cr_assert(findings_hit(l->r.findings, id, NULL), "%s: it was not seen", id);
	cr_assert(l->rep.analyzed, "%s: nothing is made", id);
	cr_assert_null(l->rep.after.findings->first, "%s: something is left", id);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "pmempool check -q blk && \"$PEERS/blk_read\" blk >after && cmp before after"), 0,
		     "%s: other blocks than before", id);
	lab_close(l);
}

static void word_put(const struct lab *l, uint64_t lba, uint32_t word)
{
	uint8_t le[4] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24) };

	lab_write(l, "blk", le, sizeof(le), BLK + info(l, 0x60, 8) + 4 * lba);
}

static uint32_t word_of(const struct lab *l, uint64_t lba)
{
	return (uint32_t)info(l, info(l, 0x60, 8) + 4 * lba, 4);
}

Test(btt, bits_of_a_word_whose_block_was_never_written_are_zeroed)
{
	struct lab *l = blk_open();

	for (uint64_t lba = 1000; lba < 5000; lba += lba % 3 ? 1 : 40)
		word_put(l, lba, 5);
	tidies(l, "btt.map.stray-bits", REPAIR_SAFE);
}

Test(btt, a_word_that_lost_its_upper_bits_still_names_its_block)
{
	struct lab *l = blk_open();

	for (uint64_t lba = 3; lba < 9; lba++)
		word_put(l, lba, word_of(l, lba) & 0x3fffffff);
	mends(l, "words without their upper bits", REPAIR_ASK);
}

Test(btt, bytes_behind_the_map_are_zeroed)
{
	static const uint8_t stray[4] = { 1, 2, 3, 4 };
	struct lab *l = blk_open();

	lab_write(l, "blk", stray, sizeof(stray), BLK + info(l, 0x68, 8) - 8);
	tidies(l, "btt.map.tail", REPAIR_SAFE);
}

Test(btt, a_write_that_the_map_does_not_show_is_finished_as_the_library_would)
{
	struct lab *l = blk_open();
	uint64_t flog = info(l, 0x68, 8);
	int unfinished = 0;

	for (uint64_t at = flog; at < flog + 256 * 64; at += 64) {
		uint64_t now = info(l, at + 28, 4) == info(l, at + 12, 4) % 3 + 1 ? at + 16 : at; /* the newer entry */
		uint64_t lba = info(l, now, 4), old = info(l, now + 4, 4), new = info(l, now + 8, 4);

		if (old == new || word_of(l, lba) != new)
			continue;
		word_put(l, lba, (uint32_t)old);
		unfinished++;
	}
	cr_assert_gt(unfinished, 1);
	tidies(l, "btt.flog.map-behind", REPAIR_ASK);
}

enum { FIRST = 1, BACKUP = 2, BOTH = 3 };

/* Bytes of the info blocks of the arena at `arena` in the pool, whose checksums hold again then. */
static void sealed_at(const struct lab *l, uint64_t arena, uint64_t off, const void *bytes, size_t len, int copies)
{
	uint64_t backup = info(l, arena - BLK + 0x70, 8);

	for (int i = 0; i < 2; i++) {
		char path[160];
		uint8_t block[BTT_INFO_LEN];

		if ((copies >> i & 1) == 0)
			continue;
		snprintf(path, sizeof(path), "%s/blk", l->dir);
		FILE *f = fopen(path, "re");
		fseek(f, (long)(arena + (i ? backup : 0)), SEEK_SET);
		cr_assert_eq(fread(block, 1, sizeof(block), f), sizeof(block));
		fclose(f);
		memcpy(block + off, bytes, len);
		uint64_t sum = btt_info_sum((struct span){ .p = block, .len = sizeof(block) });
		for (int k = 0; k < 8; k++)
			block[0xff8 + k] = (uint8_t)(sum >> 8 * k);
		lab_write(l, "blk", block, sizeof(block), arena + (i ? backup : 0));
	}
}

static void sealed(const struct lab *l, uint64_t off, uint64_t value, size_t len, int copies)
{
	uint8_t le[8];

	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)(value >> 8 * i);
	sealed_at(l, BLK, off, le, len, copies);
}

/* Each is a field, and what somebody wrote there under a checksum that holds. */
static const struct wrong { const char *name; uint64_t off, value; size_t len; enum remedy_class most; } wrongs[] = {
	{ "flags", 0x30, 0x80, 4, REPAIR_SAFE },
	{ "major", 0x34, 2, 2, REPAIR_ASK },
	{ "minor", 0x36, 0, 2, REPAIR_ASK },
	{ "external_lbasize", 0x38, 1000, 4, REPAIR_ASK },
	{ "external_lbasize, none", 0x38, 0, 4, REPAIR_ASK },
	{ "external_lbasize, with the same places", 0x38, 511, 4, REPAIR_ASK },
	{ "external_nlba", 0x3c, 34000, 4, REPAIR_ASK },
	{ "internal_lbasize", 0x40, 768, 4, REPAIR_ASK },
	{ "internal_nlba", 0x44, 5, 4, REPAIR_ASK },
	{ "nfree", 0x48, 64, 4, REPAIR_ASK },
	{ "nfree, more than are read", 0x48, 0xffffffff, 4, REPAIR_ASK },
	{ "infosize", 0x4c, 512, 4, REPAIR_SAFE },
	{ "nextoff, inside", 0x50, 0x1000, 8, REPAIR_ASK },
	{ "nextoff, behind the end", 0x50, UINT64_C(1) << 39, 8, REPAIR_ASK },
	{ "dataoff", 0x58, 0x2000, 8, REPAIR_SAFE },
	{ "mapoff", 0x60, 0x5000, 8, REPAIR_ASK },
	{ "flogoff", 0x68, UINT64_MAX, 8, REPAIR_ASK },
	{ "infooff", 0x70, 0, 8, REPAIR_ASK },
	{ "unused", 0xf00, 1, 8, REPAIR_SAFE },
};

static void each_wrong(int copies)
{
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];
		struct lab *l = blk_open();

		sealed(l, w->off, w->value, w->len, copies);
		mends(l, w->name, copies == BOTH ? w->most : REPAIR_ASK);
	}
}

Test(btt, a_field_that_is_wrong_in_both_info_blocks_is_put_right)
{
	each_wrong(BOTH);
}

Test(btt, a_field_that_is_wrong_in_the_first_info_block_is_put_right)
{
	each_wrong(FIRST);
}

Test(btt, a_field_that_is_wrong_in_the_backup_is_put_right)
{
	each_wrong(BACKUP);
}

Test(btt, many_fields_that_are_wrong_at_once_are_put_right_by_the_lanes)
{
	static const uint8_t wild[64] = { [8] = 0, 2, 0, 0, 1, [16] = 9, [20] = 7, [24] = 0, 1 };
	struct lab *l = blk_open();

	sealed_at(l, BLK, 0x30 + 8, wild, 56, BOTH);
	mends(l, "all numbers", REPAIR_ASK);
}

/* No lane is as the layout made it: map and flog have to name each block once. */
static struct lab *used_open(void)
{
	struct lab *l = blk_open();
	uint64_t flog = info(l, 0x68, 8);

	for (uint32_t i = 0; i < 256; i++) {
		uint8_t lba[4] = { (uint8_t)(i + 1), (uint8_t)((i + 1) >> 8) };

		if (info(l, flog + 64 * i + 28, 4) == 0)
			lab_write(l, "blk", lba, sizeof(lba), BLK + flog + 64 * i);
	}
	return l;
}

Test(btt, places_are_told_by_map_and_flog_where_no_lane_is_new)
{
	static const uint8_t zeros[4096];
	struct lab *l = used_open();

	sealed(l, 0x40, 4096, 4, BOTH);
	mends(l, "internal_lbasize", REPAIR_ASK);
	l = used_open();
	uint64_t backup = info(l, 0x70, 8);
	lab_write(l, "blk", zeros, sizeof(zeros), BLK);
	lab_write(l, "blk", zeros, sizeof(zeros), BLK + backup);
	mends(l, "both info blocks", REPAIR_ASK);
}

Test(btt, a_pool_that_looks_never_written_gets_its_info_blocks_back)
{
	static const uint8_t zeros[4096], bsize[4] = { 8, 2 };
	struct lab *l = blk_open();
	uint64_t backup = info(l, 0x70, 8);

	lab_write(l, "blk", zeros, sizeof(zeros), BLK);
	lab_write(l, "blk", zeros, sizeof(zeros), BLK + backup);
	/* the peer calls that consistent, and its library shows zeros */
	cr_assert_eq(lab_shell(l, "cp blk theirs && pmempool check -q theirs && ! \"$PEERS/blk_read\" theirs | cmp -s - before"), 0);
	mends(l, "both info blocks", REPAIR_ASK);
	l = blk_open();
	lab_write(l, "blk", zeros, sizeof(zeros), BLK);
	lab_write(l, "blk", zeros, sizeof(zeros), BLK + backup);
	lab_write(l, "blk", bsize, sizeof(bsize), 0x1000);
	mends(l, "both info blocks, and a block size of 520", REPAIR_ASK);
}

static void proposed(struct lab *l, const char *says)
{
	lab_plan(l, REPAIR_ASK);
	for (const struct step *s = l->rep.plan->first; s; s = s->next)
		cr_assert_eq(s->alternative_to == 0, strncmp(s->says, says, strlen(says)) == 0, "%s", s->says);
	repair_close(&l->rep);
	analyze_close(&l->r);
}

Test(btt, a_pool_and_its_btt_are_brought_to_one_uuid)
{
	static const uint8_t other[16] = { 0x25, 0xfd, 0x1e, 0xc2, 0x1d, 0xfa, 0xe2, 0x4b, 0xa0, 0x1b, 0xb0, 0xe0, 0x29, 0x4a, 0x87, 0x60 };
	struct lab *l = blk_open();

	/* two info blocks against one header */
	sealed_at(l, BLK, 0x20, other, sizeof(other), BOTH);
	proposed(l, "sets poolset_uuid");
	mends(l, "parent_uuid of both", REPAIR_ASK);
	/* one that cannot be any */
	l = blk_open();
	sealed_at(l, BLK, 0x20, "0123456789abcdef", 16, BOTH);
	proposed(l, "sets parent_uuid");
	mends(l, "parent_uuid of both, no uuid", REPAIR_ASK);
	/* the other one agrees with the header */
	l = blk_open();
	sealed_at(l, BLK, 0x20, other, sizeof(other), FIRST);
	mends(l, "parent_uuid of the first", REPAIR_ASK);
}

Test(btt, the_places_of_a_pool_that_grew_are_left_as_they_are)
{
	struct lab *l = blk_open();

	cr_assert_eq(lab_shell(l, "truncate -s +4M blk"), 0);
	lab_plan(l, REPAIR_ADVANCED);
	for (const struct step *s = l->rep.plan->first; s; s = s->next)
		cr_assert_neq(strncmp(s->path, "blk.btt", 7), 0, "%s: %s", s->path, s->says);
	cr_assert(findings_hit(l->r.findings, "btt.info.geometry", NULL));
	lab_close(l);
}
