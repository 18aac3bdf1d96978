#include "analyzer/facts/btt_recovery.h"

#include "formats/blk/blk.h"
#include "formats/btt/map.h"
#include "formats/btt/readers.h"
#include "formats/image/overlay.h"

#include <inttypes.h>
#include <string.h>

enum { KEEP = 100 }; /* findings kept per check of what is there afterwards */

struct driver {
	struct arena *a;
	struct recovery *rec;
	const struct btt *b;
	enum btt_reader reader;
	struct image *after;
};

static void step_add(struct driver *d, const struct node *node, const char *says)
{
	struct recovery_step *s = ARENA_NEW(d->a, struct recovery_step);

	if (s == NULL)
		return;
	*s = (struct recovery_step){ .says = says, .node = node };
	d->rec->steps_nr++;
	if (d->rec->last)
		d->rec->last->next = s;
	else
		d->rec->first = s;
	d->rec->last = s;
}

/* The map word of lba as the steps so far have left it. */
static bool word_now(struct driver *d, const struct btt_arena *ar, uint32_t lba, uint32_t *word)
{
	uint8_t bytes[BTT_MAP_WORD], lost[BTT_MAP_WORD];

	if (!image_read(d->after, ar->map_at + (uint64_t)lba * BTT_MAP_WORD, sizeof(bytes), bytes, lost))
		return false;
	return span_le32((struct span){ bytes, lost, 0, sizeof(bytes) }, 0, word);
}

static void word_put(struct driver *d, const struct btt_arena *ar, uint32_t lba, uint32_t word)
{
	const uint8_t le[] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24) };

	overlay_write(d->after, ar->map_at + (uint64_t)lba * BTT_MAP_WORD, le, sizeof(le));
}

/* The kernel clears what may be poisoned in a block that was given up for its errors. */
static void poison_clear(struct driver *d, const struct btt_arena *ar, uint32_t lane, uint32_t old_map)
{
	enum { STEP = 4096 };
	static const uint8_t zero[STEP];
	uint32_t block = btt_map_block(old_map);
	uint64_t at = ar->data_at + (uint64_t)block * ar->internal_lbasize;

	if (d->reader != BTT_READER_KERNEL || btt_map_state(old_map) != BTT_MAP_ERROR || block >= ar->internal_nlba)
		return;
	for (uint32_t done = 0; done < ar->internal_lbasize; done += STEP) {
		uint32_t n = ar->internal_lbasize - done < STEP ? ar->internal_lbasize - done : STEP;
		overlay_write(d->after, at + done, zero, n);
	}
	d->rec->needed = true;
	step_add(d, ar->node, arena_printf(d->a, "lane %" PRIu32 ": fills its free media block %" PRIu32
						 " with zeros, because of a media error there", lane, block));
}

static void lane_start(struct driver *d, const struct btt_arena *ar, uint32_t i)
{
	struct btt_lane lane;
	uint32_t word, now;

	if (!btt_flog_lane(ar->flog, i, ar->padding, &lane)) {
		d->rec->refused = arena_printf(d->a, "lane %" PRIu32 " of arena %" PRIu32 " cannot be read", i, ar->idx);
		return;
	}
	int taken = btt_reader_current(d->reader, ar->padding, &lane);
	if (taken < 0 && d->reader == BTT_READER_PMDK) {
		step_add(d, ar->flog_node, arena_printf(d->a, "lane %" PRIu32 ": its numbers contradict each other; arena %" PRIu32
							      " is opened for reading only", i, ar->idx));
		return;
	}
	if (taken < 0) {
		d->rec->refused = arena_printf(d->a, "the numbers of lane %" PRIu32 " of arena %" PRIu32
						     " contradict each other, and the kernel refuses the BTT", i, ar->idx);
		return;
	}
	const struct btt_flog_entry *e = &lane.ent[taken];
	if (e->lba >= ar->external_nlba && d->reader == BTT_READER_PMDK && e->lba >= d->b->nlba) {
		d->rec->refused = arena_printf(d->a, "lane %" PRIu32 " of arena %" PRIu32 " names block %" PRIu32
						     ", which does not exist, and libpmemblk refuses the pool", i, ar->idx, e->lba);
		return;
	}
	if (e->lba >= ar->external_nlba)
		return; /* neither looks at such a word with care; btt.flog.range tells of it */
	poison_clear(d, ar, i, e->old_map);
	if (!word_now(d, ar, e->lba, &word) || !btt_reader_unfinished(d->reader, e, word, &now))
		return;
	word_put(d, ar, e->lba, now);
	d->rec->needed = true;
	step_add(d, ar->flog_node, arena_printf(d->a, "lane %" PRIu32 ": finishes the write of block %" PRIu32
						      ": its map word 0x%08" PRIx32 " becomes 0x%08" PRIx32, i, e->lba, word, now));
}

