#include "analyzer/repair/in_use.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { NAME = 64, LINE = PATH_MAX + 256 };

/* The first line of a file of the kernel's; false: none. */
static bool first_line(const char *path, char *line, int len)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(line, len, f);

	if (f)
		fclose(f);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

static bool same(const char *path, const struct stat *want)
{
	struct stat st;

	if (path[0] != '/' || stat(path, &st) != 0)
		return false;
	/* a device has as many nodes as one likes */
	if (S_ISCHR(want->st_mode) || S_ISBLK(want->st_mode))
		return (st.st_mode & S_IFMT) == (want->st_mode & S_IFMT) && st.st_rdev == want->st_rdev;
	return st.st_dev == want->st_dev && st.st_ino == want->st_ino;
}

/* Of a line of /proc/PID/maps: is it a mapping of what st is? */
static bool maps(char *line, const struct stat *st)
{
	uint64_t inode;
	unsigned dev_major, dev_minor;
	int path = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*x-%*x %*4s %*x %x:%x %" SCNu64 " %n", &dev_major, &dev_minor, &inode, &path) != 3 || inode == 0)
		return false;
	if (inode == st->st_ino && makedev(dev_major, dev_minor) == st->st_dev)
		return true;
	/* some file systems tell another device there; and the path is as this process sees it, or not at all */
	bool device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
	return path && (device || inode == st->st_ino) && same(line + path, st);
}

static bool process_maps(const char *pid, const struct stat *st)
{
	char path[NAME], line[LINE];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = maps(line, st);
	if (f)
		fclose(f);
	return found;
}

static bool mapped(const struct stat *st, char *why, size_t len)
{
	DIR *proc = opendir("/proc");
	bool found = false;

	for (const struct dirent *d; proc && !found && (d = readdir(proc)) != NULL;) {
		char path[NAME], name[NAME] = "";

		if (d->d_name[0] < '1' || d->d_name[0] > '9' || strtol(d->d_name, NULL, 10) == getpid())
			continue;
		found = process_maps(d->d_name, st);
		snprintf(path, sizeof(path), "/proc/%.20s/comm", d->d_name);
		if (found && first_line(path, name, sizeof(name)))
			snprintf(why, len, "process %.20s, %s, has it mapped", d->d_name, name);
		else if (found)
			snprintf(why, len, "process %.20s has it mapped", d->d_name);
	}
	if (proc)
		closedir(proc);
	return found;
}

/* A disk made of the file: a write below it is not seen by whoever reads the disk. */
static bool looped(const struct stat *st, char *why, size_t len)
{
	DIR *block = S_ISREG(st->st_mode) ? opendir("/sys/block") : NULL;
	bool found = false;

	for (const struct dirent *d; block && !found && (d = readdir(block)) != NULL;) {
		char path[NAME + NAME_MAX], line[LINE];

		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", d->d_name);
		found = first_line(path, line, sizeof(line)) && same(line, st);
		if (found)
			snprintf(why, len, "the loop device %.32s stands on it", d->d_name);
	}
	if (block)
		closedir(block);
	return found;
}

bool in_use(int fd, char *why, size_t len)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid != getpid()) {
		snprintf(why, len, "a running program holds a lock on a range of it");
		return true;
	}
	return mapped(&st, why, len) || looped(&st, why, len);
}

static bool mounted(const struct stat *st, char *why, size_t len)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[LINE], at[LINE];
	unsigned dev_major, dev_minor;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*d %*d %u:%u %*s %s", &dev_major, &dev_minor, at) == 3 &&
			makedev(dev_major, dev_minor) == st->st_rdev;
	if (f)
		fclose(f);
	if (found)
		snprintf(why, len, "it is mounted, at %.200s", at);
	return found;
}

static bool held(const struct stat *st, char *why, size_t len)
{
	char path[NAME];
	bool found = false;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(st->st_rdev), minor(st->st_rdev));
	DIR *holders = opendir(path);
	for (const struct dirent *d; holders && !found && (d = readdir(holders)) != NULL;) {
		found = d->d_name[0] != '.';
		if (found)
			snprintf(why, len, "the block device %.32s stands on it", d->d_name);
	}
	if (holders)
		closedir(holders);
	return found;
}

void in_use_busy(const struct stat *st, char *why, size_t len)
{
	if (!mounted(st, why, len) && !held(st, why, len))
		snprintf(why, len, "it, or a part of it, is mounted or in use");
}
