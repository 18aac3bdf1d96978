/* A small set of two replicas of two parts, held in memory, damaged one field at a time. */
#include "analyzer/facts/ending.h"
#include "formats/pool/set.h"

#include "formats/base/checksum.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICAS = 2, PARTS = 2 };

struct lab {
	struct arena *arena;
	struct model m;
	struct pool_set set;
	struct item item[REPLICAS][PARTS];
	struct pool_part part[REPLICAS][PARTS];
	struct pool_hdr hdr[REPLICAS][PARTS], voted;
	uint8_t bytes[REPLICAS][PARTS][POOL_HDR_LEN];
	struct findings *fs;
};

static void uuid_make(uint8_t *u, int n)
{
	memset(u, 0x11 * (n + 1), UUID_LEN);
	u[7] = 0x40;
	u[8] = 0x80;
}

static struct lab *lab_open(void)
{
	struct lab *l = calloc(1, sizeof(*l));

	l->arena = arena_open((size_t)16 << 20);
	l->m = (struct model){ .arena = l->arena, .format = "pmemobj", .pool = &l->set };
	l->m.root = node_group(l->arena, NULL, "");
	l->set = (struct pool_set){ .type = POOL_OBJ, .nr = REPLICAS, .voted = &l->voted, .size = 16 << 20 };
	l->set.replicas = arena_array(l->arena, REPLICAS, sizeof(*l->set.replicas));
	for (int r = 0; r < REPLICAS; r++) {
		struct pool_replica *rep = l->set.replicas[r] = ARENA_NEW(l->arena, struct pool_replica);

		rep->idx = (uint32_t)r;
		rep->nr = PARTS;
		rep->size = 16 << 20;
		rep->node = node_group_idx(l->arena, l->m.root, "replica", (uint64_t)r);
		rep->parts = arena_array(l->arena, PARTS, sizeof(*rep->parts));
		for (int p = 0; p < PARTS; p++) {
			struct pool_part *part = rep->parts[p] = &l->part[r][p];
			struct pool_hdr *h = &l->hdr[r][p];

			memcpy(h->signature, "PMEMOBJ", 8);
			h->major = 6;
			h->compat = POOL_FEAT_CHECK_BAD_BLOCKS;
			h->incompat = POOL_FEAT_CKSUM_2K | POOL_FEAT_SDS;
			uuid_make(h->poolset_uuid, 8);
			uuid_make(h->uuid, r * PARTS + p);
			uuid_make(h->prev_part_uuid, r * PARTS + !p);
			uuid_make(h->next_part_uuid, r * PARTS + !p);
			uuid_make(h->prev_repl_uuid, !r * PARTS);
			uuid_make(h->next_repl_uuid, !r * PARTS);
			h->crtime = 1700000000;
			h->alignment_desc = 0x7f737777310;
			h->machine_class = 2;
			h->data = 1;
			h->machine = 62;
			*part = (struct pool_part){ .replica = (uint32_t)r, .idx = (uint32_t)p, .hdr = h,
						    .header_expected = true, .item = &l->item[r][p],
						    .file_size = 8 << 20 };
			memcpy(part->uuid, h->uuid, UUID_LEN);
			part->node = node_group_idx(l->arena, rep->node, "part", (uint64_t)p);
			part->header = node_group(l->arena, part->node, "header");
		}
	}
	l->voted = l->hdr[0][0];
	return l;
}

/* Makes the sums right for the fields as they are. */
static void lab_seal(struct lab *l, int r, int p)
{
	struct pool_part *part = &l->part[r][p];

	layout_encode(&pool_hdr_layout, &l->hdr[r][p], l->bytes[r][p]);
	part->hdr_bytes = (struct span){ .p = l->bytes[r][p], .len = POOL_HDR_LEN };
	pool_hdr_sum(part->hdr_bytes, &l->hdr[r][p], &l->hdr[r][p].checksum);
	layout_encode(&pool_hdr_layout, &l->hdr[r][p], l->bytes[r][p]);
	part->sum = pool_hdr_sum(part->hdr_bytes, &l->hdr[r][p], &part->sum_announced);
}

static void lab_run(struct lab *l, bool seal)
{
	for (int r = 0; seal && r < REPLICAS; r++)
		for (int p = 0; p < PARTS; p++)
			lab_seal(l, r, p);
	l->fs = findings_open(l->arena, 100);
	checks_run(&l->m, l->fs, NULL, NULL);
}

static void lab_damage(struct lab *l, int r, int p) /* after a seal: read the changed fields again */
{
	layout_encode(&pool_hdr_layout, &l->hdr[r][p], l->bytes[r][p]);
	l->part[r][p].sum = pool_hdr_sum(l->part[r][p].hdr_bytes, &l->hdr[r][p], &l->part[r][p].sum_announced);
}

static const struct finding *only(struct lab *l, const char *id)
{
	cr_assert_eq(l->fs->nr[ERROR] + l->fs->nr[WARNING] + l->fs->nr[NOTE], 1, "%s: %llu findings, first %s", id,
		     (unsigned long long)(l->fs->nr[ERROR] + l->fs->nr[WARNING] + l->fs->nr[NOTE]),
		     l->fs->first ? l->fs->first->by->id : "none");
	cr_assert_str_eq(l->fs->first->by->id, id);
	return l->fs->first;
}

