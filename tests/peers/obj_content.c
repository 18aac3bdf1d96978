/*
 * obj_content POOL [ROOT_LEN]: what the library itself finds in a pmemobj pool, one object a line: offset, usable
 * size, type number, a sum of its bytes; the root first, as far as ROOT_LEN when it is longer. Then the pool is used: what is allocated and written now must not lie
 * over what was there. Prints "sound" at last.
 */
#include <libpmemobj.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECTS_MAX = 65536, NEW = 40, NEW_LEN_MAX = 400000 };

struct seen {
	PMEMoid oid;
	size_t len;
	uint64_t sum;
};

static uint64_t sum_of(const void *p, size_t len)
{
	const unsigned char *bytes = p;
	uint64_t sum = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * 1099511628211u;
	return sum;
}

static int failed(const char *what)
{
	fprintf(stderr, "obj_content: %s: %s\n", what, pmemobj_errormsg());
	return 1;
}

/* Its length as the library tells it, when that lies in the pool: reading on would be our own fault. */
static size_t see(PMEMobjpool *pop, struct seen *s, PMEMoid oid, size_t len)
{
	*s = (struct seen){ oid, len, 0 };
	if (pmemobj_pool_by_ptr((char *)pmemobj_direct(oid) + len) != pop)
		s->len = 0;
	s->sum = sum_of(pmemobj_direct(oid), s->len);
	return s->len;
}

/* Objects of many sizes, written all over; a part of them is freed again. */
static void use(PMEMobjpool *pop)
{
	PMEMoid made[NEW];

	for (int i = 0; i < NEW; i++) {
		size_t len = (size_t)(i * i * i * 7 + 30 * i + 1) % NEW_LEN_MAX;

		if (pmemobj_alloc(pop, &made[i], len, 77, NULL, NULL)) {
			made[i] = OID_NULL; /* a pool may be full */
			continue;
		}
		pmemobj_memset_persist(pop, pmemobj_direct(made[i]), 0xee, pmemobj_alloc_usable_size(made[i]));
	}
	for (int i = 0; i < NEW; i += 2)
		if (!OID_IS_NULL(made[i]))
			pmemobj_free(&made[i]);
	TX_BEGIN(pop) {
		(void)pmemobj_tx_zalloc(100, 78);
	} TX_ONABORT {
		fprintf(stderr, "obj_content: %s\n", pmemobj_errormsg());
	} TX_END
}

int main(int argc, char **argv)
{
	PMEMobjpool *pop = argc > 1 ? pmemobj_open(argv[1], NULL) : NULL;
	struct seen *all = calloc(OBJECTS_MAX, sizeof(*all));
	size_t nr = 0, root = pop ? pmemobj_root_size(pop) : 0;

	if (pop == NULL || all == NULL)
		return failed("open");
	if (root) {
		PMEMoid oid = pmemobj_root(pop, root);
		size_t want = argc > 2 ? strtoul(argv[2], NULL, 10) : root;

		if (OID_IS_NULL(oid))
			return failed("root");
		see(pop, &all[nr], oid, want < root ? want : root);
		printf("root %" PRIx64 " %" PRIu64 " %zu %016" PRIx64 "\n", oid.pool_uuid_lo, oid.off, all[nr].len, all[nr].sum);
		nr++;
	}
	for (PMEMoid oid = pmemobj_first(pop); nr < OBJECTS_MAX && !OID_IS_NULL(oid); oid = pmemobj_next(oid), nr++) {
		size_t len = see(pop, &all[nr], oid, pmemobj_alloc_usable_size(oid));

		printf("%" PRIx64 " %" PRIu64 " %zu %" PRIu64 " %016" PRIx64 "\n", oid.pool_uuid_lo, oid.off, len,
		       pmemobj_type_num(oid), all[nr].sum);
	}
	fflush(stdout);
	use(pop);
	for (size_t i = 0; i < nr; i++)
		if (sum_of(pmemobj_direct(all[i].oid), all[i].len) != all[i].sum)
			return failed("what was there was written over");
	puts("sound");
	pmemobj_close(pop);
	free(all);
	return 0;
}
