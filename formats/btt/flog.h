/*
 * The flog: one 64-byte lane slot per free block, four 16-byte entries of which two are live. A
 * lane writes its older entry in two steps; the sequence number, stored last, makes it the current
 * one. Little-endian. Source: Linux drivers/nvdimm/btt.h struct log_group, log_entry; PMDK
 * src/libpmemblk/btt_layout.h struct btt_flog.
 */
#ifndef FORMATS_BTT_FLOG_H
#define FORMATS_BTT_FLOG_H

#include "formats/base/layout.h"

enum { BTT_SLOTS = 4, BTT_SLOT_LEN = 16 };

#define BTT_FLOG_ENTRY(LE)                                                                    \
	LE(lba,      0, 32, UINT,  "external block the lane last wrote")                      \
	LE(old_map,  4, 32, FLAGS, "map word it held before; its block is free once written") \
	LE(new_map,  8, 32, FLAGS, "map word it holds after")                                 \
	LE(seq,     12, 32, UINT,  "1, 2, 3, 1, ...; 0 = never used")
struct btt_flog_entry { BTT_FLOG_ENTRY(HOST_LE) };
extern const struct layout btt_flog_entry_layout;

/* Which two of a lane's four entries are live. */
enum btt_padding {
	BTT_PADDING_UNKNOWN, /* the lanes contradict each other */
	BTT_PADDING_ASSUMED, /* no lane was ever used: {0,1} is taken */
	BTT_PADDING_NEW,     /* {0,1}: PMDK, UEFI, Linux from 4.15 on */
	BTT_PADDING_OLD,     /* {0,2}: Linux before 4.15 */
};
const char *btt_flog_padding_name(enum btt_padding p);

/* How the current entry was told from the older one. */
enum btt_current {
	BTT_CURRENT_NONE,         /* the numbers do not tell */
	BTT_CURRENT_SEQ,          /* by a legal pair of sequence numbers */
	BTT_CURRENT_DAMAGED_PAIR, /* one number is wiped or out of range; the other entry is taken */
	BTT_CURRENT_CHAIN,        /* by the chain rule: a lane writes into the block it freed last */
};

struct btt_lane {
	struct btt_flog_entry ent[BTT_SLOTS]; /* as they lie */
	int current, previous; /* indices into ent; -1: not known (previous: never written) */
	enum btt_current how;
	bool initial;          /* only the entry made at layout */
	bool stray;            /* an entry that ought to be padding is not zero */
};

/* 0 or 1: the newer of two; -1 when the numbers do not tell. 0 = never written is older than all. */
int btt_flog_newer(uint32_t seq0, uint32_t seq1);
/* All zero, as an entry is before its first write. */
bool btt_flog_unused(const struct btt_flog_entry *e);
/* flog: all lanes, BTT_LANE_LEN bytes each. */
enum btt_padding btt_flog_padding(struct span flog, uint32_t lanes);
/* False when lane idx is outside the flog or lost; else *out is filled. */
bool btt_flog_lane(struct span flog, uint32_t idx, enum btt_padding scheme, struct btt_lane *out);

#endif
