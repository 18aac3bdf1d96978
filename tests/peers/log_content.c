/* log_content POOL >LOG: the text of a pmemlog pool as the library reads it; then a line more fits, or the log is full. */
#include <errno.h>
#include <libpmemlog.h>
#include <stdio.h>

static int chunk(const void *buf, size_t len, void *arg)
{
	(void)arg;
	return fwrite(buf, 1, len, stdout) == len;
}

int main(int argc, char **argv)
{
	PMEMlogpool *plp = argc == 2 ? pmemlog_open(argv[1]) : NULL;

	if (plp == NULL) {
		fprintf(stderr, "usage: log_content POOL; %s\n", pmemlog_errormsg());
		return 2;
	}
	pmemlog_walk(plp, 0, chunk, NULL);
	fflush(stdout);
	if (pmemlog_append(plp, "one more\n", 9) && errno != ENOSPC)
		return 1;
	pmemlog_close(plp);
	return 0;
}
