/*
 * The map: one little-endian 32-bit word for each external block. Bits 29..0 name the block of the
 * data area, bits 31 and 30 tell its state. Source: Linux drivers/nvdimm/btt.c btt_map_read, UEFI
 * BTT; the table in the kernel's btt.rst has two rows exchanged.
 */
#ifndef FORMATS_BTT_MAP_H
#define FORMATS_BTT_MAP_H

#include "formats/base/layout.h"

enum btt_map_state {
	BTT_MAP_INITIAL, /* never written: identity. PMDK reads zeros, the kernel the block's bytes */
	BTT_MAP_ERROR,   /* reads fail until it is written again; the block is still owned */
	BTT_MAP_ZERO,    /* reads zeros; the block is still owned */
	BTT_MAP_NORMAL,
};
#define BTT_MAP_ENTRY(LE) \
	LE(entry, 0, 32, FLAGS, "block of the data area in bits 29 to 0; bit 31: error or mapped, bit 30: zero or mapped")
struct btt_map_entry { BTT_MAP_ENTRY(HOST_LE) };
extern const struct layout btt_map_entry_layout;

const char *btt_map_state_name(enum btt_map_state s);

#define BTT_MAP_BLOCK_MASK UINT32_C(0x3fffffff)
#define BTT_MAP_NORMAL_BITS UINT32_C(0xc0000000)

static inline enum btt_map_state btt_map_state(uint32_t word)
{
	return (enum btt_map_state)(word >> 30);
}

/* The low 30 bits. */
static inline uint32_t btt_map_block(uint32_t word)
{
	return word & BTT_MAP_BLOCK_MASK;
}

/* The block that map[lba] == word owns. */
static inline uint32_t btt_map_owned(uint32_t word, uint32_t lba)
{
	return btt_map_state(word) == BTT_MAP_INITIAL ? lba : btt_map_block(word);
}

/* The word that maps plainly to block. */
static inline uint32_t btt_map_word(uint32_t block)
{
	return block | BTT_MAP_NORMAL_BITS;
}

#endif
