/*
 * A BTT: each info block is the other's witness, the map and the flog are each other's. Where one
 * block has no owner and one word or lane has no block, they belong together.
 */
#ifndef ANALYZER_REPAIR_BTT_H
#define ANALYZER_REPAIR_BTT_H

#include "analyzer/repair/btt_homeless.h"

/* struct check's repair members. */
void btt_repair_primary(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_backup(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_copies(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_fields(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_next(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_generation(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_version(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_parent(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_lost(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_error_flag(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_word(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_twice(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_lane(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_entries(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_stray(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_tail(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_behind(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void btt_repair_bsize(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

/* Puts right what the arena tells against its first info block. False: that one is right, or nothing tells. */
bool btt_repair_right(const struct finding *f, const struct model *m, const struct btt_arena *ar, struct plan *plan);
/* Sets the size of block in all info blocks, for finding f. NULL: no step. */
struct step *btt_repair_lbasize(const struct finding *f, const struct model *m, uint32_t external_lbasize, struct plan *plan);
/* Puts info, sealed, where node is. */
bool btt_repair_info_put(struct plan *plan, struct step *s, const struct node *node, const struct btt_info *info, const char *why);
/* In this round a step was made that changes what the arena's info blocks say: what they tell of other places waits for it. */
bool btt_repair_info_busy(struct plan *plan, const struct btt *b, const struct btt_arena *ar);
bool btt_repair_info_busy_any(struct plan *plan, const struct btt *b); /* of any arena */
/* Puts info, sealed, into both blocks of the arena. */
bool btt_repair_info_both(struct plan *plan, struct step *s, const struct btt_arena *ar, const struct btt_info *info, const char *why);
/* "mapoff to 8192, flogoff to 12288"; NULL: nothing but the checksum is another. */
const char *btt_repair_info_changes(struct arena *a, const struct btt *b, const struct btt_info *is, const struct btt_info *want);
/* Is anything of the arena an error, f aside? */
bool btt_repair_errs(const struct finding *f, const struct model *m, const struct btt_arena *ar, const struct plan *plan);
/* A lane whose free block is also somebody else's gets one without an owner, for finding f. */
void btt_repair_lane_moved(const struct finding *f, const struct btt_homeless *h, uint32_t lane, struct plan *plan);

#endif
