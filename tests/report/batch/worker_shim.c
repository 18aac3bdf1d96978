/*
 * Preloaded before pmemscope: reading a file whose name says so crashes, hangs, takes all memory that
 * can be had (bomb), uses it too (fill), or tries to write and run what it may not. So a test has the images that we know none of.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void behave(const char *name)
{
	void *p;

	if (strstr(name, "crash"))
		raise(SIGSEGV);
	if (strstr(name, "hang"))
		for (;;)
			sleep(1);
	if (strstr(name, "bomb"))
		while (malloc(1 << 20))
			continue;
	if (strstr(name, "fill"))
		for (int mib = 0; mib < 512 && (p = malloc(1 << 20)) != NULL; mib++)
			memset(p, 1, 1 << 20);
	if (strstr(name, "bomb") || strstr(name, "fill"))
		abort();
	if (strstr(name, "write"))
		close(open("escaped", O_CREAT | O_WRONLY, 0666));
	if (strstr(name, "exec"))
		execl("/usr/bin/touch", "touch", "escaped", NULL);
}

/* Only in a worker: the parent hashes the same files when it makes a manifest, and does not read them else. */
static ssize_t guarded(int fd, void *buf, size_t len, off_t at, const char *real)
{
	ssize_t (*next)(int, void *, size_t, off_t) = NULL;
	char link[64], name[4096] = "";
	void *found = dlsym(RTLD_NEXT, real);

	memcpy(&next, &found, sizeof(next));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, name, sizeof(name) - 1);
	if (n > 0 && strrchr(name, '/'))
		behave(strrchr(name, '/'));
	return next(fd, buf, len, at);
}

/* What pread is called by where files may be large. */
ssize_t pread64(int fd, void *buf, size_t len, off_t at)
{
	return guarded(fd, buf, len, at, "pread64");
}
