#include "analyzer/facts/btt_right.h"

#include "analyzer/facts/btt_blocks.h"
#include "analyzer/facts/btt_rebuild.h"

#include <inttypes.h>
#include <string.h>

bool btt_right_same(const struct field *f, const struct btt_info *x, const struct btt_info *y)
{
	if (f->rep == REP_RAW)
		return memcmp(layout_bytes(f, x), layout_bytes(f, y), f->width) == 0;
	return layout_value(f, x) == layout_value(f, y);
}

/* The i-th of the info blocks of all arenas; NULL: it does not hold. */
static const struct btt_info *copy_of(const struct btt *b, uint64_t i)
{
	const struct btt_copy *c = i % 2 ? &b->arenas[i / 2].backup : &b->arenas[i / 2].primary;

	return c->good ? c->info : NULL;
}

const struct btt_info *btt_right_voted(const struct btt *b, const struct field *f, bool *sure)
{
	const struct btt_info *first = NULL, *most = NULL;
	uint64_t all = 0, lead = 0, nr = 0;

	/* what more than half have is left when each pair of different ones is taken away */
	for (uint64_t i = 0; i < UINT64_C(2) * b->nr; i++) {
		const struct btt_info *info = copy_of(b, i);

		if (info == NULL)
			continue;
		all++;
		first = first ? first : info;
		if (lead == 0)
			most = info;
		lead = btt_right_same(f, info, most) ? lead + 1 : lead - 1;
	}
	for (uint64_t i = 0; most && i < UINT64_C(2) * b->nr; i++)
		nr += copy_of(b, i) && btt_right_same(f, copy_of(b, i), most);
	*sure = nr > all / 2;
	return *sure ? most : first;
}

struct sizes { uint32_t external, internal, nfree; };

struct choice {
	struct arena *a;
	const struct btt *b;
	const struct btt_arena *ar;
	struct sizes best;
	struct btt_geom geom;
	uint32_t lanes; /* never used, and where best puts them */
	bool told;
};

/* Would whoever uses such a container lay it out so? */
static bool possible(const struct btt *b, struct sizes s)
{
	if (s.external == 0 || s.nfree == 0 || s.nfree > BTT_LANES_MAX)
		return false;
	if (b->container == BTT_IN_POOL)
		return s.internal == btt_geom_internal(s.external, BTT_ROUND_PMDK);
	return s.internal >= 512 && s.internal >= s.external && s.internal % 64 == 0;
}

static void by_lanes(struct choice *c, struct sizes s)
{
	enum { SURE = 3 }; /* that many cannot be there by chance */
	struct btt_geom g;

	if (!possible(c->b, s) || !btt_geom(c->ar->len, s.internal, s.nfree, &g))
		return;
	uint32_t nr = btt_rebuild_lanes(c->b, c->a, c->ar->at, &g);
	if (nr < SURE || nr <= c->lanes)
		return;
	c->lanes = nr;
	c->best = s;
	c->geom = g;
	c->told = true;
}

/* Where every lane was used, map and flog have to name each block once. A lane without a block may have one that is left. */
static void by_blocks(struct choice *c, struct sizes s)
{
	struct btt_geom g;
	struct btt_arena as;

	if (c->told || !possible(c->b, s) || !btt_geom(c->ar->len, s.internal, s.nfree, &g) ||
	    !btt_arena_as(c->a, c->b, c->ar, &g, &as))
		return;
	const struct btt_blocks *bl = btt_blocks(c->a, c->b, &as, 1, 0);
	if (bl == NULL || !bl->complete || bl->nr[BTT_FAULT_RANGE] || bl->nr[BTT_FAULT_TWICE] || bl->nr[BTT_FAULT_LOST] ||
	    bl->nr[BTT_FAULT_UNOWNED] != as.lanes - bl->free_nr)
		return;
	/* zeros are no map and no flog */
	if (bl->free_nr != as.lanes && bl->words[BTT_MAP_INITIAL] == as.external_nlba)
		return;
	c->best = s;
	c->geom = g;
	c->told = true;
}

static uint32_t external_voted(const struct btt *b, uint32_t otherwise)
{
	bool sure;
	const struct btt_info *most = btt_right_voted(b, layout_field(&btt_info_layout, "external_lbasize"), &sure);

	return most && (sure || b->bsize == 0) ? most->external_lbasize : b->bsize ? b->bsize : otherwise;
}

