/*
 * A new pool from what can be read of one that cannot be made whole: the text of a log, the blocks of a pmemblk pool, the
 * objects of a pmemobj pool (salvage_obj.h). It is one file, whatever the old one was, and has uuids of its own. Structures of
 * logs and blocks are made anew, none is copied: an image that is made as it is read, so it takes no memory to speak of.
 */
#ifndef ANALYZER_REPAIR_SALVAGE_H
#define ANALYZER_REPAIR_SALVAGE_H

#include "analyzer/repair/salvage_obj.h"

enum { SALVAGE_TOLD = 16 }; /* losses that are listed one by one */

struct salvage_loss {
	uint64_t at, len; /* in units */
};

struct salvage {
	struct image *image;
	const char *what;      /* "text of the log", "blocks", "objects" */
	const char *unit;      /* "bytes", "blocks", "objects": what nr counts */
	const char *losses_in; /* "bytes", "blocks": what losses count in */
	uint64_t nr;           /* of them there are in the new pool */
	const char *left_out;  /* what of the content is not in it at all, a sentence; or NULL */
	const struct plan *plans[1 + SALVAGE_PASSES]; /* whose steps may lose something: the evidence's, and what was left to do */
	struct salvage_obj obj; /* of a pmemobj pool; its image NULL: of another */
	/* Filled while the image is read, which is once, from its beginning on. */
	struct salvage_loss losses[SALVAGE_TOLD];
	uint64_t losses_nr, lost; /* ranges; units in them */
};

/*
 * r: of the evidence. rep: its plan, with all that can be mended. NULL, told in p: there is no content of such a kind, or our
 * own failure. The image is r's to keep, and lives as long as it and rep.
 */
struct salvage *salvage_open(const struct result *r, const struct repair *rep, const struct analyze_options *o,
			     struct problem *p);
/* Not to be mended in the evidence first: a new pool does it in its own way. */
bool salvage_keeps(const struct step *proposal);
void salvage_close(struct salvage *s); /* NULL is fine */
/* Units [at, at+len) could not be had. */
void salvage_lose(struct salvage *s, uint64_t at, uint64_t len);

/*
 * Inside of salvage: a range of the new pool that is made by fill when it is read. What is in no piece is a hole.
 */
struct salvage_piece {
	uint64_t at, len;
	/* Bytes [off, off+len) of the piece. False: our own failure, told in p. */
	bool (*fill)(struct salvage_piece *piece, uint64_t off, size_t len, uint8_t *buf, struct problem *p);
	const uint8_t *bytes;     /* for salvage_bytes */
	void *of;                 /* for others */
	struct salvage_piece *next;
};
struct salvage_pool;
/* Pieces are added in the order of their places. False without memory. */
struct salvage_piece *salvage_add(struct salvage_pool *pool, uint64_t at, uint64_t len);
/* A copy of them as a piece. */
bool salvage_bytes(struct salvage_pool *pool, uint64_t at, const void *bytes, size_t len);
struct arena *salvage_arena(const struct salvage_pool *pool);

/* salvage_blk.c: the descriptor and the BTT. False: *why. *size: what the old pool had; grows where the blocks need it. */
bool salvage_blk(struct salvage *s, struct salvage_pool *pool, const struct model *m, const uint8_t poolset[16], uint64_t *size,
		 const char **why);

#endif
