#include "analyzer/repair/target.h"

#include "analyzer/repair/in_use.h"
#include "formats/base/whole.h"
#include "formats/image/dax.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, PAGE = 4096, PIPE_LEN = 65536 };

typedef void persist_fn(const void *addr, size_t len);

struct target {
	const char *path;
	int fd, pipe[2]; /* pipe: to read a mapping by; -1: none is used */
	pthread_mutex_t lock; /* of the pipe */
	uint64_t size, there; /* bytes that may be read and written; that the file has now */
	bool device_dax, block, resized;
	uint8_t *map;    /* all of it; NULL: the system's calls are used */
	persist_fn *persist;
	void *libpmem;
	bool touched;
	bool borrowed; /* fd is the caller's to close */
};

const char *target_path(const struct target *t)
{
	return t->path;
}

static enum status refused(struct problem *p, const char *path, const char *why)
{
	return problem_set(p, STATUS_USAGE, "%s: %s; nothing was written", path, why);
}

static bool pmem_load(struct target *t)
{
	void *sym;

	t->libpmem = dlopen("libpmem.so.1", RTLD_NOW | RTLD_GLOBAL);
	/* the process's own, should it have one already */
	sym = t->libpmem ? dlsym(RTLD_DEFAULT, "pmem_persist") : NULL;
	memcpy(&t->persist, &sym, sizeof(sym)); /* a pointer to data and one to a function are alike where dlsym is */
	return t->persist != NULL;
}

/*
 * A mapping whose stores need nothing but the processor's caches to be flushed. A DAX device has no other way; a file
 * has one, which is taken when this one cannot be had.
 */
static enum status map(struct target *t, bool write, struct problem *p)
{
	int flags = t->device_dax ? MAP_SHARED : MAP_SHARED_VALIDATE | MAP_SYNC;

	if (t->size == 0 || (!t->device_dax && !write))
		return STATUS_OK;
	void *at = mmap(NULL, (size_t)t->size, PROT_READ | (write ? PROT_WRITE : 0), flags, t->fd, 0);
	if (at == MAP_FAILED)
		return t->device_dax ? refused(p, t->path, "the device cannot be mapped") : STATUS_OK;
	if ((write && !pmem_load(t)) || pipe2(t->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		munmap(at, (size_t)t->size);
		return t->device_dax ? refused(p, t->path, "libpmem, which flushes writes to a DAX device, is not here") : STATUS_OK;
	}
	t->map = at;
	return STATUS_OK;
}

static enum status measure(struct target *t, uint64_t want_size, uint64_t becomes, struct problem *p)
{
	struct stat st;
	struct arena *a = arena_open(1 << 20);
	struct dax dax;

	if (fstat(t->fd, &st) != 0) {
		arena_close(a);
		return refused(p, t->path, strerror(errno));
	}
	t->block = S_ISBLK(st.st_mode);
	t->size = (uint64_t)st.st_size;
	t->device_dax = a && dax_probe(a, &st, &dax);
	if (t->device_dax)
		t->size = dax.size;
	arena_close(a);
	if (!S_ISREG(st.st_mode) && !t->block && !t->device_dax)
		return refused(p, t->path, "it is neither a file nor a block or DAX device");
	if (t->block && ioctl(t->fd, BLKGETSIZE64, &t->size) != 0)
		return refused(p, t->path, strerror(errno));
	t->resized = becomes != want_size;
	if (t->resized && !S_ISREG(st.st_mode))
		return refused(p, t->path, "its length would change, and it is no file");
	if (t->size != want_size && t->size != becomes)
		return problem_set(p, STATUS_USAGE, "%s: it has %" PRIu64 " bytes, and the plan was made for %" PRIu64
				   "; nothing was written", t->path, t->size, want_size);
	t->there = t->size;
	t->size = want_size > becomes ? want_size : becomes;
	return STATUS_OK;
}

/* Opens and locks what the path names. */
static enum status lock(struct target *t, bool write, struct problem *p)
{
	struct stat st;
	char why[256];

	if (stat(t->path, &st) != 0)
		return refused(p, t->path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
		return refused(p, t->path, "it is neither a file nor a block or DAX device");
	/* O_EXCL: a block device that is mounted, or claimed by a driver above it, is busy */
	t->fd = open(t->path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (S_ISBLK(st.st_mode) ? O_EXCL : 0));
	if (t->fd < 0 && errno == EBUSY && S_ISBLK(st.st_mode)) {
		in_use_busy(&st, why, sizeof(why));
		return refused(p, t->path, why);
	}
	if (t->fd < 0)
		return refused(p, t->path, strerror(errno));
	if (flock(t->fd, LOCK_EX | LOCK_NB) != 0)
		return refused(p, t->path, "a running program has the pool open");
	return STATUS_OK;
}

enum status target_open(const char *path, int fd, uint64_t want_size, bool write, struct target **out, struct problem *p)
{
	return target_open_resized(path, fd, want_size, want_size, write, out, p);
}

enum status target_open_resized(const char *path, int fd, uint64_t want_size, uint64_t becomes, bool write, struct target **out,
				struct problem *p)
{
	struct target *t = calloc(1, sizeof(*t));
	char why[256];
	enum status s;

