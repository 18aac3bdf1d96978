/*
 * A capture: all files of a pool, as they are now, in one tar of sparse files, in gzip members that a
 * reader may begin at (bgzf.h). Behind the files, for each of them that needs it, NAME.map: what could not
 * be read, as a ddrescue mapfile; and NAME.taken: what was taken, when user bytes are left out. At last
 * capture.json: how it was made. Nothing is written here but through the sink; the evidence is only read.
 *
 * A capture of a pool in use is no snapshot: each byte is as it was at some time while it was made.
 */
#ifndef ANALYZER_CAPTURE_CAPTURE_H
#define ANALYZER_CAPTURE_CAPTURE_H

#include "analyzer/analyze.h"
#include "analyzer/capture/extents.h"
#include "analyzer/capture/mask.h"
#include "formats/base/digest.h"

#include <jansson.h>

struct capture_names; /* analyzer/capture/names.h */

struct capture_options {
	bool metadata_only; /* user bytes are left out */
	struct capture_names *names; /* scrub: names become tokens of these; NULL: as they are */
	const char *tool;   /* name and version of the program */
	const char *host;   /* or NULL */
	uint64_t now;       /* seconds since 1970 */
	const struct intake_options *intake; /* progress, and how to read */
};

/* One file of the pool. */
struct capture_part {
	struct item *item;
	const struct pool_part *part; /* NULL: none of a set */
	struct image *image;        /* the item's, or what it reads as when some of it was written anew */
	bool written_anew;
	const char *name;           /* in the archive */
	bool text;                  /* a set file or the like: never user bytes */
	struct mask mask;           /* bits NULL: all of it is taken */
	uint64_t left_out;
	struct extents stored, mask_stored;
	struct extract_lost known;  /* known to be lost from the start */
	struct extract_lost lost;   /* what reading found, in order */
	struct extract_sums sums;   /* lost: bytes of both */
	struct digest *digest;      /* of the blocks so far */
	uint64_t block;             /* next to be written */
	uint8_t tree[DIGEST_LEN];   /* when done; as source.h has it */
	bool done;
};

struct capture {
	struct arena *arena;
	const struct result *result;
	const struct capture_options *options;
	struct capture_part *parts;
	uint32_t nr;
	json_t *anew;               /* what was written anew: array of words */
	bool resumed;
	uint32_t part;              /* to be gone on with */
	uint64_t out;               /* bytes put before that */
	uint64_t total, captured;   /* bytes to be stored, and stored, for the progress */
};

/* Where it goes. */
struct capture_sink {
	bool (*put)(void *ctx, const void *bytes, size_t len);
	/* All that was put so far is one piece: with these lines, in order, capture_resume goes on from here. */
	bool (*keep)(void *ctx, const char *line);
	void *ctx;
};

enum { CAPTURE_BLOCK_LEN = 1 << 20 };

/* r: of an analysis of the pool, which stays as long. Not STATUS_OK: p says why, close it all the same. */
enum status capture_open(struct capture *c, const struct result *r, const struct capture_options *o, struct problem *p);
void capture_close(struct capture *c);
/*
 * Goes on with one that was cut off: state is the text of the lines kept. *len: how much of what was put
 * counts. False: they are of another pool; c can only be closed.
 */
bool capture_resume(struct capture *c, const char *state, uint64_t *len);
/* Writes it, from the start or from where capture_resume stands. */
enum status capture_write(struct capture *c, const struct capture_sink *sink, struct problem *p);

/* The part that holds source's bytes, or NULL. */
struct capture_part *capture_part_of(struct capture *c, const struct source *source);
/* Bytes of image, whatever it is made of, read otherwise from now on, in all the files below. */
bool capture_rewrite(struct capture *c, struct image *image, uint64_t at, const void *bytes, size_t len);

#endif
