#include "analyzer/facts/btt_story.h"

#include "formats/btt/map.h"
#include "formats/btt/readers.h"
#include "formats/btt/writes.h"

#include <inttypes.h>
#include <string.h>

struct teller {
	struct arena *a;
	struct story *story;
	const struct btt *b;
	const struct btt_arena *ar;
	uint32_t lane;
};

static struct activity *activity_add(struct teller *t, enum activity_state state, const char *stage)
{
	struct activity *act = ARENA_NEW(t->a, struct activity);

	if (act == NULL)
		return NULL;
	*act = (struct activity){ .state = state, .stage = stage, .node = t->ar->flog_node };
	act->actor = t->b->nr > 1 ? arena_printf(t->a, "arena %" PRIu32 ", lane %" PRIu32, t->ar->idx, t->lane)
				  : arena_printf(t->a, "lane %" PRIu32, t->lane);
	t->story->nr[state]++;
	if (t->story->last)
		t->story->last->next = act;
	else
		t->story->first = act;
	t->story->last = act;
	return act;
}

static struct change *change_add(struct teller *t, struct activity *act, const char *what)
{
	struct change *c = act ? ARENA_NEW(t->a, struct change) : NULL;

	if (c == NULL)
		return NULL;
	*c = (struct change){ .what = what, .image = t->b->image };
	act->changes_nr++;
	if (act->last)
		act->last->next = c;
	else
		act->first = c;
	act->last = c;
	return c;
}

static const uint8_t *word_bytes(struct teller *t, uint32_t word)
{
	const uint8_t le[] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24) };

	return (const uint8_t *)arena_copy(t->a, le, sizeof(le));
}

static void word_change(struct teller *t, struct activity *act, uint32_t lba, uint32_t before, uint32_t after)
{
	struct change *c = change_add(t, act, arena_printf(t->a, "map word of block %" PRIu32, lba));

	if (c == NULL)
		return;
	c->node = t->ar->map_node;
	c->at = t->ar->map_at + (uint64_t)lba * BTT_MAP_WORD;
	c->len = BTT_MAP_WORD;
	c->before = word_bytes(t, before);
	c->after = word_bytes(t, after);
	c->shown = BTT_MAP_WORD;
}

static const uint8_t *block_bytes(struct teller *t, uint32_t block, uint32_t shown)
{
	struct span s;
	uint64_t at = t->ar->data_at + (uint64_t)block * t->ar->internal_lbasize;

	if (block >= t->ar->internal_nlba || !image_span(t->b->image, t->a, at, shown, &s) || span_lost(s))
		return NULL;
	return s.p;
}

/* before: what the block showed, by its state; a word of the map or of the flog. */
static void data_change(struct teller *t, struct activity *act, uint32_t lba, uint32_t before, uint32_t into)
{
	struct change *c = change_add(t, act, arena_printf(t->a, "data of block %" PRIu32, lba));
	const struct btt_arena *ar = t->ar;

	if (c == NULL)
		return;
	c->node = ar->node;
	c->at = ar->data_at + (uint64_t)into * ar->internal_lbasize;
	c->len = ar->info ? ar->info->external_lbasize : ar->internal_lbasize;
	c->shown = c->len < CHANGE_SHOWN ? (uint32_t)c->len : CHANGE_SHOWN;
	if (btt_map_state(before) == BTT_MAP_NORMAL)
		c->before = block_bytes(t, btt_map_block(before), c->shown);
	c->after = block_bytes(t, into, c->shown);
	c->user_data = true;
}

/* Committed in the flog, not yet in the map. */
static void forward_tell(struct teller *t, const struct btt_flog_entry *e, uint32_t word)
{
	struct activity *act = activity_add(t, ACTIVITY_FORWARD, "write committed, map not updated");
	uint32_t into = btt_map_block(e->new_map);

	if (act == NULL)
		return;
	act->says = arena_printf(t->a,
				 "The write of block %" PRIu32 " into media block %" PRIu32
				 " was committed; the map still names media block %" PRIu32 ".",
				 e->lba, into, btt_map_owned(word, e->lba));
	act->outcome = arena_printf(t->a, "At its next start %s finishes it: the map word of block %" PRIu32 " becomes 0x%08" PRIx32 ".",
				    btt_reader_name(btt_reader_of(t->b)), e->lba, btt_map_word(into));
	word_change(t, act, e->lba, word, btt_map_word(into));
	data_change(t, act, e->lba, word, into);
}

