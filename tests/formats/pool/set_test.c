/* Sets of real pools, made by pmempool, put together again. */
#include "formats/pool/set.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *fmt, ...)
{
	char cmd[2048];
	va_list ap;
	int len = snprintf(cmd, sizeof(cmd), "set -e; cd %s; ", dir);

	va_start(ap, fmt);
	vsnprintf(cmd + len, sizeof(cmd) - (size_t)len, fmt, ap);
	va_end(ap);
	cr_assert_eq(system(cmd), 0, "%s", cmd);
}

static void setup(void)
{
	strcpy(dir, "/tmp/pmemscope-set-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	setenv("PMEM_IS_PMEM_FORCE", "1", 1);
}

static void teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(set, .init = setup, .fini = teardown, .timeout = 120);

struct lab {
	struct intake in;
	struct model m;
	struct problem p;
	enum status st;
};

static struct lab *decode_with(const char *name, bool overlap, const char *map)
{
	struct lab *l = calloc(1, sizeof(*l));
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	l->in = (struct intake){ .arena = arena_open((size_t)192 << 20),
				 .options = { .limits = INTAKE_LIMITS, .overlap = overlap } };
	l->m = (struct model){ .arena = l->in.arena, .intake = &l->in };
	l->m.root = node_group(l->in.arena, NULL, "");
	l->st = intake_open(&l->in, path, "source", "given", &l->p);
	cr_assert_eq(l->st, STATUS_OK, "%s", l->p.text);
	l->st = pool_set_decode(&l->m, &(struct set_options){ .maps = &map, .maps_nr = map ? 1 : 0 }, &l->p);
	return l;
}

static struct lab *decode(const char *name)
{
	return decode_with(name, false, NULL);
}

static void closed(struct lab *l)
{
	intake_close(&l->in);
	arena_close(l->in.arena);
	free(l);
}

/* pool-header.md 9.2: three parts and two replicas, one of odd size. */
static void example(void)
{
	sh("printf 'PMEMPOOLSET\\n10M %s/r0p0\\n9000000B %s/r0p1 # odd\\n8M\\t%s/r0p2\\n\\nREPLICA\\n"
	   "12M %s/r1p0\\n8M %s/r1p1\\n8M %s/r1p2\\n' > all.set; pmempool create obj all.set",
	   dir, dir, dir, dir, dir, dir);
}

static const struct place {
	uint64_t size, usable, off, at, len;
} places[2][3] = {
	{ { 10485760, 10485760, 0, 0, 10485760 },
	  { 9000000, 8998912, 4096, 10485760, 8994816 },
	  { 8388608, 8388608, 4096, 19480576, 8384512 } },
	{ { 12582912, 12582912, 0, 0, 12582912 },
	  { 8388608, 8388608, 4096, 12582912, 8384512 },
	  { 8388608, 8388608, 4096, 20967424, 8384512 } },
};

static void example_holds(const struct lab *l)
{
	const struct pool_set *s = l->m.pool;

	cr_assert_eq(l->st, STATUS_OK, "%s", l->p.text);
	cr_assert(s->nr == 2 && s->type == POOL_OBJ && !s->singlehdr && !s->lone_part);
	cr_assert_str_eq(l->m.format, "pmemobj");
	cr_assert_eq(s->size, 27865088);
	cr_assert_eq(s->replicas[0]->size, 27865088);
	cr_assert_eq(s->replicas[1]->size, 29351936);
	cr_assert(s->inner_known && s->inner_size == 27865088);
	for (uint32_t r = 0; r < 2; r++)
		for (uint32_t i = 0; i < 3; i++) {
			const struct pool_part *p = s->replicas[r]->parts[i];
			const struct place *want = &places[r][i];

			cr_assert_eq(s->replicas[r]->nr, 3);
			cr_assert(p->item && p->hdr && p->sum == POOL_HDR_SUM_ANNOUNCED && p->header_expected);
			cr_assert_eq(p->file_size, want->size);
			cr_assert_eq(p->usable, want->usable);
			cr_assert_eq(p->data_off, want->off);
			cr_assert_eq(p->logical_at, want->at);
			cr_assert_eq(p->data_len, want->len);
			cr_assert(uuid_same(p->uuid, p->hdr->uuid));
			cr_assert_not(p->gap_before);
		}
	cr_assert_eq(l->m.logical->size, 27865088);
	/* the first byte of part 1's data comes from behind its header */
	struct origin o = image_origin(l->m.logical, 10485760);
	cr_assert(o.source == s->replicas[0]->parts[1]->item->source && o.at == 4096);
	const char *rest;
	const struct node *n = node_find(l->m.root, "replica[1].part[2].header.incompat", &rest);
	cr_assert(n && n->host == s->replicas[1]->parts[2]->hdr);
	cr_assert_str_eq(rest, "incompat");
}

Test(set, the_worked_example_by_its_set_file)
{
	example();
	struct lab *l = decode("all.set");

	example_holds(l);
	cr_assert(l->m.pool->text && l->m.pool->text->faults == 0 && l->m.pool->text_node);
	cr_assert_eq(l->m.pool->replicas[0]->parts[1]->declared, 9000000);
	cr_assert_eq(l->m.pool->replicas[0]->parts[1]->found, PART_SET_PATH);
	closed(l);
}

Test(set, the_worked_example_from_its_headers_alone)
{
	example();
	sh("mkdir d; mv r0p0 d/c; mv r0p1 d/a; mv r0p2 d/b; mv r1p0 d/x; mv r1p1 d/z; mv r1p2 d/y; echo hello > d/README");
	struct lab *l = decode("d");

	example_holds(l);
	cr_assert_eq(l->m.pool->strays_nr, 0);
	cr_assert_str_eq(l->m.pool->replicas[0]->parts[0]->item->name, "c");
	closed(l);
}

Test(set, a_single_pool)
{
	sh("pmempool create log -s 2M one");
	struct lab *l = decode("one");

	cr_assert_eq(l->st, STATUS_OK);
	cr_assert(l->m.pool->nr == 1 && l->m.pool->replicas[0]->nr == 1 && l->m.pool->size == 2 << 20);
	cr_assert(l->m.pool->type == POOL_LOG && l->m.pool->inner_size == 2 << 20 && !l->m.pool->lone_part);
	cr_assert_eq(l->m.logical, l->in.first->image);
	cr_assert_eq(pool_set_descr_at(l->m.pool), 4096);
	closed(l);
}

/* A copy of the set whose paths are dead. */
static void moved(void)
{
	example();
	sh("mkdir d; mv r0p0 r0p1 r0p2 r1p0 r1p1 r1p2 all.set d");
}

static void found_by(const struct lab *l, enum part_found want)
{
	for (uint32_t r = 0; r < l->m.pool->nr; r++)
		for (uint32_t i = 0; i < l->m.pool->replicas[r]->nr; i++) {
			const struct pool_part *p = l->m.pool->replicas[r]->parts[i];

			cr_assert_eq(p->found, want, "%u %u: %s", r, i, part_found_text(p->found));
			cr_assert_str_eq(p->item->source->found, part_found_text(want));
			cr_assert_str_eq(p->item->source->role, "part");
		}
}

Test(set, parts_beside_the_set_file_are_found_by_uuid_whatever_their_names)
{
	moved();
	sh("cd d; mv r0p0 t; mv r1p2 r0p0; mv t r1p2; mv r0p1 q; gzip r1p1; cp q copy;"
	   "pmempool create log -s 2M alien");
	struct lab *l = decode("d/all.set");

	example_holds(l);
	found_by(l, PART_BESIDE_UUID);
	cr_assert_str_eq(l->m.pool->replicas[0]->parts[0]->item->name, "r1p2");
	cr_assert_str_eq(l->m.pool->replicas[1]->parts[1]->item->name, "r1p1.gz");
	cr_assert(l->m.pool->beside_seen == 8 && l->m.pool->beside_left == 0);
	cr_assert_eq(l->in.sources.nr, 7); /* what does not belong to it is not opened for good */
	closed(l);
	l = decode_with("d/all.set", true, NULL);
	example_holds(l);
	closed(l);
}

Test(set, parts_are_found_by_map)
{
	char map[200];

	moved();
	snprintf(map, sizeof(map), "%s/=%s/d/", dir, dir);
	struct lab *l = decode_with("d/all.set", false, map);

	example_holds(l);
	found_by(l, PART_MAPPED);
	closed(l);
	sh("mkdir e; mv d/all.set e");
	snprintf(map, sizeof(map), "%.60s=/nowhere", dir);
	l = decode_with("e/all.set", false, map);
	cr_assert_eq(l->st, STATUS_OK);
	const struct pool_part *p = l->m.pool->replicas[1]->parts[1];
	cr_assert(p->item == NULL && p->found == PART_MISSING && strstr(p->why_missing, "No such file"));
	cr_assert_null(l->m.logical);
	cr_assert_str_eq(l->m.format, "poolset");
	closed(l);
}

Test(set, a_set_in_a_directory_or_an_archive_is_found_in_there)
{
	moved();
	struct lab *l = decode("d");
	example_holds(l);
	found_by(l, PART_BESIDE_UUID);
	closed(l);
	sh("tar czf d.tgz -C d .");
	l = decode("d.tgz");
	example_holds(l);
	found_by(l, PART_BESIDE_UUID);
	closed(l);
	sh("cd d; mv r* ..; cd ..; tar cf with.tar r0p0 -C d all.set");
	l = decode("with.tar");
	cr_assert_eq(l->st, STATUS_OK);
	/* files of this machine are not taken for those of an archive */
	cr_assert(l->m.pool->replicas[0]->parts[0]->item && l->m.pool->replicas[0]->parts[1]->item == NULL);
	cr_assert_str_eq(l->m.pool->replicas[0]->parts[1]->why_missing, "it is not in the archive");
	closed(l);
}

Test(set, a_missing_part_keeps_its_place_and_its_uuid)
{
	uint8_t buf[16], lost[16];

	example();
	sh("mkdir away; mv r0p1 away");
	struct lab *l = decode("all.set");
	const struct pool_set *s = l->m.pool;
	const struct pool_part *p = s->replicas[0]->parts[1];

	cr_assert(p->item == NULL && p->found == PART_MISSING && p->usable == 8998912 && !p->gap_before);
	cr_assert_eq(s->replicas[0]->parts[2]->logical_at, 19480576);
	cr_assert(uuid_same(p->uuid, s->replicas[0]->parts[0]->hdr->next_part_uuid));
	cr_assert_eq(p->node->state, NODE_ABSENT);
	cr_assert(l->m.replica == 1 && l->m.logical == s->replicas[1]->logical); /* the one that is whole */
	cr_assert(image_read(s->replicas[0]->logical, 10485760 - 8, 16, buf, lost) && lost[7] == 0 && lost[8] == 1);
	cr_assert_eq(s->size, 27865088);
	closed(l);

	/* without the set file the pool inside tells how long it was */
	sh("rm all.set; rm -r away; mkdir d; mv r* d");
	l = decode("d");
	s = l->m.pool;
	cr_assert_eq(l->st, STATUS_OK);
	cr_assert(s->nr == 2 && s->replicas[0]->nr == 3 && s->replicas[1]->nr == 3);
	p = s->replicas[0]->parts[1];
	cr_assert(p->item == NULL && p->data_len == 8994816 && !p->gap_before);
	cr_assert(uuid_same(p->uuid, s->replicas[0]->parts[2]->hdr->prev_part_uuid));
	cr_assert_eq(s->replicas[0]->parts[2]->logical_at, 19480576);
	closed(l);
}

Test(set, a_first_part_a_replica_and_most_of_a_replica_missing)
{
	example();
	sh("mkdir d e; mv r0p1 r0p2 r1p0 r1p1 r1p2 d; rm all.set");
	struct lab *l = decode("d");
	const struct pool_set *s = l->m.pool;

	cr_assert(s->nr == 2 && s->replicas[0]->nr == 3 && s->replicas[0]->parts[0]->item == NULL);
	cr_assert(s->replicas[0]->parts[0]->usable == 10485760 && l->m.replica == 1);
	closed(l);
	sh("mv r0p0 d; mv d/r1* e");
	l = decode("d");
	s = l->m.pool;
	cr_assert(s->nr == 2 && s->replicas[0]->nr == 3 && s->replicas[1]->nr == 1);
	cr_assert(s->replicas[1]->parts[0]->item == NULL && s->size == 27865088);
	cr_assert(uuid_same(s->replicas[1]->parts[0]->uuid, s->replicas[0]->parts[2]->hdr->next_repl_uuid));
	closed(l);
	sh("mv d/r0p0 d/r0p1 e");
	l = decode("d"); /* the last one alone: two parts before it, and a replica */
	s = l->m.pool;
	cr_assert(s->nr == 2 && s->replicas[0]->nr == 3 && s->replicas[0]->parts[2]->item);
	cr_assert_not(s->lone_part);
	cr_assert_null(l->m.logical == NULL ? NULL : s->replicas[0]->parts[0]->item);
	closed(l);
	l = decode("d/r0p2");
	s = l->m.pool;
	cr_assert(s->lone_part && s->nr == 1 && s->replicas[0]->nr == 1 && l->m.logical == NULL);
	closed(l);
	l = decode("e/r0p0");
	s = l->m.pool;
	cr_assert(s->lone_part && s->inner_size == 27865088 && l->m.logical);
	closed(l);
}

Test(set, four_parts_with_two_in_a_row_missing_break_the_ring)
{
	sh("printf 'PMEMPOOLSET\\n4M %s/p0\\n4M %s/p1\\n4M %s/p2\\n4M %s/p3\\n3M %s/p4\\n' > all.set;"
	   "pmempool create log all.set; mkdir d; mv p0 p1 p4 d", dir, dir, dir, dir, dir);
	struct lab *l = decode("d");
	const struct pool_replica *r = l->m.pool->replicas[0];

	cr_assert_eq(r->nr, 5);
	cr_assert(r->parts[2]->item == NULL && r->parts[3]->item == NULL && r->parts[3]->gap_before);
	cr_assert(uuid_same(r->parts[3]->uuid, r->parts[4]->hdr->prev_part_uuid));
	cr_assert_eq(r->parts[4]->logical_at, (4u << 20) * 4 - 3 * 4096);
	cr_assert_eq(r->size, l->m.pool->inner_size);
	closed(l);
}

Test(set, swapped_lines_foreign_files_and_one_file_twice)
{
	example();
	sh("sed -i 's/r0p1/t/; s/r0p2/r0p1/; s/\\bt\\b/r0p2/' all.set; cp r0p0 keep");
	struct lab *l = decode("all.set");
	const struct pool_set *s = l->m.pool;

	/* kept as the set file says; that the headers differ is a finding */
	cr_assert_str_eq(s->replicas[0]->parts[1]->item->name, "r0p2");
	cr_assert(uuid_same(s->replicas[0]->parts[1]->hdr->uuid, s->replicas[0]->parts[0]->hdr->prev_part_uuid));
	closed(l);
	sh("pmempool create log -s 10M alien; mv alien r0p0");
	l = decode("all.set");
	s = l->m.pool;
	cr_assert(s->type == POOL_OBJ && pool_hdr_type(s->replicas[0]->parts[0]->hdr) == POOL_LOG);
	cr_assert(uuid_same(s->voted->poolset_uuid, s->replicas[0]->parts[1]->hdr->poolset_uuid));
	cr_assert(uuid_same(s->replicas[0]->parts[0]->uuid, s->replicas[1]->parts[0]->hdr->prev_repl_uuid));
	closed(l);
	sh("mv keep r0p0; ln -sf r1p0 link; sed -i 's/r1p2/link/' all.set");
	l = decode("all.set");
	s = l->m.pool;
	cr_assert_eq(s->replicas[1]->parts[2]->same_file, s->replicas[1]->parts[0]);
	cr_assert_eq(s->replicas[1]->parts[2]->item, s->replicas[1]->parts[0]->item);
	cr_assert_eq(l->in.sources.nr, 6);
	closed(l);
}

Test(set, strays_are_told_apart)
{
	example();
	sh("mkdir d; mv r* d; cd d; cp r0p1 copy; pmempool create log -s 2M alien; truncate -s 3M zeros; echo hello > text");
	struct lab *l = decode("d");
	const struct pool_set *s = l->m.pool;
	int seen[3] = { 0 };

	example_holds(l);
	cr_assert_eq(s->strays_nr, 3);
	for (const struct pool_stray *t = s->strays; t; t = t->next) {
		seen[t->why]++;
		if (t->why == STRAY_DUPLICATE)
			cr_assert_eq(t->twin, s->replicas[0]->parts[1]);
	}
	cr_assert(seen[STRAY_FOREIGN] == 1 && seen[STRAY_DUPLICATE] == 1 && seen[STRAY_NO_POOL] == 1);
	closed(l);
}

Test(set, cut_and_grown_files_keep_what_lies_behind_in_place)
{
	uint8_t buf[1], lost[1];

	example();
	sh("truncate -s 9M r0p0");
	struct lab *l = decode("all.set");
	const struct pool_part *p = l->m.pool->replicas[0]->parts[0];

	cr_assert(p->file_size == 9 << 20 && p->usable == 10 << 20 && l->m.pool->size == 27865088);
	cr_assert(image_read(l->m.pool->replicas[0]->logical, 9 << 20, 1, buf, lost) && lost[0]);
	cr_assert_eq(l->m.pool->replicas[0]->parts[1]->logical_at, 10 << 20);
	closed(l);
	/* the files are right and the set file is wrong: the pool inside says so */
	sh("truncate -s 10M r0p0; sed -i 's/^10M/12M/' all.set");
	l = decode("all.set");
	p = l->m.pool->replicas[0]->parts[0];
	cr_assert(p->declared == 12 << 20 && p->usable == 10 << 20 && l->m.pool->size == 27865088);
	closed(l);
}

static void wipe(const char *name, off_t at, size_t len)
{
	char path[256];
	uint8_t zero[8192] = { 0 };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_WRONLY);
	cr_assert(fd >= 0 && pwrite(fd, zero, len, at) == (ssize_t)len);
	close(fd);
}

