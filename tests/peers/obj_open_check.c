/* obj_open_check POOL [-]: what the library itself offers, pmemobj_check and an open; -: whatever its layout's name is. */
#include <libpmemobj.h>

#include <stdio.h>

int main(int argc, char **argv)
{
	const char *layout = argc > 2 ? NULL : "many";

	if (argc < 2 || pmemobj_check(argv[1], layout) != 1) {
		fprintf(stderr, "obj_open_check: %s\n", pmemobj_errormsg());
		return 1;
	}
	PMEMobjpool *pop = pmemobj_open(argv[1], layout);
	if (pop == NULL)
		return 1;
	pmemobj_close(pop);
	return 0;
}
