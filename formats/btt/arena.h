/*
 * A BTT as it lies in its container: arenas of at most 512 GiB, one behind the other, each with
 * two info blocks, data, map and flog. Read here, judged elsewhere: a block that does not hold is
 * kept beside the one by which the rest was read.
 * Source: Linux drivers/nvdimm/btt.c discover_arenas; PMDK src/libpmemblk/btt.c read_arenas.
 */
#ifndef FORMATS_BTT_ARENA_H
#define FORMATS_BTT_ARENA_H

#include "formats/base/node.h"
#include "formats/btt/flog.h"
#include "formats/btt/geom.h"
#include "formats/btt/info.h"
#include "formats/image/image.h"

/* What a BTT lies in; tells where it starts and which version it must say. */
enum btt_container {
	BTT_IN_POOL,  /* pmemblk: 1.1, at the pool's data area */
	BTT_IN_NS_V1, /* a namespace: 1.1, 4 KiB from its start */
	BTT_IN_NS_V2, /* a namespace: 2.0, at its start */
};

/* By what the arena's places were found. */
enum btt_source {
	BTT_FROM_NONE,     /* nothing tells: map and flog are not read */
	BTT_FROM_PRIMARY,
	BTT_FROM_BACKUP,
	BTT_FROM_SIBLING,  /* another arena's block size, and the formula */
	BTT_FROM_GIVEN,    /* the block size that the descriptor or the label tells, and the formula */
};
const char *btt_source_text(enum btt_source s);

struct btt_copy {
	struct node *node;            /* state tells when it could not be read */
	const struct btt_info *info;  /* NULL: lost or outside */
	struct span bytes;
	bool good;                    /* signature and checksum hold */
	bool blank;                   /* all zero */
	uint64_t sum;                 /* what the checksum ought to be */
};

struct btt_write;
struct btt_pending;

struct btt_arena {
	uint32_t idx;
	struct node *node, *map_node, *flog_node;
	uint64_t at, len, nextoff;    /* by the container's length; at counts in btt->image */
	struct btt_copy primary, backup;
	enum btt_source from;
	const struct btt_info *info;  /* the copy in use, or NULL: by formula */
	bool geom_known;              /* the formula applies to what info says */
	enum btt_rounding rounding;   /* which one matched, or was taken */
	struct btt_geom geom;         /* what the formula says */
	/* In use, clipped to the container: loops may trust these. */
	uint32_t internal_lbasize, internal_nlba, external_nlba, lanes;
	uint64_t data_at, map_at, flog_at; /* in btt->image */
	uint64_t first_lba;           /* external blocks of the arenas before */
	struct span flog;
	enum btt_padding padding;
	struct btt_write *writes;     /* formats/btt/writes.h: what the lanes remember; sorted */
	struct btt_pending *pending;  /* of these, what the map does not show yet; by lba */
	uint32_t writes_nr, pending_nr;
};

struct btt {
	struct image *image;
	uint64_t at, len;             /* the container, in image */
	enum btt_container container;
	struct node *node;
	struct btt_arena *arenas;
	uint32_t nr;                  /* arenas that the container's length asks for */
	bool written;                 /* some copy of some info block is there, good or not */
	const uint8_t *parent_uuid;   /* what parent_uuid ought to be, or NULL: not known */
	uint32_t bsize;               /* the block size told from outside, or 0 */
	uint64_t nlba;                /* external blocks in all */
};

/*
 * Decodes what lies in image[at, at+len) below parent. Never NULL but without memory. bsize: block
 * size told from outside, used when no info block holds; 0 = not known.
 */
struct btt *btt_decode(struct arena *a, struct node *parent, struct image *image, uint64_t at,
		       uint64_t len, enum btt_container container, uint32_t bsize,
		       const uint8_t *parent_uuid);
/* Looks for a good info block where a BTT in a namespace has it. */
bool btt_probe(struct image *image, struct arena *a, enum btt_container *container);

/*
 * *out is arena ar as it would be if it lay as g says: places, flog and writes, without nodes and info blocks. False: its flog
 * could not be read.
 */
bool btt_arena_as(struct arena *a, const struct btt *b, const struct btt_arena *ar, const struct btt_geom *g, struct btt_arena *out);

/*
 * Words [first, first+nr) of the arena's map into words; false when any of them is outside, or
 * when our own reading failed. lost[i] = 1: word i could not be read. A hole reads as zeros.
 */
bool btt_map_read(const struct btt *b, const struct btt_arena *ar, uint32_t first, uint32_t nr,
		  uint32_t *words, uint8_t *lost);
/* The same at the speed that memory can be read: flags has one for each of 4 * nr bytes. */
bool btt_map_load(const struct btt *b, const struct btt_arena *ar, uint32_t first, uint32_t nr,
		  uint32_t *words, uint8_t *flags, bool *any_lost);
/* True when word i of such a reading is lost. */
static inline bool btt_map_lost(const uint8_t *flags, uint32_t i)
{
	const uint8_t *f = flags + (size_t)i * BTT_MAP_WORD;

	return f[0] | f[1] | f[2] | f[3];
}

#endif