Test(set, a_wiped_header_leaves_other_evidence_of_the_type)
{
	sh("pmempool create obj -s 8M obj; pmempool create log -s 2M log; pmempool create blk -s 20M -w 512 blk;"
	   "pmempool create blk -s 20M 512 empty");
	static const struct { const char *name; enum pool_type type; uint64_t size; } rows[] = {
		{ "obj", POOL_OBJ, 8 << 20 }, { "log", POOL_LOG, 2 << 20 }, { "blk", POOL_BLK, 20 << 20 },
	};
	for (int i = 0; i < 3; i++) {
		wipe(rows[i].name, 0, 4096);
		struct lab *l = decode(rows[i].name);

		cr_assert_eq(l->st, STATUS_OK, "%s", l->p.text);
		const struct pool_set *s = l->m.pool;
		cr_assert_eq(s->type, rows[i].type, "%s", rows[i].name);
		cr_assert(s->type_how && s->inner_known && s->inner_size == rows[i].size, "%s", rows[i].name);
		cr_assert(s->voted == NULL && s->replicas[0]->parts[0]->hdr && pool_set_descr_at(s) == 4096);
		closed(l);
	}
	wipe("empty", 2, 1); /* one byte of the signature: still a header, and still nearest to its own type */
	struct lab *l = decode("empty");
	cr_assert(l->st == STATUS_OK && l->m.pool->type == POOL_BLK);
	cr_assert_eq(l->m.pool->replicas[0]->parts[0]->sum, POOL_HDR_SUM_BAD);
	closed(l);
	wipe("empty", 0, 4096);
	l = decode("empty"); /* nothing is left that would tell */
	cr_assert(l->st == STATUS_UNSUPPORTED && l->m.pool == NULL);
	closed(l);
}