static void torn_tell(struct teller *t, const struct btt_lane *lane, int ent)
{
	struct activity *act = activity_add(t, ACTIVITY_TORN, "write logged by half");
	const struct btt_flog_entry *e = &lane->ent[ent];

	if (act == NULL)
		return;
	act->says = arena_printf(t->a,
				 "A write of block %" PRIu32 " was about to be committed: the first half of its log entry is "
				 "there, the number that makes it count is not. Its data went into a free block.",
				 e->lba);
	act->outcome = "The entry is ignored: the block keeps what it held before, the write is lost.";
	data_change(t, act, e->lba, e->old_map | BTT_MAP_NORMAL_BITS,
		    btt_map_block(lane->ent[lane->current].old_map));
}

static void unsure_tell(struct teller *t, const struct btt_lane *lane, bool read)
{
	struct activity *act = activity_add(t, ACTIVITY_UNSURE, "log damaged");
	enum btt_reader r = btt_reader_of(t->b);
	int taken = read ? btt_reader_current(r, t->ar->padding, lane) : -1;

	if (act == NULL)
		return;
	act->says = read ? "Its two entries do not tell which is the newer one."
			 : "Its entries could not be read.";
	if (!read)
		act->outcome = "Without its entries the lane's free block is not known.";
	else if (taken >= 0)
		act->outcome = arena_printf(t->a, "At its next start %s takes entry %d for its last write.", btt_reader_name(r), taken);
	else
		act->outcome = r == BTT_READER_PMDK ? "libpmemblk opens the arena for reading only."
						    : "The kernel refuses the whole BTT.";
}

/* Over and shown in the map: what its entry tells of the time before. */
static void past_tell(struct teller *t, const struct btt_flog_entry *e, uint32_t word)
{
	struct activity *act = activity_add(t, ACTIVITY_PAST, "write done");
	uint32_t into = btt_map_block(e->new_map), from = btt_map_block(e->old_map);

	if (act == NULL)
		return;
	act->says = arena_printf(t->a, "Last wrote block %" PRIu32 ", which went from media block %" PRIu32 " to %" PRIu32 "%s.",
				 e->lba, from, into,
				 btt_map_owned(word, e->lba) == into ? "" : "; another lane has written it since");
	word_change(t, act, e->lba, btt_map_word(from), btt_map_word(into));
	data_change(t, act, e->lba, e->old_map | (btt_map_state(e->old_map) ? 0 : BTT_MAP_NORMAL_BITS), into);
}

static void lane_tell(struct teller *t)
{
	struct btt_lane lane;
	uint32_t word;
	uint8_t lost;
	int ent;
	bool read = btt_flog_lane(t->ar->flog, t->lane, t->ar->padding, &lane);

	t->story->actors++;
	if (!read || lane.current < 0 || lane.how == BTT_CURRENT_DAMAGED_PAIR) {
		unsure_tell(t, &lane, read);
		return;
	}
	const struct btt_flog_entry *e = &lane.ent[lane.current];
	bool torn = btt_writes_torn(t->b, t->ar, &lane, &ent);
	bool moved = e->lba < t->ar->external_nlba && btt_map_block(e->old_map) != btt_map_block(e->new_map) &&
		     btt_map_read(t->b, t->ar, e->lba, 1, &word, &lost) && !lost;
	bool pending = false;
	uint32_t nr = t->ar->pending_nr;

	for (uint32_t i = 0; moved && i < nr; i++)
		pending |= t->ar->pending[i].lane == t->lane;
	if (pending)
		forward_tell(t, e, word);
	if (torn)
		torn_tell(t, &lane, ent);
	if (pending || torn)
		return;
	t->story->idle++;
	if (moved)
		past_tell(t, e, word);
}

struct story *btt_story(struct arena *a, const struct model *m)
{
	const struct btt *b = m->btt;
	struct story *s;

	if (b == NULL || !b->written || (s = ARENA_NEW(a, struct story)) == NULL)
		return NULL;
	for (uint32_t k = 0; k < b->nr; k++)
		for (uint32_t i = 0; b->arenas[k].flog_node && i < b->arenas[k].lanes; i++)
			lane_tell(&(struct teller){ a, s, b, &b->arenas[k], i });
	uint64_t forward = s->nr[ACTIVITY_FORWARD], torn = s->nr[ACTIVITY_TORN], unsure = s->nr[ACTIVITY_UNSURE];
	if (forward || torn || unsure)
		s->summary = arena_printf(a,
					  "%" PRIu64 " write%s committed and not in the map yet, %" PRIu64
					  " cut off before the commit%s.",
					  forward, forward == 1 ? " was" : "s were", torn,
					  unsure ? arena_printf(a, "; of %" PRIu64 " lane%s the log is damaged", unsure,
								unsure == 1 ? "" : "s")
						 : "");
	return s;
}
