/*
 * A pool as its parts tell it: replicas, parts, how each was found, and the logical address space
 * that the parts make together. Built from a set file or, without one, from the headers alone.
 */
#ifndef FORMATS_POOL_SET_H
#define FORMATS_POOL_SET_H

#include "formats/image/intake.h"
#include "formats/model.h"
#include "formats/pool/badblocks.h"
#include "formats/pool/hdr.h"
#include "formats/pool/poolset.h"

enum part_found {
	PART_GIVEN,     /* the SOURCE itself, or a member of it */
	PART_SET_PATH,  /* where the set file says */
	PART_MAPPED,    /* by --map OLD=NEW */
	PART_BESIDE_UUID, /* beside the set file (or in the directory or tar), by uuid */
	PART_BESIDE_NAME, /* the same, by file name and size: no header to go by */
	PART_MISSING,
	PART_NO_ACCESS, /* it is there and cannot be opened */
};
const char *part_found_text(enum part_found f);

struct pool_part {
	uint32_t replica, idx;
	struct node *node;          /* replica[r].part[p] */
	struct node *header;        /* .header; NULL when none is expected and none is there */
	const struct pool_hdr *hdr; /* decoded header, or NULL: missing, lost, or not expected */
	struct span hdr_bytes;      /* the whole header as read; empty when outside */
	enum pool_hdr_sum sum;
	uint64_t sum_announced;     /* what hdr->checksum ought to be, by the announced mode */
	bool header_expected;       /* by the set's options (all parts, or part 0 only) */
	uint8_t uuid[UUID_LEN];     /* what its neighbours' links call it; null: nobody says */
	struct item *item;          /* NULL: missing */
	const struct pool_part *same_file; /* an earlier part that is the very same file, or NULL */
	enum part_found found;
	const char *why_missing;    /* PART_MISSING, PART_NO_ACCESS: what the system said */
	const struct poolset_line *line; /* declared by; NULL without a set file, or a directory's file */
	const char *path;           /* as declared, or where a directory's file ought to be; or NULL */
	uint64_t declared;          /* bytes, by the set file; 0: it does not say (AUTO, directory, none) */
	uint64_t file_size;         /* of the peeled image; 0 when missing */
	uint64_t usable;            /* u_i: the size it was made with, as far as can be told, floored to align */
	const char *size_how;       /* which evidence usable is from */
	bool gap_before;            /* links break before it: further parts may be missing there */
	uint64_t align;             /* mapping alignment */
	uint64_t data_off, data_len; /* in the part: what of it is in the logical space */
	uint64_t logical_at;        /* where that starts in the replica's logical space */
	const struct badblocks *bad; /* of a repair of bad blocks that was cut off; NULL: none */
	struct node *bad_node;      /* its recovery file; NULL: none */
};

struct pool_replica {
	uint32_t idx;
	struct node *node;
	bool remote;                /* declared, not analysed */
	const char *remote_node, *remote_descriptor;
	bool directory;             /* parts are files of directories */
	struct pool_part **parts;
	uint32_t nr;
	uint64_t size;              /* repsize: bytes of logical space */
	struct image *logical;      /* parts joined; missing parts are lost ranges. NULL when remote */
};

/* An item that was offered and is no part of this pool. Another set file, or a text, is none. */
struct pool_stray {
	struct item *item;
	const struct pool_hdr *hdr; /* or NULL: no header */
	struct node *node;
	enum stray_why { STRAY_FOREIGN, STRAY_DUPLICATE, STRAY_NO_POOL } why;
	const struct pool_part *twin; /* STRAY_DUPLICATE: the part with the same uuid */
	struct pool_stray *next;
};

struct pool_set {
	enum pool_type type;        /* the majority of readable signatures, else other evidence */
	const char *type_how;       /* which evidence decided */
	struct poolset *text;       /* NULL without a set file */
	struct span text_bytes;
	struct item *text_item;
	struct node *text_node;
	bool singlehdr;             /* as the set file says; without one, as part 0's header says */
	struct pool_replica **replicas;
	uint32_t nr;
	uint64_t size;              /* min over local replicas: the pool's size */
	struct pool_stray *strays;
	uint32_t strays_nr;
	bool lone_part;             /* one file that its own links call one part of several */
	/* The size that the pool's own descriptor says it has: independent of any header or set file. */
	bool inner_known;
	uint64_t inner_size;
	uint64_t descr_at;          /* where the type was guessed by; use pool_set_descr_at */
	const char *inner_how;
	uint32_t beside_seen, beside_left; /* files beside the set file: looked at; left for the bound */
	bool settled;               /* false: sizes are the descriptor's until pool_set_settle was called */
	const struct pool_hdr *voted; /* field by field, the majority of headers whose checksum holds */
};

/* The part that item is, or NULL; s may be NULL. */
const struct pool_part *pool_set_part_of(const struct pool_set *s, const struct item *item);
/* The first part that is among the evidence. NULL: none is. */
const struct pool_part *pool_set_part_here(const struct pool_set *s);

/* The pool header's bytes in the logical space: where the descriptor of the type starts. */
uint64_t pool_set_descr_at(const struct pool_set *s);

/*
 * Fills m->pool, m->format and the tree from the intake's items. STATUS_UNSUPPORTED when there
 * is neither a set file nor a pool header nor anything that looks like a pool whose header is lost.
 */
struct set_options {
	const char *const *maps; /* "OLD=NEW" */
	size_t maps_nr;
	uint32_t replica; /* whose content is to be decoded, counted from 1; 0: the first that holds what can be read */
};
enum status pool_set_decode(struct model *m, const struct set_options *o, struct problem *p);

/*
 * A pool in one compressed stream is decoded while the stream still is: until its end is known, file
 * size, usable size and the pool's size are what its own descriptor says. To be called before anything
 * is judged: waits for the end, and takes the sizes of the file. True: the pool's size has changed by
 * that, so that content decoded with the other one is to be decoded again.
 */
bool pool_set_settle(struct model *m);

#endif
