/*
 * Lanes: what one thread needs to finish or to take back its one operation. 1024 of them, 3072 bytes
 * each. In majors 5 and 6 a lane is three unified logs; formats/obj/lane_old.h has majors 1 to 4.
 * Source: PMDK 1.5 to 2.1 src/libpmemobj/lane.h struct lane_layout.
 */
#ifndef FORMATS_OBJ_LANE_H
#define FORMATS_OBJ_LANE_H

#include "formats/base/node.h"
#include "formats/obj/obj.h"
#include "formats/obj/ulog.h"

enum obj_log_kind {
	OBJ_LOG_INTERNAL, /* redo: single allocator operations, also growing and freeing other logs */
	OBJ_LOG_EXTERNAL, /* redo: atomic operations, publishing, the commit of a transaction */
	OBJ_LOG_UNDO,     /* snapshots of a transaction */
	OBJ_LOGS,
};
enum {
	OBJ_LANE_INTERNAL_OFF = 0, OBJ_LANE_INTERNAL_LEN = 192, /* bytes of entries */
	OBJ_LANE_EXTERNAL_OFF = 256, OBJ_LANE_EXTERNAL_LEN = 640,
	OBJ_LANE_UNDO_OFF = 960, OBJ_LANE_UNDO_LEN = 2048,
};
const char *obj_lane_log_name(enum obj_log_kind k);
uint32_t obj_lane_log_off(enum obj_log_kind k); /* of its header in the lane */
uint32_t obj_lane_log_len(enum obj_log_kind k); /* bytes of entries in the lane */

enum obj_log_state {
	OBJ_LOG_IDLE,    /* nothing that the library would act on */
	OBJ_LOG_PENDING, /* redo: its checksum holds; undo: it has entries of its generation */
	OBJ_LOG_TORN,    /* redo: a checksum that does not hold */
	OBJ_LOG_LOST,    /* its header could not be read */
};

struct obj_log {
	enum obj_log_kind kind;
	enum obj_log_state state;
	uint64_t at;             /* of its header */
	struct obj_ulog hdr;     /* zero when lost */
	struct node *node;       /* NULL: the lane is idle and nothing is odd in it */
	uint64_t base_bytes;     /* of entries in the lane itself that count */
	uint64_t entries, bytes; /* pending: in all of the chain; bytes of words or before-images */
	enum obj_ulog_stop stop; /* pending: why the entries end */
	uint64_t stop_at;
	uint64_t chain_nr;       /* extensions linked, whether used or not */
	enum obj_ulog_stop chain_stop;
	bool user_owned;         /* one of the extensions is the application's own buffer */
	bool residue;            /* entries of an earlier operation lie in it */
	bool odd;                /* a word of its header that no library writes */
};

struct obj_lane {
	uint32_t idx;
	uint64_t at;
	struct node *node;      /* or NULL */
	struct obj_log log[OBJ_LOGS];
	bool busy;              /* an operation was under way, or its traces are damaged */
	struct obj_lane_old *old; /* formats/obj/lane_old.h, majors 1 to 4; else NULL */
};

struct obj_lanes {
	struct node *node;
	struct node *array[OBJ_LOGS]; /* the headers of all lanes; NULL in majors 1 to 4 */
	uint32_t nr;
	bool old;               /* majors 1 to 4 */
	struct obj_lane *lane;  /* those with anything in them, by number */
	uint32_t lane_nr, busy_nr, lost_nr;
	uint32_t zeroed_nr;     /* lanes that are zero throughout their headers, capacities too */
	const struct obj_pool *pool;
};

/* NULL only without memory. pool: image, size, major and places are filled in. */
struct obj_lanes *obj_lane_decode(struct arena *a, struct node *parent, struct obj_pool *pool);

/* What lane idx was told to be, or NULL: it holds nothing. */
const struct obj_lane *obj_lane_find(const struct obj_lanes *l, uint32_t idx);

/* A walk over the entries of a log that count, bounded. The budget is the caller's, or NULL. */
void obj_lane_walk(const struct obj_lanes *l, const struct obj_log *log, struct obj_ulog_walk *w, uint64_t *budget);

/*
 * Would a check of the lane at lane_at of im walk entries of its internal log? It does so when the log says it holds some,
 * without a look at its checksum. OBJ_LOG_PENDING: yes; OBJ_LOG_IDLE: no; OBJ_LOG_LOST: it could not be read.
 */
enum obj_log_state obj_lane_walked(struct image *im, uint64_t lane_at);

/* True when a pending redo entry of any lane changes the 8-byte word at `at`. */
bool obj_lanes_pending(const struct obj_pool *p, uint64_t at);

#endif
