/*
 * Appends lines to a pmemlog pool, and ends as told:
 *	log_use close POOL    closed cleanly
 *	log_use open POOL     killed while open
 *	log_use rewind POOL   rewound and written again, shorter
 *	log_use full POOL     until nothing fits
 */
#include <libpmemlog.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int lines(PMEMlogpool *plp, unsigned nr)
{
	char line[80];

	for (unsigned i = 0; i < nr; i++) {
		int len = snprintf(line, sizeof(line), "line %u of a log, of no great length\n", i);

		if (pmemlog_append(plp, line, (size_t)len))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: log_use close|open|rewind|full POOL\n");
		return 2;
	}
	PMEMlogpool *plp = pmemlog_open(argv[2]);
	if (plp == NULL || lines(plp, 1000)) {
		fprintf(stderr, "log_use: %s: %s\n", argv[2], pmemlog_errormsg());
		return 1;
	}
	if (strcmp(argv[1], "rewind") == 0) {
		pmemlog_rewind(plp);
		if (lines(plp, 10))
			return 1;
	}
	while (strcmp(argv[1], "full") == 0 && lines(plp, 1) == 0)
		;
	if (strcmp(argv[1], "open") == 0)
		raise(SIGKILL);
	pmemlog_close(plp);
	return 0;
}