Test(pool, a_whole_set_is_silent)
{
	struct lab *l = lab_open();

	lab_run(l, true);
	cr_assert_null(l->fs->first, "%s", l->fs->first ? l->fs->first->by->id : "");
}

#define TRIPS(name, id, damage)               \
	Test(pool, name)                      \
	{                                     \
		struct lab *l = lab_open();   \
		struct pool_hdr *h = &l->hdr[1][1]; \
		damage;                       \
		lab_run(l, true);             \
		only(l, id);                  \
	}

TRIPS(signature, "pool.hdr.signature", h->signature[0] = 'Q')
TRIPS(major, "pool.hdr.major", h->major = 5)
TRIPS(incompat, "pool.hdr.incompat", h->incompat |= 0x100)
TRIPS(compat, "pool.hdr.compat", h->compat |= 0x100)
TRIPS(features, "pool.set.features", h->compat = 0)
TRIPS(arch, "pool.hdr.arch", h->machine = 183)
TRIPS(set_uuid, "pool.set.uuid", h->poolset_uuid[3] ^= 1)
TRIPS(own_uuid, "pool.hdr.uuid", h->uuid[3] ^= 1)
TRIPS(part_link, "pool.ring.part", h->next_part_uuid[3] ^= 1)
TRIPS(replica_link, "pool.ring.replica", h->next_repl_uuid[3] ^= 1)
TRIPS(crtime, "pool.hdr.crtime", h->crtime = 0)
TRIPS(unused, "pool.hdr.unused", h->unused[7] = 1)
TRIPS(unused2, "pool.hdr.unused2", h->unused2[7] = 1)
TRIPS(later_sds, "pool.sds.later-part", h->sds_usc = 1)
TRIPS(sds_sum, "pool.sds.checksum", l->hdr[0][0].sds_usc = 1; (void)h)
TRIPS(lost_part, "pool.part.missing", l->part[1][1].item = NULL; l->part[1][1].hdr = NULL; (void)h)
TRIPS(same_file, "poolset.path.twice", l->part[1][1].same_file = &l->part[1][0]; (void)h)
TRIPS(file_size, "pool.part.size", l->part[1][1].declared = 9 << 20; (void)h)
TRIPS(inner_size, "pool.set.inner-size", l->set.inner_known = true; l->set.inner_size = 1; (void)h)

Test(pool, a_changed_word_is_found_by_the_checksum)
{
	struct lab *l = lab_open();

	for (int r = 0; r < REPLICAS; r++)
		for (int p = 0; p < PARTS; p++)
			lab_seal(l, r, p);
	l->hdr[0][1].crtime ^= 1;
	lab_damage(l, 0, 1);
	lab_run(l, false);
	const struct finding *f = only(l, "pool.hdr.checksum");
	cr_assert_not_null(strstr(f->detail, "at 0x78 (crtime)"), "%s", f->detail);
}

Test(pool, a_dirty_pool_is_noted_and_told_apart)
{
	struct lab *l = lab_open();
	struct counters now = { .known = true, .usc = 3, .uuid = 9, .dimms = 1 };

	for (int r = 0; r < REPLICAS; r++) {
		l->hdr[r][0].sds_dirty = 1;
		l->hdr[r][0].sds_usc = 3 * PARTS;
		l->hdr[r][0].sds_uuid = 9 * PARTS;
		lab_seal(l, r, 0);
		l->hdr[r][0].sds_checksum = pool_hdr_sds_sum(l->part[r][0].hdr_bytes);
	}
	lab_run(l, true);
	cr_assert_eq(l->fs->nr[NOTE], 2);
	cr_assert_eq(l->fs->nr[ERROR] + l->fs->nr[WARNING], 0);
	cr_assert_eq(ending_of(&l->set, &now), ENDING_OPEN);
	now.usc = 4;
	cr_assert_eq(ending_of(&l->set, &now), ENDING_ADR_FAILED);
	now.uuid = 10;
	cr_assert_eq(ending_of(&l->set, &now), ENDING_OTHER_DEVICE);
}

Test(pool, ndctl_counters_are_read_with_bounds)
{
	static const char json[] = "[{\"dimms\":[{\"dev\":\"nmem0\",\"id\":\"8089-a2\",\"health\":{\"shutdown_count\":7}}]}]";
	struct counters c;
	const char *why;

	cr_assert(counters_read(json, sizeof(json) - 1, &c, &why));
	cr_assert_eq(c.usc, 7);
	cr_assert_eq(c.dimms, 1);
	cr_assert_not(counters_read("[{]", 3, &c, &why));
	cr_assert_not(counters_read("[]", 2, &c, &why));
}

Test(pool, every_row_is_covered_by_a_check)
{
	char row[16];

	for (int i = 1; i <= 26; i++) {
		snprintf(row, sizeof(row), "PH-%02d", i);
		cr_expect_not_null(check_covering(row), "%s", row);
	}
	for (int i = 1; i <= 12; i++) {
		snprintf(row, sizeof(row), "PS-%02d", i);
		cr_expect_not_null(check_covering(row), "%s", row);
	}
	cr_expect_null(check_covering("PH-99"));
}
