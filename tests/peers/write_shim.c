/*
 * Preloaded before pmemscope: counts the calls by which it writes or makes durable, and ends the process before the
 * WRITE_AT-th; or lets it fail: WRITE_HOW is kill, ENOSPC, EIO, or the path of a program that cuts the power.
 * Writes to the three standard streams do not count. WRITE_LOG names a file that is told how many calls there were.
 * With WRITE_ALL the calls count, too, that make, name, remove, lengthen, share or give away a file: every one after which a
 * file system holds something else.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic long calls;

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
	long nr = atomic_fetch_add(&calls, 1) + 1;
	if (at == NULL || how == NULL || nr != atol(at))
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

/* The same of a call that counts only with WRITE_ALL. */
static int fails_also(void)
{
	return getenv("WRITE_ALL") && fails(-1);
}

__attribute__((destructor)) static void tell(void)
{
	const char *log = getenv("WRITE_LOG");

	unsetenv("WRITE_ALL");
	FILE *f = log ? fopen(log, "w") : NULL;

	if (f) {
		fprintf(f, "%ld\n", atomic_load(&calls));
		fclose(f);
	}
}

typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef int (*fd_fn)(int);
typedef int (*rename_fn)(const char *, const char *);
typedef int (*path_fn)(const char *);
typedef int (*length_fn)(int, off_t);
typedef int (*open_fn)(const char *, int, ...);
typedef FILE *(*fopen_fn)(const char *, const char *);
typedef int (*stream_fn)(FILE *);
typedef int (*mode_fn)(int, mode_t);
typedef int (*owner_fn)(int, uid_t, gid_t);
typedef int (*ioctl_fn)(int, unsigned long, ...);
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

int unlink(const char *path)
{
	return fails_also() ? -1 : ((path_fn)(uintptr_t)next("unlink"))(path);
}

int link(const char *from, const char *to)
{
	return fails_also() ? -1 : ((rename_fn)(uintptr_t)next("link"))(from, to);
}

/* As with pwrite, these are the names with 64-bit offsets. */
int ftruncate(int fd, off_t len)
{
	return fails_also() ? -1 : ((length_fn)(uintptr_t)next("ftruncate64"))(fd, len);
}

int open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return flags & O_CREAT && fails_also() ? -1 : ((open_fn)(uintptr_t)next("open64"))(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	return mode[0] != 'r' && fails_also() ? NULL : ((fopen_fn)(uintptr_t)next("fopen64"))(path, mode);
}

/* What a stream still holds is written by its end. */
int fclose(FILE *f)
{
	if (__fwriting(f) && fails_also())
		return EOF;
	return ((stream_fn)(uintptr_t)next("fclose"))(f);
}

int fflush(FILE *f)
{
	if (f && fileno(f) > STDERR_FILENO && __fwriting(f) && fails_also())
		return EOF;
	return ((stream_fn)(uintptr_t)next("fflush"))(f);
}

int fchmod(int fd, mode_t mode)
{
	return fails_also() ? -1 : ((mode_fn)(uintptr_t)next("fchmod"))(fd, mode);
}

int fchown(int fd, uid_t user, gid_t group)
{
	return fails_also() ? -1 : ((owner_fn)(uintptr_t)next("fchown"))(fd, user, group);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;

	va_start(ap, request);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return request == FICLONERANGE && fails_also() ? -1 : ((ioctl_fn)(uintptr_t)next("ioctl"))(fd, request, arg);
}
