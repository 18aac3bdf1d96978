#include "formats/image/open.h"

#include "formats/image/dax.h"
#include "formats/image/file.h"
#include "formats/image/mapfile.h"
#include "formats/image/memory.h"
#include "formats/image/peel.h"
#include "formats/image/spool.h"
#include "formats/image/taken.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_refused(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	if (S_ISCHR(mode))
		return "a terminal, or a character device that is no DAX device";
	return "neither a file nor a device";
}

static enum status refused(struct problem *p, const char *path)
{
	return problem_set(p, STATUS_IO, "%s: %s; check the path and your permissions", path, strerror(errno));
}

/* O_NONBLOCK: should the path have become a FIFO meanwhile, opening it must not wait. */
static int open_quietly(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static int taken(const struct intake *in, const char *path)
{
	const struct intake_given *given = in->options.given;

	return given && strcmp(given->path, path) == 0 ? fcntl(given->fd, F_DUPFD_CLOEXEC, 0) : open_quietly(path);
}

/* The whole of a regular file of at most max bytes, in arena memory; NULL: it cannot be had. */
static char *text_of(struct arena *a, const char *path, size_t max, size_t *len)
{
	int fd = open_quietly(path);
	struct stat st;
	char *text = NULL;

	*len = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max)
		text = arena_alloc(a, (size_t)st.st_size);
	for (ssize_t n = 1; text && *len < (size_t)st.st_size && n > 0; *len += n > 0 ? (size_t)n : 0)
		n = read(fd, text + *len, (size_t)st.st_size - *len);
	close(fd);
	return text;
}

enum side open_side(const char *path, size_t *stem)
{
	uint8_t head[SIDE_HEAD_LEN];
	int fd = open_quietly(path);
	struct stat st;

	*stem = 0;
	if (fd < 0)
		return SIDE_NONE;
	ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, head, sizeof(head)) : -1;
	close(fd);
	return n > 0 ? side_of(path, head, (size_t)n, stem) : SIDE_NONE;
}

enum status open_manifest(struct intake *in, const char *path, const char *found, struct problem *p)
{
	size_t len;
	char *text = text_of(in->arena, path, SIDE_MANIFEST_MAX, &len);
	struct source *s = text ? side_source(in, SIDE_MANIFEST, path, found, len) : NULL;

	if (s == NULL || source_layer(s, in->arena, "file", NULL, len) == NULL)
		return problem_set(p, STATUS_IO, "%s: this capture's manifest cannot be read", path);
	in->manifest = (struct span){ (const uint8_t *)text, NULL, 0, len };
	return STATUS_OK;
}

/* The mapfile that goes with path, and how it was found; NULL: there is none. */
static const char *mapfile_of(struct intake *in, const char *path, const char **found)
{
	size_t stem;

	if (in->options.mapfile && !in->mapfile_used) {
		in->mapfile_used = true;
		*found = "given";
		return in->options.mapfile;
	}
	*found = "beside the file";
	for (size_t i = 0; i < SIDE_ENDINGS; i++) {
		const char *name = arena_printf(in->arena, "%s%s", path, side_endings[i].text);

		if (name && side_endings[i].side == SIDE_MAP && open_side(name, &stem) == SIDE_MAP)
			return name;
	}
	return NULL;
}

/* Lays the mapfile, when there is one, over *im: what it does not call read is lost. Takes *im. */
static enum status mapfile_lay(struct intake *in, const char *path, struct source *src, struct image **im,
			       struct problem *p)
{
	const char *found, *name = mapfile_of(in, path, &found);
	size_t len;

	if (name == NULL)
		return STATUS_OK;
	if (!peel_hold(in, *im, src))
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	char *text = text_of(in->arena, name, MAPFILE_MAX, &len);
	if (text == NULL)
		return problem_set(p, STATUS_IO, "%s: this mapfile cannot be read, or is no file of at most %d MiB",
				   name, MAPFILE_MAX >> 20);
	struct source *s = side_source(in, SIDE_MAP, name, found, len);
	if (s == NULL || source_layer(s, in->arena, "file", NULL, len) == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	return side_lay_map(in, im, src, name, text, len, s, p);
}

/* The same for the list of what was taken of a file that came out of a capture. */
static enum status taken_lay(struct intake *in, const char *path, struct source *src, struct image **im,
			     struct problem *p)
{
	const char *name = arena_printf(in->arena, "%s.taken", path);
	struct stat st;
	size_t stem;

	if (name == NULL || open_side(name, &stem) != SIDE_TAKEN)
		return STATUS_OK;
	int fd = open_quietly(name);
	if (fd < 0 || fstat(fd, &st) != 0) {
		enum status s = refused(p, name);

		if (fd >= 0)
			close(fd);
		return s;
	}
	struct source *s = side_source(in, SIDE_TAKEN, name, "beside the file", (uint64_t)st.st_size);
	struct image *map = s ? file_open(fd, (uint64_t)st.st_size, s) : NULL, *below = *im;
	if (s == NULL)
		close(fd);
	bool held = map && peel_hold(in, map, s);
	if (!held || !peel_hold(in, below, src) || source_layer(s, in->arena, "file", NULL, s->size) == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	return taken_open(in->arena, below, map, src, im, p);
}

/* What the kernel calls bad in the file: the machine's own, or the one that a list beside a capture tells of. */
static bool bad_known(struct intake *in, const char *path, int fd, const struct stat *st, const struct dax *dax,
		      uint64_t size, struct bad *out)
{
	const char *list = S_ISREG(st->st_mode) ? bad_beside(in->arena, path) : NULL;

	*out = dax ? dax->bad : (struct bad){ .good = NULL };
	if (!dax && !bad_of_file(in->arena, fd, st, size, out))
		return false;
	if (out->nr || list == NULL)
		return true;
	struct source *s = source_add(&in->sources, in->arena, list, "bad blocks", "beside the file");
	struct stat is;
	if (s == NULL || stat(list, &is) != 0 || source_layer(s, in->arena, "file", NULL, (uint64_t)is.st_size) == NULL)
		return false;
	s->size = s->stored_size = s->read = (uint64_t)is.st_size;
	return bad_of_device(in->arena, list, 0, 0, size, out);
}

/* The file as an image, with what is known to be lost. Takes fd. */
static enum status image_of(struct intake *in, const char *path, int fd, const struct stat *st, const struct dax *dax,
			    struct source *src, struct image **im, struct problem *p)
{
	struct bad *bad = ARENA_NEW(in->arena, struct bad);
	bool known = bad && bad_known(in, path, fd, st, dax, src->size, bad);