Test(set, a_wiped_first_header_is_outvoted)
{
	example();
	wipe("r0p0", 0, 4096);
	struct lab *l = decode("all.set");
	const struct pool_set *s = l->m.pool;

	cr_assert(s->type == POOL_OBJ && s->voted && s->size == 27865088 && s->inner_size == 27865088);
	cr_assert(uuid_same(s->replicas[0]->parts[0]->uuid, s->replicas[0]->parts[1]->hdr->prev_part_uuid));
	closed(l);
	sh("mkdir d; mv r* d; rm all.set"); /* the same without the set file: one place, one file left for it */
	l = decode("d");
	s = l->m.pool;
	cr_assert(s->nr == 2 && s->replicas[0]->nr == 3 && s->strays_nr == 0);
	cr_assert_str_eq(s->replicas[0]->parts[0]->item->name, "r0p0");
	cr_assert_eq(s->replicas[0]->parts[0]->found, PART_BESIDE_NAME);
	cr_assert_eq(s->replicas[0]->logical->size, 27865088);
	closed(l);
}

Test(set, one_header_for_all_parts)
{
	sh("printf 'PMEMPOOLSET\\nOPTION SINGLEHDR\\n10M %s/p1\\n8M %s/p2\\n8M %s/p10\\n' > all.set;"
	   "pmempool create obj all.set", dir, dir, dir);
	struct lab *l = decode("all.set");
	const struct pool_set *s = l->m.pool;

	cr_assert(s->singlehdr && s->size == 26 << 20 && s->inner_size == s->size);
	cr_assert(s->replicas[0]->parts[0]->header && s->replicas[0]->parts[1]->header == NULL);
	cr_assert(s->replicas[0]->parts[1]->data_off == 0 && s->replicas[0]->parts[2]->logical_at == 18 << 20);
	closed(l);
	sh("mkdir d; mv all.set p* d; gzip d/p10"); /* beside: without header, so by name */
	l = decode("d/all.set");
	s = l->m.pool;
	cr_assert(s->size == 26 << 20 && s->replicas[0]->parts[0]->found == PART_BESIDE_UUID);
	cr_assert_eq(s->replicas[0]->parts[2]->found, PART_BESIDE_NAME);
	closed(l);
	sh("mv d/all.set .; truncate -s 5M d/a-file"); /* no set file: by name, as far as the pool inside says */
	l = decode("d");
	s = l->m.pool;
	cr_assert(s->singlehdr && s->replicas[0]->nr == 3 && s->size == 26 << 20 && s->strays_nr == 1);
	cr_assert_str_eq(s->replicas[0]->parts[1]->item->name, "p2");
	cr_assert_str_eq(s->replicas[0]->parts[2]->item->name, "p10.gz");
	closed(l);
	sh("rm d/p10.gz");
	l = decode("d");
	s = l->m.pool;
	cr_assert(s->replicas[0]->parts[0]->hdr && s->inner_size == 26 << 20 && s->replicas[0]->size == 26 << 20);
	closed(l);
	sh("mv d/* .; sed -i /OPTION/d all.set"); /* the option is gone: data still begins at the start */
	l = decode("all.set");
	s = l->m.pool;
	cr_assert(!s->singlehdr && s->replicas[0]->parts[1]->header_expected && s->replicas[0]->parts[1]->data_off == 0);
	closed(l);
}

