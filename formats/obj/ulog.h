/*
 * One unified log of majors 5 and 6: a 64-byte header and entries. Redo logs hold 16-byte entries that
 * change one 8-byte word each; undo logs hold before-images. A log goes on in extensions that lie in
 * heap objects. Little-endian; targets count in the pool's logical space.
 * Source: PMDK 1.5 to 2.1 src/libpmemobj/ulog.h.
 */
#ifndef FORMATS_OBJ_ULOG_H
#define FORMATS_OBJ_ULOG_H

#include "formats/base/layout.h"
#include "formats/image/image.h"

enum {
	OBJ_ULOG_HDR_LEN = 64,
	OBJ_ULOG_ALIGN = 64,     /* headers of extensions; undo entries */
	OBJ_ULOG_VAL_LEN = 16,   /* a redo entry */
	OBJ_ULOG_BUF_HEAD = 24,  /* an undo entry before its data */
	OBJ_ULOG_NEXT_OFF = 8,   /* of the word that links an extension */
	OBJ_ULOG_GEN_OFF = 24,
};
enum { OBJ_ULOG_USER_OWNED = 1 }; /* flags */
extern const struct name_of obj_ulog_flag_names[];

#define OBJ_ULOG(LE, NAMED, RAW)                                                                     \
	LE(checksum, 0, 64, SUM, "redo: Fletcher-64 of header and entries; undo: 0")                 \
	LE(next, 8, 64, OFF, "user data of the object that holds the extension; 0: none")            \
	LE(capacity, 16, 64, SIZE, "bytes of entries it may hold; redo: stored now; 0: used, idle")  \
	LE(gen_num, 24, 64, UINT, "undo, major 6: generation of the entries that count")             \
	NAMED(flags, 32, 64, FLAGS, obj_ulog_flag_names, "major 6")                                  \
	RAW(unused, 40, 24, PAD, "zero")
struct obj_ulog { OBJ_ULOG(HOST_LE, HOST_NAMED, HOST_RAW) };
extern const struct layout obj_ulog_layout;

#define OBJ_ULOG_VAL(LE)                                                        \
	LE(word, 0, 64, FLAGS, "operation in bits 63 to 61, target below")      \
	LE(value, 8, 64, FLAGS, "operand")
struct obj_ulog_val { OBJ_ULOG_VAL(HOST_LE) };
extern const struct layout obj_ulog_val_layout;

#define OBJ_ULOG_BUF(LE)                                                                         \
	LE(word, 0, 64, FLAGS, "operation in bits 63 to 61, target below")                       \
	LE(checksum, 8, 64, SUM, "Fletcher-64 of the padded entry, major 6: and the generation") \
	LE(size, 16, 64, SIZE, "bytes of data behind")
struct obj_ulog_buf { OBJ_ULOG_BUF(HOST_LE) };
extern const struct layout obj_ulog_buf_layout;

enum obj_ulog_op {
	OBJ_ULOG_SET = 0,
	OBJ_ULOG_AND = 1,
	OBJ_ULOG_OR = 2,
	OBJ_ULOG_BUF_SET = 5, /* never written by any release */
	OBJ_ULOG_BUF_CPY = 6,
};

struct obj_ulog_entry {
	uint64_t at, len;  /* of the whole entry */
	uint32_t op;       /* 3, 4, 7: none that exists */
	uint64_t target;
	uint64_t value;    /* SET, AND, OR */
	uint64_t checksum; /* BUF_* */
	uint64_t data_at, data_len; /* BUF_*: where the data lies; len 8 of target for the others */
	uint64_t ulog;     /* 0: in the lane, 1: first extension, ... */
};

/* Why a walk ended, or a chain. */
enum obj_ulog_stop {
	OBJ_ULOG_GOING,
	OBJ_ULOG_END,      /* a zero word, or the end of the last log */
	OBJ_ULOG_STALE,    /* an entry whose checksum does not hold for this generation: not of this log */
	OBJ_ULOG_BAD_OP,   /* the library would take it for an entry of no length and never get past it */
	OBJ_ULOG_BAD_SIZE, /* an entry that reaches past the pool's end */
	OBJ_ULOG_BAD_NEXT, /* an extension outside the pool */
	OBJ_ULOG_LOOP,     /* the extensions link back to an earlier one */
	OBJ_ULOG_LOST,     /* bytes could not be read */
	OBJ_ULOG_LIMIT,    /* more than a pool of this size can hold: extensions shared by many lanes */
};
const char *obj_ulog_stop_text(enum obj_ulog_stop s); /* a clause: "its extensions form a loop" */

