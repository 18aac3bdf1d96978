/*
 * The disk inside a BTT, as an image: each of its sectors is looked up in the map and read from
 * the block it names. What the disk says of a sector depends on the writes that the flog holds,
 * hence three views. Sectors that read as zeros by their state are holes, error-flagged ones are
 * lost, and so is what lies in unreadable bytes or outside the data area.
 */
#ifndef FORMATS_BTT_DISK_H
#define FORMATS_BTT_DISK_H

#include "formats/btt/arena.h"

enum btt_view {
	BTT_VIEW_RECOVERED, /* as the driver shows it after its start-up recovery */
	BTT_VIEW_MAPPED,    /* by the map alone */
	BTT_VIEW_BEFORE,    /* before the last write of every lane, as far as the flog remembers */
};

/*
 * NULL without memory. The image lies in the arena and borrows b. sector: bytes of each block that
 * the disk shows, at most external_lbasize; the rest is integrity metadata. Not for several threads.
 */
struct image *btt_disk_open(struct arena *a, const struct btt *b, enum btt_view view, uint32_t sector);

/* What the driver offers of a block: 512 or 4096 bytes in a namespace, all of it in a pool; 0 when
 * no info block tells. */
uint32_t btt_disk_sector(const struct btt *b);

#endif
