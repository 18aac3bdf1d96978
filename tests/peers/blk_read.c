/*
 * Opens a pmemblk pool and reads every block, or NR from FIRST on (counted from the end: below 0), which makes the library
 * recover it first:
 *	blk_read POOL [FIRST NR] >DISK
 */
#include <errno.h>
#include <libpmemblk.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	PMEMblkpool *pbp = argc == 2 || argc == 4 ? pmemblk_open(argv[1], 0) : NULL;

	if (pbp == NULL) {
		fprintf(stderr, "usage: blk_read POOL [FIRST NR]; %s\n", pmemblk_errormsg());
		return 2;
	}
	size_t len = pmemblk_bsize(pbp), nr = pmemblk_nblock(pbp);
	size_t first = argc == 2 ? 0 : (size_t)(atoll(argv[2]) + (argv[2][0] == '-' ? (long long)nr : 0));
	size_t end = argc == 2 ? nr : first + (size_t)atoll(argv[3]);
	char *block = malloc(len), *zero = calloc(1, len);
	for (size_t i = first; block && zero && i < end; i++) {
		int bad = pmemblk_read(pbp, block, (long long)i);

		if (bad && errno != EIO)
			return 1;
		if (fwrite(bad ? zero : block, len, 1, stdout) != 1)
			return 1;
	}
	free(zero);
	free(block);
	pmemblk_close(pbp);
	return 0;
}
