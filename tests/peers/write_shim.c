/*
 * Preloaded before pmemscope: counts the calls by which it writes or makes durable, and ends the process before the
 * WRITE_AT-th; or lets it fail: WRITE_HOW is kill, ENOSPC, EIO, or the path of a program that cuts the power.
 * Writes to the three standard streams do not count. WRITE_LOG names a file that is told how many calls there were.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;

static void *next(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (f == NULL)
		abort();
	return f;
}

/* True: this call is to fail, with errno set. */
static int fails(int fd)
{
	const char *at = getenv("WRITE_AT"), *how = getenv("WRITE_HOW");

	if (fd >= 0 && fd <= STDERR_FILENO)
		return 0;
	calls++;
	if (at == NULL || how == NULL || calls != atol(at))
		return 0;
	if (strcmp(how, "ENOSPC") == 0 || strcmp(how, "EIO") == 0) {
		errno = how[1] == 'N' ? ENOSPC : EIO;
		return 1;
	}
	if (strcmp(how, "kill") != 0) {
		char line[512];

		unsetenv("LD_PRELOAD");
		snprintf(line, sizeof(line), "%s", how);
		if (system(line) == 0)
			pause();
	}
	raise(SIGKILL);
	return 1;
}

__attribute__((destructor)) static void tell(void)
{
	const char *log = getenv("WRITE_LOG");
	FILE *f = log ? fopen(log, "w") : NULL;

	if (f) {
		fprintf(f, "%ld\n", calls);
		fclose(f);
	}
}

typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef int (*fd_fn)(int);
typedef int (*rename_fn)(const char *, const char *);
typedef void (*range_fn)(const void *, size_t);

/* With 64-bit offsets, as pmemscope is built, its name is pwrite64. */
ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return fails(fd) ? -1 : ((pwrite_fn)(uintptr_t)next("pwrite64"))(fd, buf, len, at);
}

int fsync(int fd)
{
	return fails(fd) ? -1 : ((fd_fn)(uintptr_t)next("fsync"))(fd);
}

int fdatasync(int fd)
{
	return fails(fd) ? -1 : ((fd_fn)(uintptr_t)next("fdatasync"))(fd);
}

int rename(const char *from, const char *to)
{
	return fails(-1) ? -1 : ((rename_fn)(uintptr_t)next("rename"))(from, to);
}

void pmem_persist(const void *addr, size_t len);
void pmem_persist(const void *addr, size_t len)
{
	if (fails(-1))
		_exit(1);
	((range_fn)(uintptr_t)next("pmem_persist"))(addr, len);
}
