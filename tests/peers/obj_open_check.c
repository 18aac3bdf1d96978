/* obj_open_check POOL: what the library itself offers, pmemobj_check and an open. */
#include <libpmemobj.h>

#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 2 || pmemobj_check(argv[1], "many") != 1) {
		fprintf(stderr, "obj_open_check: %s\n", pmemobj_errormsg());
		return 1;
	}
	PMEMobjpool *pop = pmemobj_open(argv[1], "many");
	if (pop == NULL)
		return 1;
	pmemobj_close(pop);
	return 0;
}
