/* The other side of tests/bench/batch.sh: libpmempool checks each pool, one after the other in one process. */
#include <libpmempool.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++) {
		struct pmempool_check_args args = { .path = argv[i], .pool_type = PMEMPOOL_POOL_TYPE_DETECT,
						    .flags = PMEMPOOL_CHECK_FORMAT_STR };
		PMEMpoolcheck *c = pmempool_check_init(&args, sizeof(args));

		while (c && pmempool_check(c))
			continue;
		bad += c == NULL || pmempool_check_end(c) != PMEMPOOL_CHECK_RESULT_CONSISTENT;
	}
	printf("%d of %d are not consistent\n", bad, argc - 1);
	return bad != 0;
}