	*im = dax ? dax_open(fd, dax->size, dax->align, src) : file_open(fd, src->size, src);
	if (*im == NULL || !known)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	src->bad = bad->nr ? bad : NULL;
	enum status laid = mapfile_lay(in, path, src, im, p);
	/* a mapfile tells what could be read: it is believed before a list that may count from elsewhere */
	if (laid == STATUS_OK && src->bad && src->map == NULL &&
	    (!peel_hold(in, *im, src) ||
	     (*im = runs_open(in->arena, *im, src->size, bad->good, bad->good_nr, EXTENT_LOST, src)) == NULL))
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	return laid == STATUS_OK ? taken_lay(in, path, src, im, p) : laid;
}

/* What was opened for path, with dax when it is such a device. Takes fd. */
static enum status file_take(struct intake *in, const char *path, const char *role, const char *found, int fd,
			     const struct stat *st, const struct dax *dax, struct problem *p)
{
	bool device = !S_ISREG(st->st_mode);
	uint64_t size = dax ? dax->size : (uint64_t)st->st_size;
	struct image *im;

	if (S_ISBLK(st->st_mode) && ioctl(fd, BLKGETSIZE64, &size) != 0) {
		enum status s = refused(p, path);
		close(fd);
		return s;
	}
	if (size == 0) {
		close(fd);
		return problem_set(p, STATUS_UNSUPPORTED, "%s: empty: there is nothing to analyse", path);
	}
	char *real = realpath(path, NULL);
	struct peel_file file = { arena_text(in->arena, real ? real : path), st->st_dev, st->st_ino };
	struct source *src = source_add(&in->sources, in->arena, path, role, found);
	const char *kind = dax ? "dax-device" : device ? "block-device" : "file";

	free(real);
	if (src == NULL || file.path == NULL || source_layer(src, in->arena, kind, NULL, size) == NULL) {
		close(fd);
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	}
	src->stored_size = src->size = size;
	src->allocated = device ? size : (uint64_t)st->st_blocks * 512;
	src->mtime = (uint64_t)st->st_mtime;
	src->has_mtime = !device && !in->options.no_times;
	enum status s = image_of(in, path, fd, st, dax, src, &im, p);
	if (s == STATUS_OK)
		s = peel_open(in, im, src, &file, peel_last_part(file.path), p);
	return s;
}

enum status open_stdin(struct intake *in, const char *role, const char *found, struct problem *p)
{
	static const char *const label = "standard input";
	struct stat st;
	int fd;

	if (fstat(STDIN_FILENO, &st) != 0)
		return refused(p, label);
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return problem_set(p, STATUS_UNSUPPORTED, "%s: %s: name a file, or pipe one in", label,
				   kind_refused(st.st_mode));
	else if (in->options.spool_dir == NULL)
		return problem_set(p, STATUS_USAGE, "%s: a pipe can be read once, and the analysis reads here and "
				   "there: name the file, or give --spool DIR with room for what comes through", label);
	else
		fd = spool_pipe(&in->options, STDIN_FILENO, label, p);
	if (fd < 0)
		return p->status ? p->status : refused(p, label);
	if (fstat(fd, &st) != 0) {
		close(fd);
		return refused(p, label);
	}
	return file_take(in, label, role, found, fd, &st, NULL, p);
}

enum status open_path(struct intake *in, const char *path, const char *role, const char *found,
		      const struct stat *st, struct problem *p)
{
	struct stat opened;
	struct dax dax;
	bool is_dax = dax_probe(in->arena, st, &dax);

	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode) && !is_dax)
		return problem_set(p, STATUS_UNSUPPORTED, "%s: %s: give a pool file, a set file, a directory or a device",
				   path, kind_refused(st->st_mode));
	int fd = taken(in, path);
	if (fd < 0)
		return refused(p, path);
	if (fstat(fd, &opened) != 0 || (opened.st_mode & S_IFMT) != (st->st_mode & S_IFMT) ||
	    opened.st_rdev != st->st_rdev) {
		close(fd);
		return problem_set(p, STATUS_IO, "%s: it was replaced while it was opened; try again", path);
	}
	return file_take(in, path, role, found, fd, &opened, is_dax ? &dax : NULL, p);
}

enum status open_memory(struct intake *in, const char *name, const uint8_t *bytes, size_t len,
			struct problem *p)
{
	struct source *src = source_add(&in->sources, in->arena, name, "pool", "in memory");
	struct image *im = src ? memory_open(in->arena, src->path, bytes, len, src) : NULL;

	if (im == NULL || source_layer(src, in->arena, "memory", NULL, len) == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", name);
	struct peel_file file = { .path = src->path };
	src->stored_size = src->size = len;
	return peel_open(in, im, src, &file, peel_last_part(src->path), p);
}