/* libpmemobj makes the files as the pool grows: 8 MiB, then what is left of the room. */
static void directories(void)
{
	static const char program[] =
		"#include <libpmemobj.h>\n"
		"int main(int c, char **v)\n"
		"{\n"
		"	PMEMobjpool *p = pmemobj_create(v[c - 1], \"\", 0, 0600);\n"
		"	PMEMoid o;\n"
		"	while (p && pmemobj_zalloc(p, &o, 1 << 20, 1) == 0)\n"
		"		;\n"
		"	if (p)\n"
		"		pmemobj_close(p);\n"
		"	return p == 0;\n"
		"}\n";
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/grow.c", dir);
	f = fopen(path, "w");
	cr_assert(f && fputs(program, f) >= 0 && fclose(f) == 0);
	sh("cc grow.c -o grow -lpmemobj; mkdir d0 d1;"
	   "printf 'PMEMPOOLSET\\nOPTION SINGLEHDR\\n20M %s/d0\\n20M %s/d1\\n' > all.set;"
	   "./grow all.set", dir, dir);
}

static void directories_hold(const struct lab *l)
{
	const struct pool_set *s = l->m.pool;
	const struct pool_replica *r = s->replicas[0];

	cr_assert(l->st == STATUS_OK && s->nr == 1 && r->directory && r->nr == 2);
	cr_assert(r->parts[0]->hdr && r->parts[1]->header == NULL && r->parts[1]->data_off == 0);
	cr_assert(r->parts[1]->logical_at == 8 << 20 && s->size == 40 << 20 && s->inner_size == s->size);
	cr_assert(r->parts[0]->declared == 0 && r->parts[1]->item);
}

