#include "tests/corpus/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW = 1 << 16, TEXT_MAX = 1 << 20 };

static bool fail(const char *what, const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", path, what, strerror(errno));
	return false;
}

static bool all_zero(const char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* From from to to, both open, [0, size); runs of zeros become holes. */
static bool copy_bytes(int from, int to, off_t size)
{
	static char buf[WINDOW];

	for (off_t at = 0; at < size;) {
		at = lseek(from, at, SEEK_DATA);
		if (at < 0)
			break; /* nothing but a hole is left */
		ssize_t n = pread(from, buf, sizeof(buf) - (size_t)(at % WINDOW), at);
		if (n <= 0 || (!all_zero(buf, (size_t)n) && pwrite(to, buf, (size_t)n, at) != n))
			return false;
		at += n;
	}
	return true;
}

bool files_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat st;
	bool ok = false;

	if (in >= 0 && fstat(in, &st) == 0) {
		out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		ok = out >= 0 && ftruncate(out, st.st_size) == 0 && copy_bytes(in, out, st.st_size);
	}
	if (!ok)
		fail("copying to the case's directory", from);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return ok;
}

/* The file's text with a NUL behind it; to be freed. */
static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(TEXT_MAX);

	if (f == NULL || text == NULL) {
		fail("opening", path);
		free(text);
		text = NULL;
	} else {
		*len = fread(text, 1, TEXT_MAX - 1, f);
		text[*len] = 0;
	}
	if (f)
		fclose(f);
	return text;
}

bool files_write(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(bytes, 1, len, f) == len;

	if (f && fclose(f))
		ok = false;
	return ok || fail("writing", path);
}

/* All of them, or only the first. *nr: how many there were. */
static bool replace(const char *path, const char *old, const char *now, bool all, size_t *nr)
{
	size_t len, grown = 0, old_len = strlen(old), now_len = strlen(now);
	char *text = slurp(path, &len), *made = text ? malloc(TEXT_MAX) : NULL, *p = text, *found;
	bool ok = made != NULL;

	*nr = 0;
	while (ok && (all || *nr == 0) && (found = memmem(p, len - (size_t)(p - text), old, old_len)) != NULL) {
		ok = grown + (size_t)(found - p) + now_len + len < TEXT_MAX;
		if (!ok)
			break;
		grown = (size_t)((char *)mempcpy(mempcpy(made + grown, p, (size_t)(found - p)), now, now_len) - made);
		p = found + old_len;
		++*nr;
	}
	if (ok && *nr) {
		memcpy(made + grown, p, len - (size_t)(p - text));
		ok = files_write(path, made, grown + len - (size_t)(p - text));
	}
	free(made);
	free(text);
	return ok;
}

bool files_replace(const char *path, const char *old, const char *now)
{
	size_t nr;

	if (!replace(path, old, now, false, &nr))
		return false;
	if (nr == 0)
		fprintf(stderr, "%s: '%s' is not in it\n", path, old);
	return nr > 0;
}

bool files_copy_tree(const char *from, const char *to)
{
	DIR *d = opendir(from);
	char whole[PATH_MAX];
	bool ok = d && (mkdir(to, 0700) == 0 || errno == EEXIST) && realpath(to, whole);
	struct dirent *e;

	while (ok && (e = readdir(d)) != NULL) {
		char a[PATH_MAX + 256], b[PATH_MAX + 256];
		size_t len = strlen(e->d_name), nr;
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		snprintf(a, sizeof(a), "%s/%s", from, e->d_name);
		snprintf(b, sizeof(b), "%s/%s", to, e->d_name);
		ok = stat(a, &st) == 0 && (S_ISDIR(st.st_mode) ? files_copy_tree(a, b) : files_copy(a, b));
		if (ok && len > 4 && strcmp(e->d_name + len - 4, ".set") == 0)
			ok = replace(b, "@DIR@", whole, true, &nr);
	}
	if (d)
		closedir(d);
	return ok || fail("copying", from);
}

bool files_size(const char *path, uint64_t size)
{
	return truncate(path, (off_t)size) == 0 || fail("changing its size", path);
}

