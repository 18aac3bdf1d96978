#include "formats/pool/hdr.h"

#include "formats/base/checksum.h"

#include <criterion/criterion.h>
#include <string.h>

/* The header of a 2 MiB log pool that `pmempool create log` (1.12.1) made. */
static const uint8_t real[144] = {
	0x50, 0x4d, 0x45, 0x4d, 0x4c, 0x4f, 0x47, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x55, 0x44, 0x4d, 0xc5, 0x55, 0x09, 0xd2, 0x4c,
	0xa5, 0x4e, 0xaa, 0x44, 0x2e, 0x34, 0xc3, 0xc7, 0x95, 0x3c, 0x78, 0xbb, 0x39, 0x90, 0x60, 0x4b,
	0x9f, 0xc2, 0xef, 0xb5, 0x38, 0x10, 0x40, 0xbf, 0x95, 0x3c, 0x78, 0xbb, 0x39, 0x90, 0x60, 0x4b,
	0x9f, 0xc2, 0xef, 0xb5, 0x38, 0x10, 0x40, 0xbf, 0x95, 0x3c, 0x78, 0xbb, 0x39, 0x90, 0x60, 0x4b,
	0x9f, 0xc2, 0xef, 0xb5, 0x38, 0x10, 0x40, 0xbf, 0x95, 0x3c, 0x78, 0xbb, 0x39, 0x90, 0x60, 0x4b,
	0x9f, 0xc2, 0xef, 0xb5, 0x38, 0x10, 0x40, 0xbf, 0x95, 0x3c, 0x78, 0xbb, 0x39, 0x90, 0x60, 0x4b,
	0x9f, 0xc2, 0xef, 0xb5, 0x38, 0x10, 0x40, 0xbf, 0x01, 0x2c, 0x03, 0x6b, 0x00, 0x00, 0x00, 0x00,
	0x10, 0x73, 0x77, 0x37, 0xf7, 0x07, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x3e, 0x00,
};
static const uint8_t real_sum[8] = { 0x64, 0x33, 0xfd, 0x7a, 0xaa, 0xe8, 0xf6, 0x29 };

static uint8_t page[POOL_HDR_LEN_64K];
static struct pool_hdr h;
static uint64_t announced;

static struct span bytes(size_t len)
{
	return (struct span){ page, NULL, 0, len };
}

static void fresh(void)
{
	memset(page, 0, sizeof(page));
	memcpy(page, real, sizeof(real));
	memcpy(page + 0xFF8, real_sum, 8);
}

static enum pool_hdr_sum judge(size_t len)
{
	cr_assert(layout_decode(&pool_hdr_layout, bytes(len), 0, &h));
	return pool_hdr_sum(bytes(len), &h, &announced);
}

/* Writes the sum that a reading with this skip offset makes, and judges it. */
static enum pool_hdr_sum judge_as(uint64_t skip)
{
	uint64_t sum = checksum_fletcher64(bytes(POOL_HDR_LEN), POOL_HDR_LEN - 8, skip);

	for (int i = 0; i < 8; i++)
		page[0xFF8 + i] = (uint8_t)(sum >> 8 * i);
	return judge(POOL_HDR_LEN);
}

TestSuite(pool_hdr, .init = fresh);

Test(pool_hdr, reads_what_pmempool_wrote)
{
	cr_assert_eq(judge(POOL_HDR_LEN), POOL_HDR_SUM_ANNOUNCED);
	cr_assert_eq(announced, UINT64_C(0x29f6e8aa7afd3364));
	cr_assert_eq(pool_hdr_type(&h), POOL_LOG);
	cr_assert_str_eq(pool_type_name(POOL_LOG), "pmemlog");
	cr_assert_eq(h.major, 1);
	cr_assert_eq(h.compat, POOL_FEAT_CHECK_BAD_BLOCKS);
	cr_assert_eq(h.incompat, POOL_FEAT_CKSUM_2K | POOL_FEAT_SDS);
	cr_assert_eq(h.crtime, 0x6b032c01);
	cr_assert_eq(h.alignment_desc, UINT64_C(0x7f737777310));
	cr_assert_eq(h.machine_class, 2);
	cr_assert_eq(h.machine, 62);
	cr_assert_not(pool_hdr_is_part(&h));
	cr_assert_eq(pool_hdr_len(&h), POOL_HDR_LEN);
	char text[UUID_TEXT_LEN];
	uuid_text_pmdk(h.poolset_uuid, text);
	cr_assert_str_eq(text, "c54d4455-0955-4cd2-a54e-aa442e34c3c7");
}

