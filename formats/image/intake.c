#include "formats/image/intake.h"

#include "formats/image/compressed.h"
#include "formats/image/file.h"

#include <dirent.h>
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
		return "a character device that is no DAX device";
	return "neither a file nor a device";
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static enum status refused(struct problem *p, const char *path)
{
	return problem_set(p, STATUS_IO, "%s: %s; check the path and your permissions", path, strerror(errno));
}

/* Peels compression off, as deep as the limit allows. Takes *im; *im is the innermost image. */
static enum status peel(struct intake *in, struct source *src, struct image **im, struct problem *p)
{
	for (uint32_t depth = 0;; depth++) {
		uint8_t head[COMPRESSED_HEAD_LEN], lost[COMPRESSED_HEAD_LEN];
		size_t len = (*im)->size < sizeof(head) ? (size_t)(*im)->size : sizeof(head);
		const char *kind;

		if (!image_read(*im, 0, len, head, lost) || !compressed_probe(head, len, &kind))
			return STATUS_OK;
		if (depth >= in->options.limits.depth) {
			image_close(*im);
			return problem_set(p, STATUS_LIMIT, "%s: more than %u layers of compression; unpack it first",
					   src->path, (unsigned)in->options.limits.depth);
		}
		enum status st = compressed_open(in, *im, src, kind, im, p);
		if (st != STATUS_OK)
			return st;
	}
}

static void item_append(struct intake *in, struct item *it)
{
	if (in->last)
		in->last->next = it;
	else
		in->first = it;
	in->last = it;
	in->nr++;
}

static enum status item_add(struct intake *in, const char *path, struct image *im, struct source *src,
			    const struct stat *st, struct problem *p)
{
	struct item *it = ARENA_NEW(in->arena, struct item);
	char *real = realpath(path, NULL);

	if (it == NULL) {
		free(real);
		image_close(im);
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	}
	it->image = im;
	it->source = src;
	it->path = arena_text(in->arena, real ? real : path);
	it->name = it->path ? last_part(it->path) : "";
	it->dev = st->st_dev;
	it->ino = st->st_ino;
	free(real);
	src->size = im->size;
	item_append(in, it);
	return STATUS_OK;
}

static enum status file_take(struct intake *in, const char *path, const char *role, const char *found, int fd,
			     const struct stat *st, struct problem *p)
{
	bool device = S_ISBLK(st->st_mode);
	uint64_t size = (uint64_t)st->st_size;
	struct source *src;
	struct image *im;

	if (device && ioctl(fd, BLKGETSIZE64, &size) != 0) {
		enum status s = refused(p, path);
		close(fd);
		return s;
	}
	if (size == 0) {
		close(fd);
		return problem_set(p, STATUS_UNSUPPORTED, "%s: empty: there is nothing to analyse", path);
	}
	src = source_add(&in->sources, in->arena, path, role, found);
	if (src == NULL) {
		close(fd);
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	}
	src->stored_size = src->size = size;
	src->allocated = device ? size : (uint64_t)st->st_blocks * 512;
	src->mtime = (uint64_t)st->st_mtime;
	src->has_mtime = !device;
	source_layer(src, in->arena, device ? "block-device" : "file", NULL, size);
	im = file_open(fd, size, src);
	if (im == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", path);
	enum status s = peel(in, src, &im, p);
	return s == STATUS_OK ? item_add(in, path, im, src, st, p) : s;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a directory's regular files, in order; at most max of them. */
static enum status names_read(struct intake *in, const char *path, char ***names, size_t *nr, struct problem *p)
{
	DIR *d = opendir(path);
	size_t room = 0;

	if (d == NULL)
		return refused(p, path);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_type != DT_REG && e->d_type != DT_UNKNOWN)
			continue;
		if (*nr == in->options.limits.members) {
			closedir(d);
			return problem_set(p, STATUS_LIMIT, "%s: more than %u files; name the pool's files or its set file",
					   path, (unsigned)in->options.limits.members);
		}
		if (*nr == room) {
			size_t more = room ? room * 2 : 64;
			char **grown = realloc(*names, more * sizeof(*grown));

			if (grown == NULL)
				break;
			*names = grown;
			room = more;
		}
		(*names)[*nr] = arena_printf(in->arena, "%s/%s", path, e->d_name);
		if ((*names)[*nr])
			(*nr)++;
	}
	closedir(d);
	if (*nr)
		qsort(*names, *nr, sizeof(**names), by_name);
	return STATUS_OK;
}

