#include "analyzer/manage/replicas.h"

#include "analyzer/manage/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { PART_MIN = 8 << 20 };

static uint64_t size_elsewhere(const struct members *m, uint32_t part)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < m->nr; i++)
		if (m->list[i].part == part && m->list[i].kind == MEMBER_FILE && m->list[i].size > most)
			most = m->list[i].size;
	return most;
}

static bool missing_add(struct members *m, struct member *p, const struct poolset_replica *r, uint32_t replica, uint32_t part)
{
	const struct poolset_line *dir = r->parts[part % r->nr];

	*p = (struct member){ .replica = replica, .part = part, .line = dir, .errnum = ENOENT, .fd = -1 };
	p->path = arena_printf(m->arena, "%s/%06" PRIu32 ".pmem", dir->path, part);
	return p->path != NULL;
}

bool replicas_fill_dirs(struct members *m, struct manage_error *e)
{
	uint32_t parts = 0, nr = 0;
	struct member *list;

	if (!m->directories)
		return true;
	for (uint32_t i = 0; i < m->nr; i++)
		if (m->list[i].part >= parts)
			parts = m->list[i].part + 1;
	list = arena_array(m->arena, (size_t)parts * m->replicas + 1, sizeof(*list));
	if (list == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	uint32_t replica = 0;
	for (const struct poolset_replica *r = m->text->replicas; r; r = r->next, replica++)
		for (uint32_t i = 0; i < parts; i++) {
			const struct member *p = members_at(m, replica, i);

			if (p)
				list[nr] = *p;
			else if (!missing_add(m, &list[nr], r, replica, i))
				return manage_fail(e, ENOMEM, "%s: no memory", m->path);
			list[nr++].declared = size_elsewhere(m, i);
		}
	if (nr == 0)
		return manage_fail(e, ENOENT, "%s: no part files (000000.pmem, ...) are in its directories: the pool was not made yet, or "
				   "all of it is lost", m->path);
	m->list = list;
	m->nr = nr;
	return true;
}

bool replicas_judge(const struct members *m, struct manage_error *e)
{
	for (uint32_t i = 0; i < m->nr; i++) {
		const struct member *p = &m->list[i];

		uint64_t size = p->kind == MEMBER_DAX ? p->size : p->declared;

		if (size < PART_MIN)
			return manage_fail(e, EINVAL, "%s: %" PRIu64 " bytes are too small: a part of a replicated pool has at least %d",
					   members_name(m, p), size, PART_MIN);
	}
	for (uint32_t i = 0; i < m->nr; i++)
		if (!members_parent(m, &m->list[i], e))
			return false;
	return true;
}

bool replicas_any(const struct members *m, struct manage_error *e)
{
	for (uint32_t i = 0; i < m->nr; i++)
		if (m->list[i].fd >= 0)
			return true;
	return manage_fail(e, m->list[0].errnum == ENOENT ? EINVAL : m->list[0].errnum, "%s: %s, and no other part can be opened",
			   members_name(m, &m->list[0]), strerror(m->list[0].errnum));
}

bool replicas_settle(const struct members *m, bool dry_run, struct manage_error *e)
{
	const char *left = journal_left(m), *transform = arena_printf(m->arena, "%s%s", m->path, TRANSFORM_END);
	bool taken;

	if (transform == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	if (access(transform, F_OK) == 0)
		return manage_fail(e, EINVAL, "%s: a transform into this set was cut off: run it again, it goes on where it stopped",
				   transform);
	if (left && dry_run)
		return manage_fail(e, EINVAL, "%s: a change of features was cut off: run this again, not as a dry run", left);
	return left == NULL || journal_take_back(m, &taken, e);
}
