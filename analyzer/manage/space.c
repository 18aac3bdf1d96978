#include "analyzer/manage/space.h"

#include "formats/pool/hdr.h"

#include <errno.h>
#include <inttypes.h>

uint64_t space_part_size(const struct member *p)
{
	return p->declared ? p->declared : p->size;
}

bool space_make(struct space *s, const struct members *m, uint32_t replica, bool single, struct manage_error *e)
{
	*s = (struct space){ .pieces = arena_array(m->arena, members_parts(m, replica), sizeof(*s->pieces)) };
	if (s->pieces == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	for (uint32_t i = 0; i < m->nr; i++) {
		const struct member *p = &m->list[i];
		uint64_t usable = space_part_size(p) / SPACE_PAGE * SPACE_PAGE;
		uint64_t off = p->part && !single ? POOL_HDR_LEN : 0;

		if (p->replica != replica)
			continue;
		if (usable <= off || usable - off > INT64_MAX - s->size)
			return manage_fail(e, EINVAL, "%s: %" PRIu64 " bytes are no size of a part", members_name(m, p),
					   space_part_size(p));
		s->pieces[s->nr++] = (struct space_piece){ .part = i, .at = s->size, .len = usable - off, .off = off };
		s->size += usable - off;
	}
	return true;
}

const struct space_piece *space_find(const struct space *s, uint64_t at)
{
	uint32_t lo = 0, hi = s->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct space_piece *p = &s->pieces[mid];

		if (at < p->at)
			hi = mid;
		else if (at - p->at >= p->len)
			lo = mid + 1;
		else
			return p;
	}
	return NULL;
}