Test(set, numbered_files_of_directories)
{
	char map[200];

	directories();
	struct lab *l = decode("all.set");
	directories_hold(l);
	cr_assert_str_eq(l->m.pool->replicas[0]->parts[1]->item->name, "000001.pmem");
	closed(l);
	sh("tar cf all.tar all.set d0 d1; mkdir x; mv d0 d1 all.set x");
	l = decode("all.tar");
	directories_hold(l);
	closed(l);
	l = decode("x/all.set");
	directories_hold(l);
	closed(l);
	sh("mv x/all.set .");
	snprintf(map, sizeof(map), "%s=%s/x", dir, dir);
	l = decode_with("all.set", false, map);
	directories_hold(l);
	closed(l);
	/* a lost number, a number twice, a number out of reach */
	sh("cp x/d0/000000.pmem x/d0/000003.pmem; cp x/d1/000001.pmem x/d0/1.pmem; cp x/d1/000001.pmem x/d1/4000000000.pmem;"
	   "mv x/* .");
	l = decode("all.set");
	const struct pool_replica *r = l->m.pool->replicas[0];
	cr_assert(r->nr == 4 && r->parts[2]->item == NULL && r->parts[3]->item && r->node->note);
	cr_assert(strstr(r->parts[2]->path, "/d0/000002.pmem") && r->parts[2]->found == PART_MISSING);
	cr_assert(l->m.pool->strays_nr == 1 && l->m.pool->strays->why == STRAY_DUPLICATE);
	closed(l);
	sh("rm d0/* d1/*; echo 10M /dev/null >> all.set");
	l = decode("all.set");
	r = l->m.pool->replicas[0];
	cr_assert(l->st == STATUS_OK && r->nr == 2 && r->parts[0]->item == NULL && r->parts[0]->why_missing);
	cr_assert(r->parts[1]->item == NULL && strstr(r->parts[1]->why_missing, "no directory"));
	closed(l);
}

