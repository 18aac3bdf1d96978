/*
 * Writes blocks of a pmemblk pool, and ends as told:
 *	blk_use close POOL   closed cleanly
 *	blk_use open POOL    killed while open
 *	blk_use marks POOL   as close, with blocks marked zero and bad
 */
#include <libpmemblk.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: blk_use close|open|marks POOL\n");
		return 2;
	}
	PMEMblkpool *pbp = pmemblk_open(argv[2], 0);
	if (pbp == NULL) {
		fprintf(stderr, "blk_use: %s: %s\n", argv[2], pmemblk_errormsg());
		return 1;
	}
	size_t len = pmemblk_bsize(pbp), nr = pmemblk_nblock(pbp);
	char *block = calloc(1, len);
	if (block == NULL)
		return 1;
	/* Some blocks more than once, so that lanes have a past; the last block too. */
	for (unsigned i = 0; i < 300; i++) {
		size_t no = i % 3 == 2 ? nr - 1 - i % 7 : (i * 37) % 200;

		snprintf(block, len, "block %zu, write %u", no, i);
		if (pmemblk_write(pbp, block, (long long)no)) {
			fprintf(stderr, "blk_use: write: %s\n", pmemblk_errormsg());
			return 1;
		}
	}
	if (strcmp(argv[1], "marks") == 0 &&
	    (pmemblk_set_zero(pbp, 1) || pmemblk_set_zero(pbp, 500) || pmemblk_set_error(pbp, 2)))
		return 1;
	free(block);
	if (strcmp(argv[1], "open") == 0)
		raise(SIGKILL);
	pmemblk_close(pbp);
	return 0;
}
