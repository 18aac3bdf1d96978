/*
 * Lanes of majors 1 to 4: three sections of 1024 bytes. The allocator's and the list's hold a redo log
 * without a checksum, whose last entry is flagged; the transaction's holds a state and four lists of
 * object offsets: vectors in majors 2 to 4, objects chained through their own headers in major 1.
 * Source: PMDK 1.0 to 1.4 src/libpmemobj/lane.h, redo.h, pvector.h, tx.c, list.c.
 */
#ifndef FORMATS_OBJ_LANE_OLD_H
#define FORMATS_OBJ_LANE_OLD_H

#include "formats/obj/lane.h"

enum {
	OBJ_OLD_SECTION_LEN = 1024,
	OBJ_OLD_LIST_OFF = 1024,
	OBJ_OLD_TX_OFF = 2048,
	OBJ_OLD_REDO_MAX = 63,
	OBJ_OLD_ENTRY_LEN = 16,
	OBJ_OLD_ARRAYS = 20,   /* of a vector; array k holds 2^(k+3) values */
	OBJ_OLD_EMBEDDED = 8,
	OBJ_OLD_EMBEDDED_OFF = 160, /* in the vector */
	OBJ_OLD_LINK_BACK = 48,     /* major 1: from an object's user data back to its links */
	OBJ_OLD_SLOT_LEN = 48, /* of a range cache, majors 1 to 3 */
	OBJ_OLD_SLOTS = 169,
	OBJ_OLD_RANGE_HEAD = 16,
	OBJ_OLD_CACHE_LEN = 32768, /* major 4 */
};
#define OBJ_OLD_FINISH UINT64_C(1)        /* in the offset of the last entry to be applied */
#define OBJ_OLD_REMOVED UINT64_MAX        /* a value taken out of a vector, majors 2 and 3 */

#define OBJ_REDO_OLD(LE)                                                           \
	LE(offset, 0, 64, OFF, "target; bit 0: this is the last entry to apply")   \
	LE(value, 8, 64, FLAGS, "what the 8-byte word becomes")
struct obj_redo_old { OBJ_REDO_OLD(HOST_LE) };
extern const struct layout obj_redo_old_layout;

#define OBJ_LIST_OLD(LE)                                                            \
	LE(obj_offset, 0, 64, OFF, "object to be freed at the next open; 0: none")
struct obj_list_old { OBJ_LIST_OLD(HOST_LE) };
extern const struct layout obj_list_old_layout;

extern const struct name_of obj_tx_old_states[];
#define OBJ_TX_OLD(NAMED)                                                           \
	NAMED(state, 0, 64, UINT, obj_tx_old_states, "of the transaction")
struct obj_tx_old { OBJ_TX_OLD(HOST_NAMED) };
extern const struct layout obj_tx_old_layout;

#define OBJ_VECTOR_OLD(LE, RAW)                                                     \
	LE(array0, 0, 64, OFF, "where the first 8 values lie: behind, or 0")        \
	RAW(arrays, 8, 152, BYTES, "objects that hold 16, 32, ... further values")  \
	RAW(embedded, 160, 64, BYTES, "the first 8 values")
struct obj_vector_old { OBJ_VECTOR_OLD(HOST_LE, HOST_RAW) };
extern const struct layout obj_vector_old_layout;

/* Major 1: the head of a list of objects. */
#define OBJ_HEAD_OLD(LE, RAW)                                                       \
	LE(uuid_lo, 0, 64, ID, "pool of the first object")                          \
	LE(first, 8, 64, OFF, "user data of the first object; 0: none")             \
	RAW(lock, 16, 64, BYTES, "run-time")
struct obj_head_old { OBJ_HEAD_OLD(HOST_LE, HOST_RAW) };
extern const struct layout obj_head_old_layout;

enum obj_undo_old { OBJ_UNDO_ALLOC, OBJ_UNDO_FREE, OBJ_UNDO_SET, OBJ_UNDO_CACHE, OBJ_UNDOS };
const char *obj_lane_old_undo_name(enum obj_undo_old u);

struct obj_redo_log_old {
	uint64_t at;
	struct node *node;
	uint32_t nr;          /* entries it has room for */
	uint32_t finish_nr;   /* entries that are flagged: 1 = pending, 0 = idle, more = damage */
	uint32_t finish;      /* the first flagged */
	bool lost, residue;
};

struct obj_undo_list_old {
	uint64_t at;          /* of the vector or list head */
	struct node *node;
	uint64_t values;      /* that it holds */
	uint32_t arrays;      /* of a vector, in use */
	enum obj_ulog_stop stop; /* END, LOST, BAD_NEXT, LOOP or LIMIT */
	bool gap;             /* an array behind a missing one */
	bool bad_start;       /* array 0 is not the embedded one */
};

struct obj_lane_old {
	struct obj_redo_log_old alloc, list;
	struct node *list_node, *tx_node;
	uint64_t obj_offset;
	uint64_t state;       /* 0: none or working, 1: committed */
	bool list_lost, tx_lost;
	struct obj_undo_list_old undo[OBJ_UNDOS];
};

/* Called by obj_lane_decode: fills lane->old, which is there, from its bytes; makes its nodes. */
void obj_lane_old_look(const struct obj_lanes *l, struct span bytes, struct obj_lane *lane, uint64_t *budget);
void obj_lane_old_nodes(struct arena *a, struct obj_lanes *l, struct obj_lane *lane);
/* Has its transaction left work? */
bool obj_lane_old_tx_busy(const struct obj_lanes *l, const struct obj_lane *lane);
bool obj_lane_old_pending(const struct obj_lanes *l, uint64_t at);

/* Entry i of a redo log. False: outside, lost. */
bool obj_lane_old_redo(struct image *im, const struct obj_redo_log_old *r, uint32_t i, struct obj_redo_old *out);

/* The offsets that an undo list holds, in order; major tells vectors from lists. */
struct obj_undo_walk_old {
	struct image *image;
	uint32_t major;
	uint64_t at;
	uint64_t arrays[OBJ_OLD_ARRAYS];
	uint32_t arrays_nr, array;
	uint64_t idx, nr;               /* in the array; given so far */
	uint64_t first, next, turtle, power, lap; /* major 1 */
	uint64_t *budget;
	uint64_t value_at;              /* where the value given last lies; major 1: the link's offset word */
	enum obj_ulog_stop stop;
};
void obj_lane_old_walk_start(struct obj_undo_walk_old *w, struct image *im, uint32_t major, uint64_t at,
			     uint64_t *budget);
bool obj_lane_old_walk_next(struct obj_undo_walk_old *w, uint64_t *value);

/* Are the records of range caches padded as in major 3? A conversion to major 4 leaves them so. */
bool obj_lane_old_v3_records(const struct obj_pool *p);

/* A range record: a before-image. */
struct obj_range_old {
	uint64_t at;      /* of the record */
	uint64_t offset, size;
	uint64_t data_at;
	bool fits;        /* its data lies inside its object */
};
/* The record of a SET object, or record after record of a cache of usable bytes; *off starts 0. */
bool obj_lane_old_range(struct image *im, uint64_t object, uint64_t usable, struct obj_range_old *out);
bool obj_lane_old_cache_next(struct image *im, uint32_t major, bool v3_records, uint64_t cache, uint64_t usable,
			     uint64_t *off, struct obj_range_old *out);

#endif
