/*
 * obj_mixed POOL [stats]: a pool with every kind of chunk and object header, made by libpmemobj. Prints what
 * the library itself finds in it, one object a line: offset, usable size, type number.
 */
#include <libpmemobj.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "obj_mixed: %s: %s\n", what, pmemobj_errormsg());
		exit(1);
	}
}

/* Three objects of a class of its own; the middle one is freed again. */
static void custom(PMEMobjpool *pop, size_t unit, size_t align, enum pobj_header_type hdr, uint64_t type)
{
	struct pobj_alloc_class_desc d = { .unit_size = unit, .alignment = align, .units_per_block = 60,
					   .header_type = hdr };
	PMEMoid oid[3];

	must(pmemobj_ctl_set(pop, "heap.alloc_class.new.desc", &d) == 0, "class");
	size_t overhead = hdr == POBJ_HEADER_NONE ? 0 : hdr == POBJ_HEADER_COMPACT ? 16 : 64;
	for (int i = 0; i < 3; i++)
		must(pmemobj_xalloc(pop, &oid[i], unit - overhead, hdr == POBJ_HEADER_NONE ? 0 : type,
				    POBJ_CLASS_ID(d.class_id), NULL, NULL) == 0, "object of a class");
	pmemobj_free(&oid[1]);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 1, 100, 128, 500, 1000, 1900, 3000, 5000, 9000, 20000, 70000, 150000, 262000,
					300000, 700000, 3000000 };
	PMEMobjpool *pop = pmemobj_create(argc > 1 ? argv[1] : "", "mixed", 64 << 20, 0600);
	enum pobj_stats_enabled stats = POBJ_STATS_ENABLED_PERSISTENT;
	PMEMoid oid, gone;

	must(pop != NULL, "pool");
	if (argc > 2)
		must(pmemobj_ctl_set(pop, "stats.enabled", &stats) == 0, "statistics");
	must(!OID_IS_NULL(pmemobj_root(pop, 400)), "root");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		must(pmemobj_alloc(pop, &oid, sizes[i], 1000 + i, NULL, NULL) == 0, "object");
		must(pmemobj_alloc(pop, &gone, sizes[i], 1, NULL, NULL) == 0, "object to be freed");
		must(pmemobj_alloc(pop, &oid, sizes[i], 2000 + i, NULL, NULL) == 0, "object");
		pmemobj_free(&gone);
	}
	custom(pop, 128, 0, POBJ_HEADER_NONE, 0);
	custom(pop, 512, 0, POBJ_HEADER_LEGACY, 3001);
	custom(pop, 4096, 4096, POBJ_HEADER_NONE, 0);
	custom(pop, 1024, 256, POBJ_HEADER_COMPACT, 3002);
	for (oid = pmemobj_first(pop); !OID_IS_NULL(oid); oid = pmemobj_next(oid))
		printf("%" PRIu64 " %zu %" PRIu64 "\n", oid.off, pmemobj_alloc_usable_size(oid), pmemobj_type_num(oid));
	pmemobj_close(pop);
	return 0;
}
