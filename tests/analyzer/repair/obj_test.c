/* Real pmemobj pools, one structure damaged at a time: mended to the bytes they had. */
#include "tests/analyzer/repair/lab.h"

enum { HEAP = 0x302000, ZONE = HEAP + 1024, CHUNK0 = ZONE + 0x80000, LANES = 0x2000, LANE = 3072, UNDO = 960 };

/* Objects of every kind, runs of several chunks, huge ones. */
static struct lab *obj_open(void)
{
	struct lab *l = lab_open("obj");

	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_mixed\" obj >/dev/null && cp obj before"), 0);
	return l;
}

static void mends(const char *what, enum remedy_class most, uint64_t at, const void *bytes, size_t len)
{
	struct lab *l = obj_open();
	const char *first;

	lab_write(l, "obj", bytes, len, at);
	l->options.deep = true;
	lab_plan(l, most);
	cr_assert(l->r.findings->nr[ERROR] + l->r.findings->nr[WARNING], "%s: the damage was not seen", what);
	cr_assert_eq(lab_left(l, &first), 0, "%s: %s is left", what, first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "cmp before obj"), 0, "%s: other bytes than before", what);
	lab_close(l);
}

/* The first chunk of the zone whose header has the type; its index. */
static uint32_t chunk_of_type(uint16_t type, uint32_t least)
{
	struct lab *l = obj_open();
	char path[160];
	uint8_t h[8];
	uint32_t at = UINT32_MAX;

	snprintf(path, sizeof(path), "%s/obj", l->dir);
	FILE *f = fopen(path, "re");
	for (uint32_t c = 0; at == UINT32_MAX && c < 100;) {
		fseek(f, (long)(ZONE + 64 + 8 * c), SEEK_SET);
		cr_assert_eq(fread(h, 1, 8, f), 8);
		uint32_t len = (uint32_t)h[4] | (uint32_t)h[5] << 8;
		if ((h[0] | h[1] << 8) == type && len >= least)
			at = c;
		c += len;
	}
	fclose(f);
	analyze(l->source, &l->options, &l->r);
	lab_close(l);
	cr_assert_neq(at, UINT32_MAX);
	return at;
}

Test(obj, the_descriptor_is_constants_and_a_name)
{
	static const uint8_t odd[8] = { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5 };

	mends("lanes offset", REPAIR_SAFE, 0x1400, odd, 8);
	mends("lanes", REPAIR_SAFE, 0x1408, odd, 4);
	mends("heap offset", REPAIR_SAFE, 0x1410, odd, 8);
	mends("unused", REPAIR_SAFE, 0x1500, odd, 8);
	mends("checksum", REPAIR_SAFE, 0x17f8, odd, 8);
}

Test(obj, words_follow_from_the_files)
{
	static const uint8_t zero[8], reserved[8] = { 1 };

	mends("heap size", REPAIR_SAFE, 0x1820, zero, 8);
	mends("reserved", REPAIR_SAFE, 0x1900, reserved, 8);
}

Test(obj, the_heaps_header_is_the_same_everywhere)
{
	static const uint8_t odd[64] = { 0x55 };

	mends("signature", REPAIR_SAFE, HEAP, odd, 16);
	mends("chunk size", REPAIR_SAFE, HEAP + 40, odd, 8);
	mends("checksum", REPAIR_SAFE, HEAP + 1016, odd, 8);
}

Test(obj, a_zones_header_follows_from_its_blocks)
{
	static const uint8_t zero[8], odd[4] = { 9, 9, 9, 9 };

	mends("hidden", REPAIR_SAFE, ZONE, zero, 8);
	mends("magic", REPAIR_SAFE, ZONE, odd, 4);
	mends("size", REPAIR_SAFE, ZONE + 4, odd, 4);
}

Test(obj, a_runs_header_follows_from_its_neighbours)
{
	static const uint8_t zero[8];
	uint32_t run = chunk_of_type(4, 2), used = chunk_of_type(3, 1), single = 0;

	mends("run header", REPAIR_ASK, ZONE + 64 + 8 * run, zero, 8);
	mends("header of a run of one chunk", REPAIR_ASK, ZONE + 64 + 8 * single, zero, 8);
	mends("run data", REPAIR_SAFE, ZONE + 64 + 8 * (run + 1), zero, 8);
	mends("huge header's size", REPAIR_SAFE, CHUNK0 + 262144ull * used, zero, 6);
	mends("unit", REPAIR_ASK, CHUNK0 + 262144ull * run, zero, 8);
}

Test(obj, a_lanes_capacity_is_a_constant)
{
	static const uint8_t zero[8];

	mends("undo", REPAIR_SAFE, LANES + 7 * LANE + UNDO + 16, zero, 8);
}