/* Whatever a header says, the set is put together, or refused, and all of it can be read. */
Test(set, any_change_of_a_header_returns)
{
	char path[256];
	uint8_t was;

	sh("printf 'PMEMPOOLSET\\n2M %s/p0\\n2M %s/p1\\n2M %s/p2\\n' > all.set; pmempool create log all.set; mkdir d; mv p? d",
	   dir, dir, dir);
	srand(11);
	for (int n = 0; n < 400; n++) {
		off_t at = n % 4 ? rand() % 0x90 : 0x1000 + rand() % 24;

		snprintf(path, sizeof(path), "%s/d/p%d", dir, rand() % 3);
		int fd = open(path, O_RDWR);
		cr_assert(fd >= 0 && pread(fd, &was, 1, at) == 1);
		uint8_t now = (uint8_t)(was ^ 1u << rand() % 8);
		cr_assert(pwrite(fd, &now, 1, at) == 1);
		struct lab *l = decode("d");
		cr_assert_eq(l->st, STATUS_OK, "%s", l->p.text);
		uint32_t parts = 0;
		for (uint32_t r = 0; r < l->m.pool->nr; r++)
			for (uint32_t i = 0; i < l->m.pool->replicas[r]->nr; i++)
				parts += l->m.pool->replicas[r]->parts[i]->item != NULL;
		cr_assert_eq(parts + l->m.pool->strays_nr, 3);
		closed(l);
		if (n % 8 != 7) /* some changes stay */
			cr_assert(pwrite(fd, &was, 1, at) == 1);
		close(fd);
	}
}

