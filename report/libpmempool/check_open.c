/* What a check is of: the files, locked; the type, as far as headers alone tell it. */
#include "report/libpmempool/check.h"

#include "analyzer/manage/copy.h"
#include "formats/pool/hdr.h"

#include <errno.h>
#include <inttypes.h>

static const enum pmempool_pool_type types[] = {
	[POOL_UNKNOWN] = PMEMPOOL_POOL_TYPE_DETECT, [POOL_OBJ] = PMEMPOOL_POOL_TYPE_OBJ,
	[POOL_BLK] = PMEMPOOL_POOL_TYPE_BLK, [POOL_LOG] = PMEMPOOL_POOL_TYPE_LOG,
	[POOL_CTO] = PMEMPOOL_POOL_TYPE_DETECT,
};

bool check_type_fits(enum pmempool_pool_type asked, unsigned type)
{
	return asked == PMEMPOOL_POOL_TYPE_DETECT || asked == PMEMPOOL_POOL_TYPE_BTT ||
	       types[type] == PMEMPOOL_POOL_TYPE_DETECT || types[type] == asked;
}

/* The type that most whole headers say; where none is whole, what part 0 says. DETECT: none. */
static enum pmempool_pool_type type_told(const struct members *m)
{
	uint32_t votes[PMEMPOOL_POOL_TYPE_RESERVED1 + 1] = { 0 };
	enum pmempool_pool_type first = PMEMPOOL_POOL_TYPE_DETECT, best = PMEMPOOL_POOL_TYPE_DETECT;

	for (uint32_t i = 0; i < m->nr; i++) {
		uint8_t bytes[POOL_HDR_LEN];
		struct span s = { .p = bytes, .len = sizeof(bytes) };
		struct pool_hdr h;
		uint64_t sum;

		if (!copy_read(&m->list[i], bytes, sizeof(bytes), 0) || !layout_decode(&pool_hdr_layout, s, 0, &h))
			continue;
		enum pmempool_pool_type type = types[pool_hdr_type(&h)];
		if (i == 0)
			first = type;
		if (pool_hdr_sum(s, &h, &sum) != POOL_HDR_SUM_BAD)
			votes[type]++;
	}
	for (unsigned t = PMEMPOOL_POOL_TYPE_LOG; t <= PMEMPOOL_POOL_TYPE_OBJ; t++)
		if (votes[t] > votes[best])
			best = (enum pmempool_pool_type)t;
	return best == PMEMPOOL_POOL_TYPE_DETECT ? first : best;
}

static bool type_judge(const struct pmempool_check_ctx *c, struct manage_error *e)
{
	static const char *const names[] = { "DETECT", "LOG", "BLK", "OBJ", "BTT" };
	enum pmempool_pool_type told;

	if (c->type == PMEMPOOL_POOL_TYPE_DETECT || c->type == PMEMPOOL_POOL_TYPE_BTT)
		return true;
	if ((unsigned)c->type > PMEMPOOL_POOL_TYPE_BTT)
		return manage_fail(e, EINVAL, "pool_type %d: there is no such", (int)c->type);
	told = type_told(&c->m);
	/* where no header tells anything, the declared type has nothing against it */
	return told == c->type || told == PMEMPOOL_POOL_TYPE_DETECT ||
	       manage_fail(e, EINVAL, "%s: pool_hdr.signature: it is a pool of type %s, and %s was asked for", c->m.path, names[told],
			   names[c->type]);
}

static bool sizes_judge(const struct pmempool_check_ctx *c, struct manage_error *e)
{
	for (uint32_t i = 0; i < c->m.nr; i++)
		if (c->m.list[i].size < POOL_HDR_LEN)
			return manage_fail(e, EINVAL, "%s: %" PRIu64 " bytes are too few for a pool",
					   members_name(&c->m, &c->m.list[i]), c->m.list[i].size);
	return true;
}

bool check_open(struct pmempool_check_ctx *c, const char *path, struct manage_error *e)
{
	bool write = c->flags & PMEMPOOL_CHECK_REPAIR && !(c->flags & PMEMPOOL_CHECK_DRY_RUN);
	bool ok = members_read(&c->m, c->arena, path, 0, e) && members_local(&c->m, EINVAL, e) && members_whole(&c->m, e);

	if (e->errnum == EISDIR)
		e->errnum = EINVAL;
	for (uint32_t i = 0; ok && i < c->m.nr; i++)
		if (c->m.list[i].kind == MEMBER_DAX && c->flags & PMEMPOOL_CHECK_DRY_RUN)
			ok = manage_fail(e, ENOTSUP, "%s: the library makes no dry run on a DAX device, as PMDK's makes none; pmemscope repair "
					 "shows the plan and writes nothing", members_name(&c->m, &c->m.list[i]));
	if (ok && c->m.text && c->type == PMEMPOOL_POOL_TYPE_BTT)
		ok = manage_fail(e, EINVAL, "%s: a BTT has no set file", path);
	return ok && members_open(&c->m, write, true, e) && sizes_judge(c, e) && type_judge(c, e);
}