bool files_move(const char *from, const char *to)
{
	return rename(from, to) == 0 || fail("moving", from);
}

bool files_swap(const char *a, const char *b)
{
	return files_move(a, "aside") && files_move(b, a) && files_move("aside", b);
}

bool files_remove(const char *path)
{
	return remove(path) == 0 || fail("removing", path);
}

bool files_date(const char *path, int64_t seconds)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = seconds } };

	return utimensat(AT_FDCWD, path, times, 0) == 0 || fail("setting its date", path);
}

static bool run(const char *const *argv)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return fail("starting", argv[0]);
	if (status)
		fprintf(stderr, "%s: ended with status %d\n", argv[0], status);
	return status == 0;
}

bool files_pack(const char *kind, const char *const *files, size_t nr)
{
	static const struct { const char *kind, *words[4]; } packers[] = {
		{ "gz", { "gzip", "-n" } }, { "xz", { "xz", "-0" } }, { "zst", { "zstd", "-q", "--rm" } },
		{ "lz4", { "lz4", "-q", "-m", "--rm" } }, { "tar", { "tar", "-cf" } },
	};
	enum { FILES_MAX = 16 };

	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]) && nr <= FILES_MAX; i++) {
		const char *argv[FILES_MAX + 6];
		size_t n = 0;

		if (strcmp(packers[i].kind, kind))
			continue;
		while (n < 4 && packers[i].words[n]) {
			argv[n] = packers[i].words[n];
			n++;
		}
		for (size_t f = 0; f < nr; f++)
			argv[n++] = files[f];
		argv[n] = NULL;
		return run(argv);
	}
	fprintf(stderr, "pack %s: there is no such packing, or too many files\n", kind);
	return false;
}

static bool zeroed(const char *path, uint64_t at, uint64_t len)
{
	static const char zeros[WINDOW];

	for (uint64_t n; len; at += n, len -= n) {
		n = len < WINDOW ? len : WINDOW;
		if (!files_pwrite(path, at, zeros, (size_t)n))
			return false;
	}
	return true;
}

bool files_lost(const char *path, const uint64_t (*ranges)[2], size_t nr)
{
	char map[PATH_MAX + 8];
	struct stat st;
	uint64_t at = 0;

	snprintf(map, sizeof(map), "%s.map", path);
	FILE *f = stat(path, &st) == 0 ? fopen(map, "w") : NULL;
	if (f == NULL)
		return fail("making its mapfile", path);
	fprintf(f, "# Mapfile. Created by GNU ddrescue version 1.27\n0x%08" PRIx64 "     +               1\n",
		(uint64_t)st.st_size);
	for (size_t i = 0; i < nr; i++) {
		if (ranges[i][0] > at)
			fprintf(f, "0x%08" PRIx64 "  0x%08" PRIx64 "  +\n", at, ranges[i][0] - at);
		fprintf(f, "0x%08" PRIx64 "  0x%08" PRIx64 "  -\n", ranges[i][0], ranges[i][1]);
		at = ranges[i][0] + ranges[i][1];
		if (!zeroed(path, ranges[i][0], ranges[i][1])) { /* as ddrescue leaves them */
			fclose(f);
			return false;
		}
	}
	if (at < (uint64_t)st.st_size)
		fprintf(f, "0x%08" PRIx64 "  0x%08" PRIx64 "  +\n", at, (uint64_t)st.st_size - at);
	return fclose(f) == 0 || fail("writing", map);
}

static bool transfer(const char *path, uint64_t at, void *buf, size_t len, bool write)
{
	int fd = open(path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	bool ok = fd >= 0 && (write ? pwrite(fd, buf, len, (off_t)at) : pread(fd, buf, len, (off_t)at)) == (ssize_t)len;

	if (!ok)
		fail(write ? "writing bytes" : "reading bytes", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool files_pread(const char *path, uint64_t at, void *buf, size_t len)
{
	return transfer(path, at, buf, len, false);
}

bool files_pwrite(const char *path, uint64_t at, const void *buf, size_t len)
{
	return transfer(path, at, (void *)(uintptr_t)buf, len, true);
}