static void each_size(struct choice *c, const struct btt_info *info, void (*judge)(struct choice *, struct sizes))
{
	const struct btt *b = c->b;
	enum btt_rounding r = b->container == BTT_IN_POOL ? BTT_ROUND_PMDK : BTT_ROUND_KERNEL;
	bool sure;
	const struct btt_info *most = btt_right_voted(b, layout_field(&btt_info_layout, "internal_lbasize"), &sure);
	const struct btt_info *all[] = { info, c->ar->primary.good ? c->ar->primary.info : NULL,
					 c->ar->backup.good ? c->ar->backup.info : NULL, most };
	const uint32_t lanes[] = { info->nfree, BTT_NFREE }, voted = external_voted(b, info->external_lbasize);

	for (int k = 0; k < (info->nfree == BTT_NFREE ? 1 : 2); k++) {
		judge(c, (struct sizes){ voted, info->internal_lbasize, lanes[k] });
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			if (all[i] == NULL)
				continue;
			judge(c, (struct sizes){ all[i]->external_lbasize, all[i]->internal_lbasize, lanes[k] });
			judge(c, (struct sizes){ all[i]->external_lbasize, btt_geom_internal(all[i]->external_lbasize, r), lanes[k] });
		}
		judge(c, (struct sizes){ voted, btt_geom_internal(voted, r), lanes[k] });
		judge(c, (struct sizes){ b->bsize, info->internal_lbasize, lanes[k] });
		judge(c, (struct sizes){ b->bsize, btt_geom_internal(b->bsize, r), lanes[k] });
	}
}

static void by_usual_size(struct choice *c)
{
	enum btt_rounding r;
	uint32_t lanes, lbasize = btt_rebuild_lbasize(c->b, c->ar, c->a, &r, &lanes);

	if (lbasize)
		by_lanes(c, (struct sizes){ lbasize, btt_geom_internal(lbasize, r), BTT_NFREE });
}

bool btt_right_places(struct arena *a, const struct btt *b, const struct btt_arena *ar, struct btt_info *info, const char **why)
{
	struct choice c = { .a = a, .b = b, .ar = ar };

	each_size(&c, info, by_lanes);
	if (!c.told)
		by_usual_size(&c);
	if (c.told)
		*why = arena_printf(a, "%" PRIu32 " lanes that were never used lie and point where this puts them", c.lanes);
	else
		each_size(&c, info, by_blocks);
	if (!c.told)
		return false;
	if (c.lanes == 0)
		*why = "map and flog, read so, name every block once";
	info->external_lbasize = c.best.external;
	info->external_nlba = c.geom.external_nlba;
	info->internal_lbasize = c.best.internal;
	info->internal_nlba = c.geom.internal_nlba;
	info->nfree = c.best.nfree;
	info->mapoff = c.geom.mapoff;
	info->flogoff = c.geom.flogoff;
	info->infooff = c.geom.infooff;
	return true;
}

/* The layout of an arena of len bytes, in all its words. */
static bool laid_out(const struct btt_info *i, uint64_t len)
{
	struct btt_geom g;

	return btt_geom(len, i->internal_lbasize, i->nfree, &g) && g.external_nlba == i->external_nlba &&
	       g.internal_nlba == i->internal_nlba && g.mapoff == i->mapoff && g.flogoff == i->flogoff && g.infooff == i->infooff;
}

bool btt_right_trusted(const struct btt_arena *ar)
{
	uint64_t end;

	return ar->info == NULL ||
	       (!__builtin_add_overflow(ar->info->infooff, (uint64_t)BTT_INFO_LEN, &end) && laid_out(ar->info, end));
}

bool btt_right_cut(const struct btt *b, const struct btt_arena *ar, const struct btt_info *info, uint64_t *at)
{
	return info->nextoff && ar->idx + 1 == b->nr && !__builtin_add_overflow(ar->at - b->at, info->nextoff, at) &&
	       *at >= b->len;
}

static void next_put(const struct btt *b, const struct btt_arena *ar, struct btt_info *out)
{
	const struct btt_arena *next = ar->idx + 1 < b->nr ? ar + 1 : NULL;
	uint64_t at;

	/* an arena that is announced and not there is for another check; one that nobody laid out is none */
	if (next ? next->info != NULL : !btt_right_cut(b, ar, out, &at))
		out->nextoff = ar->nextoff;
}

void btt_right_info(struct arena *a, const struct btt *b, const struct btt_arena *ar, struct btt_info *out, const char **why)
{
	uint32_t flags = (ar->primary.good ? ar->primary.info->flags : 0) | (ar->backup.good ? ar->backup.info->flags : 0);

	*out = *ar->info;
	*why = "every layout has it so";
	out->flags = flags & BTT_FLAG_ERROR;
	if (out->flags & ~ar->info->flags)
		*why = "an update of the ERROR flag was cut off between the two";
	out->infosize = BTT_INFO_LEN;
	out->dataoff = BTT_PAGE;
	memset(out->unused, 0, sizeof(out->unused));
	next_put(b, ar, out);
	if (out->nextoff != ar->info->nextoff)
		*why = "the length of the container asks for it";
	uint32_t voted = external_voted(b, out->external_lbasize);
	if (voted != out->external_lbasize && possible(b, (struct sizes){ voted, out->internal_lbasize, out->nfree })) {
		out->external_lbasize = voted;
		*why = "the other info blocks, and what is told of the container, have this block size";
	}
	if (!possible(b, (struct sizes){ out->external_lbasize, out->internal_lbasize, out->nfree }) || !laid_out(out, ar->len))
		btt_right_places(a, b, ar, out, why);
}