Test(obj, the_root_is_the_one_object_of_the_librarys_own)
{
	static const uint8_t odd[8] = { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5 }, zero[8];

	mends("place", REPAIR_SAFE, 0x1800, odd, 8);
	mends("no place", REPAIR_SAFE, 0x1800, zero, 8);
}

Test(obj, the_header_of_a_lone_file_is_proved_by_its_sum)
{
	static const uint8_t odd[16] = { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 1, 2, 3, 4, 5, 6, 7, 8 }, zero[16];

	mends("versions and features", REPAIR_SAFE, 8, odd, 16);
	mends("own uuid", REPAIR_SAFE, 40, odd, 16);
	mends("link", REPAIR_SAFE, 72, zero, 16);
	mends("two links", REPAIR_SAFE, 80, odd, 16);
	mends("machine", REPAIR_SAFE, 128, zero, 16);
}

/* The first 64 bits of every persistent pointer. */
static uint64_t uuid_lo_of(const struct lab *l)
{
	char path[160];
	uint8_t uuid[16];
	uint64_t lo = 0;

	snprintf(path, sizeof(path), "%s/obj", l->dir);
	FILE *f = fopen(path, "re");
	fseek(f, 24, SEEK_SET);
	cr_assert_eq(fread(uuid, 1, sizeof(uuid), f), sizeof(uuid));
	fclose(f);
	for (int i = 0; i < 8; i++)
		lo = lo << 8 | (uint64_t)(uuid[i] ^ uuid[8 + i]);
	return lo;
}

static void pointers_hold(size_t damage)
{
	struct lab *l = lab_open("obj");
	static uint8_t noise[4096];
	const char *first;

	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_graph\" obj >/dev/null"), 0);
	uint64_t lo = uuid_lo_of(l);
	memset(noise, 0x5a, sizeof(noise));
	lab_write(l, "obj", noise, damage, 24 - (damage > 16 ? 24 : 0));
	lab_plan(l, REPAIR_ADVANCED);
	cr_assert_eq(lab_left(l, &first), 0, "%s is left", first);
	lab_apply(l);
	cr_assert_eq(uuid_lo_of(l), lo, "the pool's pointers do not hold any more");
	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_content\" obj | tail -n 1 | grep -qx sound"), 0, "the library does not open it");
	lab_close(l);
}

Test(obj, a_new_uuid_fits_the_pools_own_pointers)
{
	pointers_hold(16);
	pointers_hold(4096);
}

/* Zone header and all chunk headers: runs and huge objects tell themselves. */
static void chunks_tell(uint8_t with)
{
	struct lab *l = obj_open();
	uint8_t page[4096];
	const char *first;

	memset(page, with, sizeof(page));
	cr_assert_eq(lab_shell(l, "cp before work && \"$PEERS/obj_content\" work >lines"), 0);
	lab_write(l, "obj", page, sizeof(page), HEAP);
	lab_plan(l, REPAIR_ASK);
	cr_assert_eq(lab_left(l, &first), 0, "%02x: %s is left", with, first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_content\" obj >after && grep -vxFf after lines | wc -l | grep -qx 0"), 0,
		     "%02x: objects are missing", with);
	lab_close(l);
}

Test(obj, a_zones_headers_are_told_by_what_its_chunks_hold)
{
	chunks_tell(0);
	chunks_tell(0x5a);
}

/* obj_use ends with a transaction that counts one more in its root object, behind 65 object ids. */
Test(obj, a_lanes_last_transaction_is_undone_when_that_is_asked_for)
{
	struct lab *l = lab_open("obj");
	const uint32_t lane = 0;

	cr_assert_eq(lab_shell(l, "pmempool create -s 16M obj obj && \"$PEERS/obj_use\" close obj && cp obj before && "
				  "cp obj work && \"$PEERS/obj_content\" work >lines"), 0);
	lab_plan(l, REPAIR_ADVANCED);
	cr_assert_eq(l->rep.plan->steps_nr, 0, "it is offered unasked");
	repair_close(&l->rep);
	analyze_close(&l->r);
	l->options.take_back = &lane;
	lab_plan(l, REPAIR_ADVANCED);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "at=$(awk '/^root/ { print $3 + 1040; exit }' lines); count() { od -An -tu8 -j$at -N8 $1; }; "
				  "[ $(count before) -eq 19 ] && [ $(count obj) -eq 18 ]"), 0, "the count is not the one before");
	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_content\" obj | tail -n 1 | grep -qx sound"), 0, "the library does not open it");
	lab_close(l);
}