Test(set, remote_replicas_are_shown_and_no_headers_are_borne)
{
	sh("printf 'PMEMPOOLSET\\nOPTION NOHDRS\\n10M %s/p1\\n8M %s/p2\\nREPLICA host some/set\\n' > all.set;"
	   "truncate -s 10M p1; truncate -s 8M p2", dir, dir);
	struct lab *l = decode("all.set");
	const struct pool_set *s = l->m.pool;

	cr_assert_eq(l->st, STATUS_OK);
	cr_assert(s->nr == 2 && s->replicas[1]->remote && s->replicas[1]->nr == 0 && s->replicas[1]->logical == NULL);
	cr_assert_str_eq(s->replicas[1]->remote_node, "host");
	cr_assert(!s->replicas[0]->parts[0]->header_expected && s->size == 18 << 20 && s->voted == NULL);
	closed(l);
}

Test(set, hostile_set_files_end)
{
	sh("mkfifo fifo; ln -s loop1 loop2; ln -s loop2 loop1; printf 'x' > small; : > empty; mkdir sub;"
	   "printf 'PMEMPOOLSET\\n10M /dev/zero\\n10M %s/fifo\\n10M %s/loop1\\n10M %s/all.set\\n10M %s/empty\\n"
	   "10M %s/small\\n9223372036854775807 /nowhere\\n18446744073709551615 /nowhere\\n10M relative\\n10M %s/sub\\n' > all.set",
	   dir, dir, dir, dir, dir, dir);
	struct lab *l = decode("all.set");
	const struct pool_replica *r = l->m.pool->replicas[0];

	cr_assert_eq(l->st, STATUS_OK);
	cr_assert_eq(r->nr, 10);
	cr_assert(r->parts[0]->found == PART_NO_ACCESS && strstr(r->parts[0]->why_missing, "character device"));
	cr_assert(r->parts[1]->found == PART_NO_ACCESS && r->parts[1]->item == NULL);
	cr_assert(r->parts[2]->found == PART_MISSING && strstr(r->parts[2]->why_missing, "symbolic links"));
	cr_assert(r->parts[4]->found == PART_NO_ACCESS && strstr(r->parts[4]->why_missing, "empty"));
	cr_assert(r->parts[9]->item == NULL && strstr(r->parts[9]->why_missing, "directory"));
	closed(l);
	sh("(echo PMEMPOOLSET; for i in $(seq 100000); do echo 8M %s/x$i; done) > many.set", dir);
	l = decode("many.set");
	cr_assert(l->st == STATUS_OK && l->m.pool->replicas[0]->nr == 100000);
	closed(l);
	sh("(echo PMEMPOOLSET; for i in $(seq 100000); do echo 8M %s/small; done) > same.set", dir);
	l = decode("same.set");
	cr_assert(l->st == STATUS_OK && l->m.pool->replicas[0]->parts[99999]->same_file);
	closed(l);
}