static void arena_start(struct driver *d, const struct btt_arena *ar)
{
	if (!btt_reader_finds(d->reader, d->b, ar)) {
		d->rec->refused =
			d->reader == BTT_READER_PMDK
				? arena_printf(d->a, "libpmemblk finds no info block in arena %" PRIu32 " and never looks at the "
						     "backup: it shows zeros, and the next write lays a new BTT over the data", ar->idx)
				: ar->idx ? arena_printf(d->a, "the kernel finds no info block in arena %" PRIu32 " and refuses the BTT",
							 ar->idx)
					  : "the kernel finds no info block and never looks at the backup: configured as a BTT, the "
					    "namespace gets a new one, over the data";
		return;
	}
	if (ar->padding == BTT_PADDING_UNKNOWN && d->reader == BTT_READER_KERNEL) {
		d->rec->refused = "the kernel cannot tell which entries of the flog are in use, and refuses the BTT";
		return;
	}
	for (uint32_t i = 0; i < ar->lanes && d->rec->refused == NULL; i++)
		lane_start(d, ar, i);
}

/* The path of n anew, so that what is found afterwards is named as before. */
static struct node *path_again(struct arena *a, const struct node *n)
{
	if (n == NULL || n->parent == NULL)
		return node_group(a, NULL, n ? n->name : "");
	struct node *up = path_again(a, n->parent);

	return n->numbered ? node_group_idx(a, up, n->name, n->idx) : node_group(a, up, n->name);
}

static bool content(void *ctx, const struct check *c)
{
	(void)ctx;
	return strncmp(c->id, "btt.", 4) == 0;
}

static void judge(struct driver *d, const struct model *m)
{
	const struct btt *b = d->b;
	struct model *after = ARENA_NEW(d->a, struct model);
	struct node *parent = b->node->parent ? path_again(d->a, b->node->parent) : NULL;

	if (after == NULL || parent == NULL)
		return;
	*after = (struct model){ .arena = d->a, .intake = m->intake, .root = parent, .format = m->format,
				 .logical = d->after };
	while (after->root->parent)
		after->root = after->root->parent;
	after->btt = btt_decode(d->a, parent, d->after, b->at, b->len, b->container, b->bsize, b->parent_uuid);
	d->rec->findings = after->btt ? findings_open(d->a, KEEP) : NULL;
	if (d->rec->findings == NULL)
		return;
	checks_run(after, d->rec->findings, content, NULL);
	d->rec->model = after;
}

struct recovery *btt_recovery(struct arena *a, const struct model *m)
{
	const struct btt *b = m->btt;
	struct recovery *rec;

	if (b == NULL || !b->written || (rec = ARENA_NEW(a, struct recovery)) == NULL)
		return NULL;
	struct driver d = { a, rec, b, btt_reader_of(b), overlay_open(a, b->image) };
	if (d.after == NULL)
		return NULL;
	rec->by = d.reader == BTT_READER_PMDK ? "libpmemblk" : "Linux's BTT driver";
	for (uint32_t k = 0; k < b->nr && rec->refused == NULL; k++)
		arena_start(&d, &b->arenas[k]);
	if (!rec->needed)
		return rec;
	rec->after = d.after;
	rec->changed = overlay_changed(d.after);
	judge(&d, m);
	return rec;
}