static enum status path_take(struct intake *in, const char *path, const char *role, const char *found,
			     struct problem *p);

static enum status directory_take(struct intake *in, const char *path, const char *role, const char *found,
				  struct problem *p)
{
	char **names = NULL;
	size_t nr = 0;
	enum status st = names_read(in, path, &names, &nr, p);

	in->group = true;
	for (size_t i = 0; st == STATUS_OK && i < nr; i++) {
		struct problem own = { STATUS_OK, "" };
		struct stat sb;

		if (stat(names[i], &sb) != 0 || !S_ISREG(sb.st_mode) || sb.st_size == 0)
			continue;
		/* one file that cannot be opened does not end the others' analysis */
		enum status s = path_take(in, names[i], role, found, &own);
		if (s == STATUS_NOMEM || s == STATUS_INTERRUPTED)
			st = problem_set(p, s, "%s", own.text);
	}
	free(names);
	return st;
}

static enum status path_take(struct intake *in, const char *path, const char *role, const char *found,
			     struct problem *p)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return refused(p, path);
	if (S_ISDIR(st.st_mode))
		return directory_take(in, path, role, found, p);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return problem_set(p, STATUS_UNSUPPORTED, "%s: %s: give a pool file, a set file, a directory or a block device",
				   path, kind_refused(st.st_mode));
	/* O_NONBLOCK: should the path have become a FIFO meanwhile, opening it must not wait */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refused(p, path);
	struct stat opened;
	if (fstat(fd, &opened) != 0 || (opened.st_mode & S_IFMT) != (st.st_mode & S_IFMT)) {
		close(fd);
		return problem_set(p, STATUS_IO, "%s: it was replaced while it was opened; try again", path);
	}
	return file_take(in, path, role, found, fd, &opened, p);
}

/* Hands out what was opened under path before. False: nothing was. */
static bool take_again(struct intake *in, const char *path)
{
	struct image *const *image = in->again->images;
	bool any = false;

	for (const struct item *it = in->again->first->first; it; it = it->next, image++) {
		if (strcmp(it->opened_as, path) != 0)
			continue;
		struct item *mine = ARENA_NEW(in->arena, struct item);

		if (mine == NULL)
			return any;
		*mine = *it;
		mine->next = NULL;
		mine->borrowed = true;
		if (*image)
			mine->image = *image;
		item_append(in, mine);
		any = true;
	}
	in->group |= any && in->again->first->group;
	return any;
}

enum status intake_open(struct intake *in, const char *path, const char *role, const char *found,
			struct problem *p)
{
	struct item *before = in->last;
	const char *as = arena_text(in->arena, path);

	if (in->again && take_again(in, path))
		return STATUS_OK;
	enum status st = path_take(in, path, role, found, p);
	for (struct item *it = before ? before->next : in->first; it; it = it->next)
		it->opened_as = as ? as : "";
	return st;
}

enum status intake_finish(struct intake *in, struct problem *p)
{
	enum status st = STATUS_OK;

	for (struct item *it = in->first; it; it = it->next) {
		enum status s = compressed_finish(it->image, p);

		it->source->size = it->image->size;
		if (st == STATUS_OK)
			st = s;
	}
	return st;
}

void intake_close(struct intake *in)
{
	for (struct item *it = in->first; it; it = it->next)
		if (!it->borrowed)
			image_close(it->image);
	in->first = in->last = NULL;
}
