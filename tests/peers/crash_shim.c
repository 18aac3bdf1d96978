/*
 * Preloaded before libpmem: counts the calls by which libpmemobj makes stores durable or copies, once
 * the program has armed it, and ends the process before the CRASH_AT-th. With CRASH_TORN a copy that is
 * to be the last is carried out half. What was stored until then is what a crash leaves at most: page
 * cache contents outlive the process.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIED = 99 };

static atomic_long calls = -1; /* -1: not armed */
static long crash_at;
static int torn;

void crash_arm(void);
long crash_disarm(void);

void crash_arm(void)
{
	const char *at = getenv("CRASH_AT");

	crash_at = at ? atol(at) : 0;
	torn = getenv("CRASH_TORN") != NULL;
	atomic_store(&calls, 0);
}

/* The calls seen since. */
long crash_disarm(void)
{
	return atomic_exchange(&calls, -1);
}

/* True when this is the call to die at. */
static int last(void)
{
	long seen = atomic_load(&calls);

	do {
		if (seen < 0)
			return 0;
	} while (!atomic_compare_exchange_weak(&calls, &seen, seen + 1));
	return seen + 1 == crash_at;
}

static void *next(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (f == NULL)
		abort();
	return f;
}

#define REAL(type, name) ((type)(uintptr_t)next(name))

typedef void (*range_fn)(const void *, size_t);
typedef int (*msync_fn)(const void *, size_t);
typedef void *(*copy_fn)(void *, const void *, size_t, unsigned);
typedef void *(*set_fn)(void *, int, size_t, unsigned);

void pmem_persist(const void *addr, size_t len);
void pmem_flush(const void *addr, size_t len);
void pmem_deep_flush(const void *addr, size_t len);
void pmem_drain(void);
int pmem_msync(const void *addr, size_t len);
void *pmem_memcpy(void *dest, const void *src, size_t len, unsigned flags);
void *pmem_memmove(void *dest, const void *src, size_t len, unsigned flags);
void *pmem_memset(void *dest, int c, size_t len, unsigned flags);

void pmem_persist(const void *addr, size_t len)
{
	if (last())
		_exit(DIED);
	REAL(range_fn, "pmem_persist")(addr, len);
}

void pmem_flush(const void *addr, size_t len)
{
	if (last())
		_exit(DIED);
	REAL(range_fn, "pmem_flush")(addr, len);
}

void pmem_deep_flush(const void *addr, size_t len)
{
	if (last())
		_exit(DIED);
	REAL(range_fn, "pmem_deep_flush")(addr, len);
}

void pmem_drain(void)
{
	if (last())
		_exit(DIED);
	((void (*)(void))(uintptr_t)next("pmem_drain"))();
}

int pmem_msync(const void *addr, size_t len)
{
	if (last())
		_exit(DIED);
	return REAL(msync_fn, "pmem_msync")(addr, len);
}

static void die_copying(void *dest, const void *src, size_t len)
{
	if (torn)
		memmove(dest, src, len / 2 / 8 * 8);
	_exit(DIED);
}

void *pmem_memcpy(void *dest, const void *src, size_t len, unsigned flags)
{
	if (last())
		die_copying(dest, src, len);
	return REAL(copy_fn, "pmem_memcpy")(dest, src, len, flags);
}

void *pmem_memmove(void *dest, const void *src, size_t len, unsigned flags)
{
	if (last())
		die_copying(dest, src, len);
	return REAL(copy_fn, "pmem_memmove")(dest, src, len, flags);
}

void *pmem_memset(void *dest, int c, size_t len, unsigned flags)
{
	if (last()) {
		if (torn)
			memset(dest, c, len / 2 / 8 * 8);
		_exit(DIED);
	}
	return REAL(set_fn, "pmem_memset")(dest, c, len, flags);
}