	*out = NULL;
	if (t == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	*t = (struct target){ .path = path, .fd = fd, .borrowed = fd >= 0, .pipe = { -1, -1 } };
	pthread_mutex_init(&t->lock, NULL);
	s = fd < 0 ? lock(t, write, p) : STATUS_OK;
	if (s == STATUS_OK && in_use(t->fd, why, sizeof(why)))
		s = refused(p, path, why);
	if (s == STATUS_OK)
		s = measure(t, want_size, becomes, p);
	if (s == STATUS_OK && !t->block && !t->resized)
		s = map(t, write, p);
	if (s == STATUS_OK)
		*out = t;
	else
		target_close(t);
	return s;
}

void target_close(struct target *t)
{
	if (t == NULL)
		return;
	if (t->map)
		munmap(t->map, (size_t)t->size);
	for (int i = 0; i < 2; i++)
		if (t->pipe[i] >= 0)
			close(t->pipe[i]);
	if (t->fd >= 0 && !t->borrowed)
		close(t->fd);
	if (t->libpmem)
		dlclose(t->libpmem);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* The kernel reads the mapping, into a pipe: a poisoned page gives an error there, a load of ours would be the end. */
static bool map_read(struct target *t, uint8_t *buf, uint64_t len, uint64_t at)
{
	while (len) {
		uint64_t part = PIPE_LEN - at % PAGE;
		ssize_t n = write(t->pipe[1], t->map + at, (size_t)(len < part ? len : part));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = EIO;
			return false;
		}
		for (ssize_t got = 0; got < n;) {
			ssize_t r = read(t->pipe[0], buf + got, (size_t)(n - got));

			if (r > 0)
				got += r;
			else if (r == 0 || errno != EINTR)
				return false;
		}
		buf += n;
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return true;
}

/* Past the page cache, sector by sector: a page is not read at all when one sector of it is bad. */
static bool sectors_read(const struct target *t, uint8_t *buf, uint64_t len, uint64_t at)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_DIRECT);
	uint8_t *part = NULL;
	bool ok = fd >= 0 && posix_memalign((void **)&part, PAGE, SECTOR) == 0;

	for (uint64_t done = 0; ok && done < len;) {
		uint64_t off = (at + done) % SECTOR, n = SECTOR - off < len - done ? SECTOR - off : len - done;

		ok = whole_read(fd, part, SECTOR, at + done - off);
		if (ok)
			memcpy(buf + done, part + off, (size_t)n);
		done += n;
	}
	int why = errno;
	if (fd >= 0)
		close(fd);
	free(part);
	errno = why;
	return ok;
}

bool target_read(struct target *t, uint8_t *buf, uint64_t len, uint64_t at)
{
	if (at > t->size || len > t->size - at) {
		errno = EIO;
		return false;
	}
	if (at + len > t->there) {
		uint64_t inside = at < t->there ? t->there - at : 0;

		memset(buf + inside, 0, (size_t)(len - inside));
		len = inside;
	}
	/* a file that is mapped is read through its descriptor all the same: that tells what cannot be read */
	if (t->device_dax) {
		pthread_mutex_lock(&t->lock);
		bool read = map_read(t, buf, len, at);
		pthread_mutex_unlock(&t->lock);
		return read;
	}
	if (whole_read(t->fd, buf, (size_t)len, at) || (errno == EIO && t->block && sectors_read(t, buf, len, at)))
		return true;
	if (errno == 0) /* it became shorter */
		errno = EIO;
	return false;
}

/* Sectors that cannot be read are written whole, and past the page cache: that is what clears them. */
static bool write_over_lost(struct target *t, const uint8_t *buf, uint64_t len, uint64_t at)
{
	uint64_t unit = t->block ? SECTOR : PAGE, first = at / unit * unit, end = (at + len + unit - 1) / unit * unit;
	int direct = open(t->path, O_RDWR | O_CLOEXEC | O_DIRECT);
	int fd = direct >= 0 ? direct : t->fd;
	uint8_t *part;
	bool ok = posix_memalign((void **)&part, PAGE, (size_t)unit) == 0;

	end = end < t->size ? end : t->size;
	for (uint64_t pos = first; ok && pos < end; pos += unit) {
		uint64_t n = end - pos < unit ? end - pos : unit, from = pos > at ? pos : at;
		uint64_t stop = pos + n < at + len ? pos + n : at + len;

		if (!whole_read(fd, part, (size_t)n, pos))
			memset(part, 0, (size_t)n);
		memcpy(part + (from - pos), buf + (from - at), (size_t)(stop - from));
		ok = whole_write(fd, part, (size_t)n, pos);
	}
	int why = errno;
	if (direct >= 0)
		close(direct);
	free(part);
	errno = why;
	return ok;
}

bool target_write(struct target *t, const uint8_t *buf, uint64_t len, uint64_t at)
{
	uint8_t *is;
	bool readable;

	if (at > t->size || len > t->size - at) {
		errno = EFBIG;
		return false;
	}
	is = malloc((size_t)len ? (size_t)len : 1);
	readable = is && target_read(t, is, len, at);
	free(is);
	t->touched = true;
	if (!readable && t->device_dax) {
		errno = EIO; /* a store would end us: ndctl clear-errors first */
		return false;
	}
	if (!readable)
		return write_over_lost(t, buf, len, at);
	/* a store where the file has no room yet, and the file system none to give, would end us: the room is asked for first */
	bool store = t->map && len && (t->device_dax || fallocate(t->fd, 0, (off_t)at, (off_t)len) == 0);
	if (!store && t->map && len && (errno == ENOSPC || errno == EDQUOT))
		return false;
	if (!store)
		return whole_write(t->fd, buf, (size_t)len, at);
	memcpy(t->map + at, buf, (size_t)len);
	t->persist(t->map + at, (size_t)len);
	return true;
}

bool target_resize(struct target *t, uint64_t len)
{
	if (t->there == len)
		return true;
	if (ftruncate(t->fd, (off_t)len) != 0)
		return false;
	t->there = len;
	t->touched = true;
	return true;
}

bool target_flush(struct target *t)
{
	/* what went through a mapping is durable already; what did not is the system's */
	return !t->touched || t->device_dax || fdatasync(t->fd) == 0;
}
