#include "formats/btt/readers.h"

#include "formats/btt/map.h"

const char *btt_reader_name(enum btt_reader r)
{
	static const char *const names[] = { "libpmemblk", "the kernel", "UEFI firmware" };

	return names[r];
}

enum btt_reader btt_reader_of(const struct btt *b)
{
	return b->container == BTT_IN_POOL ? BTT_READER_PMDK : BTT_READER_KERNEL;
}

/* The kernel looks at the distance alone, so that {2, 0} is newer by its zero. Source: btt_log_get_old. */
static int kernel_current(uint32_t seq0, uint32_t seq1)
{
	if (seq0 == 0)
		return 1;
	if (seq0 == seq1)
		return -1;
	if ((uint64_t)seq0 + seq1 > 5)
		return -1;
	int old = seq0 < seq1 ? (seq1 - seq0 == 1 ? 0 : 1) : (seq0 - seq1 == 1 ? 1 : 0);

	return !old;
}

int btt_reader_current(enum btt_reader r, enum btt_padding scheme, const struct btt_lane *lane)
{
	int second = r == BTT_READER_KERNEL && scheme == BTT_PADDING_OLD ? 2 : 1;
	uint32_t seq0 = lane->ent[0].seq, seq1 = lane->ent[second].seq;
	int at;

	if (r == BTT_READER_KERNEL)
		at = kernel_current(seq0, seq1);
	else
		at = btt_flog_newer(seq0, seq1);
	return at <= 0 ? at : second;
}

bool btt_reader_unfinished(enum btt_reader r, const struct btt_flog_entry *e, uint32_t word, uint32_t *now)
{
	if (r == BTT_READER_PMDK) {
		if (btt_map_state(word) == BTT_MAP_INITIAL)
			word = btt_map_word(e->lba);
		*now = e->new_map;
		return e->old_map != e->new_map && word != e->new_map && word == e->old_map;
	}
	*now = btt_map_word(btt_map_block(e->new_map));
	return btt_map_block(e->old_map) != btt_map_block(e->new_map) &&
	       btt_map_owned(word, e->lba) == btt_map_block(e->old_map);
}

bool btt_reader_finds(enum btt_reader r, const struct btt *b, const struct btt_arena *ar)
{
	static const uint8_t null[UUID_LEN];
	const struct btt_copy *c = &ar->primary;

	if (r == BTT_READER_UEFI && !c->good)
		c = &ar->backup;
	if (!c->good)
		return false;
	if (b->parent_uuid == NULL || uuid_same(c->info->parent_uuid, b->parent_uuid))
		return true;
	return r == BTT_READER_KERNEL && uuid_same(c->info->parent_uuid, null);
}