/* The extensions of a log, one after the other. */
struct obj_ulog_chain {
	struct image *image;
	uint64_t next;      /* as the log before links it */
	uint64_t link_at;   /* where that link lies */
	uint64_t nr;        /* extensions met so far */
	uint64_t turtle, power, lap; /* Brent: finds a loop within three times its length */
	uint64_t *budget;   /* bytes of logs that may still be read; shared by all logs; or NULL */
	enum obj_ulog_stop stop;
};
struct obj_ulog_ext {
	uint64_t link, link_at; /* the value that links it, and where that lies */
	uint64_t at;            /* of its header: link rounded up */
	struct obj_ulog hdr;
};
void obj_ulog_chain_start(struct obj_ulog_chain *c, struct image *im, uint64_t at, uint64_t next,
			  uint64_t *budget);
/* The next extension. False: c->stop says why there is none. */
bool obj_ulog_chain_next(struct obj_ulog_chain *c, struct obj_ulog_ext *out);

/* The entries that the library would take for valid, in its order. */
struct obj_ulog_walk {
	struct obj_ulog_chain chain;
	struct image *image;
	uint32_t major;
	uint64_t gen;            /* of the first log: undo entries count only with it */
	uint64_t data_at, capacity, off, ulog;
	uint64_t base_bytes;     /* bytes of valid entries in the first log */
	uint64_t entries;
	uint64_t stop_at;        /* where the walk ended */
	enum obj_ulog_stop stop;
};
/* at: header; hdr: as decoded from there. */
void obj_ulog_walk_start(struct obj_ulog_walk *w, struct image *im, uint32_t major, uint64_t at,
			 const struct obj_ulog *hdr, uint64_t *budget);
/* False: w->stop says why. */
bool obj_ulog_walk_next(struct obj_ulog_walk *w, struct obj_ulog_entry *out);

/*
 * Behind where a walk of an undo log of major 6 has ended: the first entry that holds for the same generation. The library
 * zeroes what comes behind an entry before it writes it, so there is none unless the log is damaged.
 */
bool obj_ulog_later(const struct obj_ulog_walk *ended, struct obj_ulog_entry *out);

/* Logs of a sound pool do not overlap: all of them together are smaller than it. NULL: no bound. */
bool obj_ulog_spend(uint64_t *budget, uint64_t len);
/* The word at `at`. False: outside or lost. */
bool obj_ulog_word(struct image *im, uint64_t at, uint64_t *out);
/* Header and entry heads as they lie. False: outside or lost. */
bool obj_ulog_read(struct image *im, uint64_t at, struct obj_ulog *out);
bool obj_ulog_entry_read(struct image *im, uint64_t at, struct obj_ulog_entry *out);
/* The checksum over an undo entry with its own field as zero, no generation appended. */
bool obj_ulog_entry_sum(struct image *im, const struct obj_ulog_entry *e, uint64_t *sum);
/*
 * Would the library apply the redo log at `at`? base_bytes: of its entries in the lane, as far as its
 * capacity goes; stop: how these end. BAD_OP: it would never come back.
 */
struct obj_ulog_redo {
	bool stored;
	uint64_t base_bytes, stop_at;
	enum obj_ulog_stop stop;
};
struct obj_ulog_redo obj_ulog_redo_look(struct image *im, uint32_t major, uint64_t at, const struct obj_ulog *hdr,
					uint64_t *budget);
/* The generation below 2^32 for which sum becomes stored. False: there is none. */
bool obj_ulog_generation(uint64_t sum, uint64_t stored, uint64_t *gen);

/* What an entry makes of a word. */
uint64_t obj_ulog_apply(uint32_t op, uint64_t value, uint64_t word);

#endif
