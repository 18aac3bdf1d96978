/*
 * obj_many POOL OBJECTS TYPES BYTES: a pool with so many objects of so many type numbers and so many
 * bytes each, made by libpmemobj.
 */
#include <libpmemobj.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	size_t nr = strtoull(argv[2], NULL, 10), types = strtoull(argv[3], NULL, 10), len = strtoull(argv[4], NULL, 10);
	/* the size class that fits takes at most a quarter more, and its runs have headers */
	PMEMobjpool *pop = pmemobj_create(argv[1], "many", (len + 64) * nr / 4 * 5 + (32 << 20), 0600);
	PMEMoid oid;

	if (pop == NULL || OID_IS_NULL(pmemobj_root(pop, 64)))
		goto fail;
	for (size_t i = 0; i < nr; i++)
		if (pmemobj_alloc(pop, &oid, len, 1 + i % types, NULL, NULL))
			goto fail;
	pmemobj_close(pop);
	return 0;
fail:
	fprintf(stderr, "obj_many: %s\n", pmemobj_errormsg());
	return 1;
}
