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
