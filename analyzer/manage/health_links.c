#include "analyzer/manage/health.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* A header of the replica that holds: all of them keep the same links to the other replicas. */
static const struct part *witness(const struct health *h, uint32_t replica)
{
	for (uint32_t i = 0; i < health_parts(h, replica); i++)
		if (health_part(h, replica, i)->header_good)
			return health_part(h, replica, i);
	return NULL;
}

static bool wrong_order(const struct health *h, const struct part *a, const struct part *b, struct manage_error *e)
{
	return manage_fail(e, EINVAL, "%s: its links do not name %s: the lines of the set file are in another order than the parts, "
			   "or one of the two files does not belong there", health_name(h, a), health_name(h, b));
}

static bool ring_of_parts(const struct health *h, uint32_t replica, struct manage_error *e)
{
	uint32_t nr = health_parts(h, replica);
	const struct part *one = witness(h, replica);

	for (uint32_t i = 0; i < nr; i++) {
		const struct part *a = health_part(h, replica, i);
		const struct part *b = h->single ? a : health_part(h, replica, i + 1);

		if (!a->header_good)
			continue;
		if (b->header_good && (!uuid_same(a->hdr.next_part_uuid, b->hdr.uuid) || !uuid_same(b->hdr.prev_part_uuid, a->hdr.uuid)))
			return wrong_order(h, a, b, e);
		if (!uuid_same(a->hdr.prev_repl_uuid, one->hdr.prev_repl_uuid) ||
		    !uuid_same(a->hdr.next_repl_uuid, one->hdr.next_repl_uuid))
			return manage_fail(e, EINVAL, "%s: its links to other replicas are not those of %s: parts of several replicas are "
					   "mixed", health_name(h, a), health_name(h, one));
	}
	return true;
}

static bool ring_of_replicas(const struct health *h, uint32_t replica, struct manage_error *e)
{
	uint32_t other = (replica + 1) % h->m->replicas;
	const struct part *a = witness(h, replica), *b = witness(h, other);
	const struct part *a0 = health_part(h, replica, 0), *b0 = health_part(h, other, 0);

	if (a && a0->header_good && replica == other &&
	    (!uuid_same(a->hdr.next_repl_uuid, a0->hdr.uuid) || !uuid_same(a->hdr.prev_repl_uuid, a0->hdr.uuid)))
		return manage_fail(e, EINVAL, "%s: its links name another replica, and the set file has one only: give the set file that the "
				   "pool has", health_name(h, a));
	if (a && b0->header_good && !uuid_same(a->hdr.next_repl_uuid, b0->hdr.uuid))
		return wrong_order(h, a, b0, e);
	if (b && a0->header_good && !uuid_same(b->hdr.prev_repl_uuid, a0->hdr.uuid))
		return wrong_order(h, b, a0, e);
	return true;
}

static bool hear(struct health *h, struct part *p, const uint8_t *says, struct manage_error *e)
{
	if (uuid_null(says) || uuid_same(p->uuid, says))
		return true;
	if (!uuid_null(p->uuid))
		return manage_fail(e, EINVAL, "%s: the links of other parts call it by two uuids: the set file is not of this pool",
				   health_name(h, p));
	for (uint32_t i = 0; i < h->m->nr; i++)
		if (&h->parts[i] != p && uuid_same(h->parts[i].uuid, says))
			return manage_fail(e, EINVAL, "%s: the links of other parts name %s in its place: the set file has a replica or a "
					   "part that the pool does not have", health_name(h, p), health_name(h, &h->parts[i]));
	memcpy(p->uuid, says, UUID_LEN);
	return true;
}

/* What its neighbours call a part whose own header does not say. */
static bool called(struct health *h, uint32_t replica, uint32_t idx, struct manage_error *e)
{
	struct part *p = health_part(h, replica, idx);
	uint32_t nr = health_parts(h, replica), replicas = h->m->replicas;

	if (!h->single && nr > 1) {
		const struct part *before = health_part(h, replica, idx + nr - 1), *after = health_part(h, replica, idx + 1);

		if ((before->header_good && !hear(h, p, before->hdr.next_part_uuid, e)) ||
		    (after->header_good && !hear(h, p, after->hdr.prev_part_uuid, e)))
			return false;
	}
	if (idx == 0 && replicas > 1) {
		const struct part *before = witness(h, (replica + replicas - 1) % replicas),
				  *after = witness(h, (replica + 1) % replicas);

		if ((before && !hear(h, p, before->hdr.next_repl_uuid, e)) || (after && !hear(h, p, after->hdr.prev_repl_uuid, e)))
			return false;
	}
	return true;
}

bool health_links(struct health *h, struct manage_error *e)
{
	for (uint32_t r = 0; r < h->m->replicas; r++)
		if (!ring_of_parts(h, r, e) || !ring_of_replicas(h, r, e))
			return false;
	for (uint32_t r = 0; r < h->m->replicas; r++)
		for (uint32_t i = 0; i < health_parts(h, r); i++) {
			const struct part *p = health_part(h, r, i);

			if (p->has_header && !p->header_good && !called(h, r, i, e))
				return false;
		}
	return true;
}
