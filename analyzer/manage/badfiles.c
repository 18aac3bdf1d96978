#include "analyzer/manage/badfiles.h"

#include "analyzer/manage/aside.h"
#include "analyzer/manage/copy.h"
#include "formats/base/whole.h"
#include "formats/pool/badblocks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct badblocks *file_read(struct arena *a, const char *name, struct manage_error *e)
{
	struct badblocks *b = NULL;
	struct stat st;
	uint8_t *text;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) != 0)
		manage_fail(e, errno, "%s: %s", name, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size > BADBLOCKS_TEXT_MAX)
		manage_fail(e, EINVAL, "%s: no recovery file: it is too long, or no file", name);
	else if ((text = arena_alloc(a, (size_t)st.st_size + 1)) == NULL)
		manage_fail(e, ENOMEM, "%s: no memory", name);
	else if (!whole_read(fd, text, (size_t)st.st_size, 0))
		manage_fail(e, errno, "%s: reading: %s", name, strerror(errno));
	else if ((b = badblocks_parse(a, (struct span){ .p = text, .len = (size_t)st.st_size })) == NULL)
		manage_fail(e, ENOMEM, "%s: no memory", name);
	if (fd >= 0)
		close(fd);
	return b;
}

static bool ranges_lose(struct health *h, uint32_t part, const char *name, const struct badblocks *b, struct manage_error *e)
{
	struct part *p = &h->parts[part];

	if (!b->ordered)
		return manage_fail(e, EINVAL, "%s: its ranges do not ascend: it is damaged, take it away", name);
	for (uint32_t i = 0; i < b->nr; i++) {
		uint64_t at = b->ranges[i].at / SPACE_PAGE * SPACE_PAGE, end = b->ranges[i].at + b->ranges[i].len;

		if (end > p->m->size)
			return manage_fail(e, EINVAL, "%s: it names byte %" PRIu64 ", and the part ends at %" PRIu64, name, end, p->m->size);
		end = (end + SPACE_PAGE - 1) / SPACE_PAGE * SPACE_PAGE;
		if (!health_lose(h, part, at, end - at, e))
			return false;
		/* a header that went with a bad block: what lies behind it is the part's own all the same */
		p->spare |= p->state == PART_HEADER && at == 0;
		health_fault(h, part, PART_LOST, "a recovery file names bad blocks of it");
	}
	return true;
}

bool badfiles_read(struct health *h, bool fix, struct badfiles *b, struct manage_result *out)
{
	const struct badblocks **read = arena_array(out->arena, h->m->nr, sizeof(*read));
	uint32_t whole = 0, parts = 0;

	*b = (struct badfiles){ .names = arena_array(out->arena, h->m->nr, sizeof(*b->names)) };
	if (read == NULL || b->names == NULL)
		return manage_fail(&out->error, ENOMEM, "%s: no memory", h->m->path);
	for (uint32_t i = 0; i < h->m->nr; i++) {
		const struct member *m = h->parts[i].m;
		const char *name = badblocks_name(out->arena, h->m->path, m->replica, m->part);

		parts += h->parts[i].readable;
		if (name == NULL || access(name, F_OK) != 0)
			continue;
		if (!fix)
			return manage_fail(&out->error, EINVAL, "%s: a repair of bad blocks was cut off, and its recovery file is still there: "
					   "sync with bad blocks", name);
		read[i] = file_read(out->arena, name, &out->error);
		if (read[i] == NULL)
			return false;
		whole += read[i]->marker && read[i]->wrong_line == 0;
		b->names[b->nr++] = name;
	}
	/* one that is not whole was being written: nothing was cleared yet, and the device still knows its bad blocks */
	for (uint32_t i = 0; whole == parts && i < h->m->nr; i++)
		if (read[i] && !ranges_lose(h, i, badblocks_name(out->arena, h->m->path, h->parts[i].m->replica, h->parts[i].m->part),
					    read[i], &out->error))
			return false;
	for (uint32_t i = 0; i < b->nr; i++)
		if (manage_act(out, "remove", b->names[i], "recovery file of a repair of bad blocks") == NULL)
			return false;
	return true;
}

bool badfiles_remove(const struct badfiles *b, struct writes *w, struct manage_result *out)
{
	for (uint32_t i = 0; i < b->nr; i++) {
		if (!writes_next(w, &out->error))
			return false;
		if (unlink(b->names[i]) != 0 && errno != ENOENT)
			return manage_fail(&out->error, errno, "%s: %s", b->names[i], strerror(errno));
		for (struct manage_act *act = out->first; act; act = act->next)
			act->done |= strcmp(act->path, b->names[i]) == 0;
	}
	return b->nr == 0 || aside_settle(b->names[0], &out->error);
}