Test(pool_hdr, the_tail_is_outside_the_2k_sum)
{
	page[0x900] = 1;
	cr_assert_eq(judge(POOL_HDR_LEN), POOL_HDR_SUM_ANNOUNCED);
	page[0x7FF] = 1;
	cr_assert_eq(judge(POOL_HDR_LEN), POOL_HDR_SUM_BAD);
}

Test(pool_hdr, every_covered_byte_counts)
{
	for (size_t i = 0; i < 0x800; i++) {
		page[i] ^= 1;
		cr_assert_eq(judge(POOL_HDR_LEN), POOL_HDR_SUM_BAD, "byte %zu", i);
		page[i] ^= 1;
	}
}

Test(pool_hdr, other_readings_are_named)
{
	page[0xFC8] = 1; /* a live shutdown state makes the modes differ */
	cr_assert_eq(judge_as(POOL_HDR_CSUM_4K), POOL_HDR_SUM_4K);
	cr_assert_eq(judge_as(POOL_HDR_CSUM_14), POOL_HDR_SUM_ANNOUNCED); /* 0x7F0..0x7FF are zero */
	page[0x7F4] = 1;
	cr_assert_eq(judge_as(POOL_HDR_CSUM_14), POOL_HDR_SUM_BAD);
	page[0x10] = 0; /* features of 1.3 and 1.4 */
	cr_assert_eq(judge_as(POOL_HDR_CSUM_4K), POOL_HDR_SUM_ANNOUNCED);
	cr_assert_eq(judge_as(POOL_HDR_CSUM_14), POOL_HDR_SUM_14);
	cr_assert_eq(judge_as(POOL_HDR_CSUM_2K), POOL_HDR_SUM_2K);
	page[8] = 2; /* no log pool of 1.4 had this major */
	cr_assert_eq(judge_as(POOL_HDR_CSUM_14), POOL_HDR_SUM_BAD);
}

Test(pool_hdr, sixty_four_kib_headers_sum_all_their_words)
{
	page[0x8E] = POOL_HDR_MACHINE_PPC64;
	uint64_t sum = checksum_fletcher64(bytes(POOL_HDR_LEN), 0xFF8, POOL_HDR_CSUM_2K);
	uint32_t lo = (uint32_t)sum;
	uint32_t hi = (uint32_t)(sum >> 32) + (16384u - 1024u) * lo; /* the zero words of the padding */

	for (int i = 0; i < 4; i++) {
		page[0xFF8 + i] = (uint8_t)(lo >> 8 * i);
		page[0xFFC + i] = (uint8_t)(hi >> 8 * i);
	}
	cr_assert_eq(judge(POOL_HDR_LEN_64K), POOL_HDR_SUM_ANNOUNCED);
	cr_assert_eq(pool_hdr_len(&h), POOL_HDR_LEN_64K);
	cr_assert_eq(judge(POOL_HDR_LEN), POOL_HDR_SUM_BAD);
}

Test(pool_hdr, shutdown_state_of_a_killed_pool)
{
	cr_assert_eq(pool_hdr_sds_sum(bytes(POOL_HDR_LEN)), 0);
	page[0xFC8] = 1;
	cr_assert_eq(pool_hdr_sds_sum(bytes(POOL_HDR_LEN)), UINT64_C(0x0000000c00000001));
	cr_assert_eq(pool_hdr_sds_sum(bytes(100)), 0);
}

Test(pool_hdr, uuid_fold_is_what_stored_oids_hold)
{
	static const uint8_t uuid[16] = { 0x6e, 0x76, 0x0a, 0x7c, 0x8d, 0xc3, 0xe9, 0x47,
					  0x97, 0x8d, 0x17, 0xd3, 0x37, 0x7a, 0xd0, 0x6c };

	cr_assert_eq(pool_hdr_uuid_lo(uuid), UINT64_C(0xf9fb1dafbab9392b));
}

Test(pool_hdr, a_link_to_another_uuid_makes_a_part)
{
	judge(POOL_HDR_LEN);
	h.next_part_uuid[3] ^= 1;
	cr_assert(pool_hdr_is_part(&h));
	h.next_part_uuid[3] ^= 1;
	h.prev_part_uuid[3] ^= 1;
	cr_assert(pool_hdr_is_part(&h));
}

Test(pool_hdr, the_table_has_no_gap)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < pool_hdr_layout.nr; i++) {
		cr_assert_eq(pool_hdr_layout.fields[i].off, at);
		at += pool_hdr_layout.fields[i].width;
	}
	cr_assert_eq(at, POOL_HDR_LEN);
}
