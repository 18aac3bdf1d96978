/*
 * What an arena's info block ought to say, by witnesses other than itself: the container's length and what lies around it,
 * block sizes told elsewhere, and the flog, whose lanes name the blocks behind the last one offered as long as they were
 * never used. A container that was cut or grown has its map and flog elsewhere: there, nothing is told.
 */
#ifndef ANALYZER_FACTS_BTT_RIGHT_H
#define ANALYZER_FACTS_BTT_RIGHT_H

#include "formats/btt/arena.h"

/* Do two info blocks have the same in a row of their layout? */
bool btt_right_same(const struct field *f, const struct btt_info *x, const struct btt_info *y);
/*
 * An info block of b that has in f what most of those that hold have. *sure: more than half of them; else the first that
 * holds. NULL: none does.
 */
const struct btt_info *btt_right_voted(const struct btt *b, const struct field *f, bool *sure);

/*
 * Puts block sizes, counts and places into *info where map and flog confirm them; *info's own sizes are tried first, then
 * those of others. *why: by whom, a clause. False, *info untouched: nothing confirms any.
 */
bool btt_right_places(struct arena *a, const struct btt *b, const struct btt_arena *ar, struct btt_info *info, const char **why);
/* The block in use, ar->info (not NULL), with all that can be told put right but for uuids and version; not sealed. */
void btt_right_info(struct arena *a, const struct btt *b, const struct btt_arena *ar, struct btt_info *out, const char **why);

/* Are the places in use those of some length of arena? Its container may have been cut or grown since. */
bool btt_right_trusted(const struct btt_arena *ar);

/* Does the block announce an arena behind the container's end? *at: where, from the container's start. */
bool btt_right_cut(const struct btt *b, const struct btt_arena *ar, const struct btt_info *info, uint64_t *at);

#endif