Test(set, a_stream_is_settled_last)
{
	sh("pmempool create obj -s 16M one; gzip -k one; head -c 9M one | gzip > cut.gz");
	struct lab *l = decode_with("one.gz", true, NULL);

	cr_assert(l->st == STATUS_OK && !l->m.pool->settled && l->m.pool->size == 16 << 20);
	cr_assert_eq(l->m.logical, l->in.first->image);
	cr_assert_not(pool_set_settle(&l->m));
	cr_assert(l->m.pool->settled && l->m.pool->replicas[0]->parts[0]->file_size == 16 << 20);
	closed(l);
	l = decode_with("cut.gz", true, NULL);
	cr_assert_eq(l->m.pool->size, 16 << 20);
	cr_assert(pool_set_settle(&l->m));
	cr_assert(l->m.pool->size == 9 << 20 && l->m.pool->inner_size == 16 << 20);
	closed(l);
}

/* As PMDK on PPC64 would have made it: pages of 64 KiB, the header padded to one. */
Test(set, pages_of_64_kib)
{
	enum { PAGE_64K = 65536 };
	static uint8_t bytes[2 * PAGE_64K];
	struct pool_hdr h;
	char path[256];

	sh("pmempool create log -s 2M one");
	snprintf(path, sizeof(path), "%s/one", dir);
	int fd = open(path, O_RDWR);
	cr_assert(fd >= 0 && pread(fd, bytes, 4096, 0) == 4096);
	struct span s = { bytes, NULL, 0, PAGE_64K };
	cr_assert(layout_decode(&pool_hdr_layout, s, 0, &h));
	h.machine = POOL_HDR_MACHINE_PPC64;
	layout_encode(&pool_hdr_layout, &h, bytes);
	(void)pool_hdr_sum(s, &h, &h.checksum);
	layout_encode(&pool_hdr_layout, &h, bytes);
	bytes[PAGE_64K + 2] = 2;      /* start_offset 0x20000 */
	bytes[PAGE_64K + 8 + 2] = 32; /* end_offset 0x200000 */
	bytes[PAGE_64K + 16 + 2] = 2;
	cr_assert(pwrite(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes));
	cr_assert_eq(ftruncate(fd, (2 << 20) + 8192), 0);
	close(fd);

	struct lab *l = decode("one");
	const struct pool_part *p = l->m.pool->replicas[0]->parts[0];
	cr_assert(p->sum == POOL_HDR_SUM_ANNOUNCED && p->hdr_bytes.len == PAGE_64K && p->align == PAGE_64K);
	cr_assert(p->usable == 2 << 20 && pool_set_descr_at(l->m.pool) == PAGE_64K);
	cr_assert(l->m.pool->inner_known && l->m.pool->inner_size == 2 << 20 && l->m.logical->size == 2 << 20);
	closed(l);
	wipe("one", 0, 4096); /* the descriptor alone tells where it lies */
	l = decode("one");
	cr_assert(l->st == STATUS_OK && l->m.pool->type == POOL_LOG && pool_set_descr_at(l->m.pool) == PAGE_64K);
	closed(l);
}
