/*
 * Writes blocks from FIRST on, as many as the library has lanes, or TIMES as many: it goes round its lanes, one write
 * each, beginning with the first at every opening.
 *	blk_lanes POOL FIRST TIMES BYTE
 */
#include <libpmemblk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LANES_MAX = 256 };

int main(int argc, char **argv)
{
	PMEMblkpool *pbp = argc == 5 ? pmemblk_open(argv[1], 0) : NULL;

	if (pbp == NULL) {
		fprintf(stderr, "usage: blk_lanes POOL FIRST TIMES BYTE; %s\n", pmemblk_errormsg());
		return 2;
	}
	/* src/libpmemblk/blk.c, blk_runtime_init */
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	long lanes = cpus < 1 ? 2 : cpus * 2 > LANES_MAX ? LANES_MAX : cpus * 2;
	long first = atol(argv[2]), nr = lanes * atol(argv[3]);
	char *block = malloc(pmemblk_bsize(pbp));
	int bad = block == NULL;

	for (long i = 0; !bad && i < nr; i++) {
		memset(block, argv[4][0], pmemblk_bsize(pbp));
		bad = pmemblk_write(pbp, block, first + i) != 0;
	}
	free(block);
	pmemblk_close(pbp);
	return bad;
}
