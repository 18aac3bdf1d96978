/*
 * From what the user named to images: opens read-only, finds out by the bytes (never by the name)
 * which compression or container there is, peels it, and lists what came out. Everything with a
 * bound: nesting, ratio, decoded size, members, time.
 */
#ifndef FORMATS_IMAGE_INTAKE_H
#define FORMATS_IMAGE_INTAKE_H

#include "formats/image/image.h"
#include "formats/image/source.h"

/* Bounds against bombs; all of them are told in the message when met. */
struct intake_limits {
	uint64_t ratio;   /* decoded bytes per stored byte, judged past the first 64 MiB decoded */
	uint64_t decoded; /* bytes that may come out of one compressed stream */
	uint32_t depth;   /* layers in a stack */
	uint32_t members; /* files in tars and directories, all together */
	uint32_t seconds; /* of work on one source; 0 = no bound */
};
#define INTAKE_LIMITS { .ratio = 1100, .decoded = UINT64_C(1) << 44, .depth = 6, .members = 100000, \
			.seconds = 0 }

/* A file that somebody opened for us: a process that may open none is given its evidence. */
struct intake_given {
	const char *path;
	int fd; /* O_RDONLY; stays the giver's */
};

struct progress; /* report side: told how far a long reading is */

struct intake_options {
	struct intake_limits limits;
	const char *mapfile;   /* of the first file opened, or NULL; else F.map or F.mapfile beside a file
				* F is looked for: GNU ddrescue's */
	const char *spool_dir; /* where temporary files may go (a pipe's bytes), or NULL: none are made */
	const char *index_dir; /* where indexes of compressed files are kept (intake_indexes), or NULL */
	bool no_digests;       /* nobody wants them: a stream that can be entered by an index, or by a table of its
				* own, need not be read whole */
	bool hash_plain;       /* also hash files that are not compressed: reads all of them; and give
				* the plain digest of decoded bytes beside the tree digest */
	bool no_times;         /* time stamps of files are not looked at: what is found depends on bytes alone */
	bool overlap;          /* the caller can work with unsettled images (image_settle) */
	/* Called now and then during long readings; done and total in stored bytes. May be NULL.
	 * Returning false asks to stop: STATUS_INTERRUPTED. */
	bool (*progress)(void *ctx, const char *what, uint64_t done, uint64_t total);
	void *progress_ctx;
	const struct intake_given *given; /* that path is not opened again; or NULL */
};

/* One sequence of bytes found: a file, a device, a tar's or a directory's member. */
struct item {
	struct image *image;   /* all layers peeled */
	struct source *source;
	const char *name;      /* last part of the path or of the member's name */
	const char *path;      /* absolute path of the outer file (realpath when it can be had) */
	uint64_t dev, ino;     /* of the outer file: two items of one file are one file (tar members share) */
	const char *opened_as; /* the path given to intake_open that led to it */
	bool borrowed;         /* image is somebody else's to close */
	struct item *next;
};

/* Items that were opened before, to be handed out again in place of opening anything. */
struct intake_again {
	const struct intake *first;
	struct image *const *images; /* for each item of first in order: what to read; NULL: its own image */
};

/* An image that items are built on; closed after them. */
struct held {
	struct image *image;
	struct source *source;
	struct held *next;
};

/* Stays where it is once something was opened: images know their intake. */
struct intake {
	struct arena *arena;
	struct intake_options options;
	struct sources sources;
	struct item *first, *last; /* in the order given; members sorted by name */
	uint32_t nr;
	struct held *held;
	struct compressed *streams; /* those open, the last one first: they share what memory there is */
	struct span manifest; /* capture.json of a capture: its text; empty: none was met (side.h) */
	bool mapfile_used; /* options.mapfile has been laid over a file */
	bool group; /* from a directory or a tar: the items may belong together */
	const struct intake_again *again; /* or NULL: images then are borrowed, closed by their owner */
};

/*
 * Opens what path names and appends its item or items. A regular file, a block device, a DAX
 * character device; a directory (its regular files, not those below); any of them compressed; a
 * tar. "-" is standard input: a file as any other, or, with a spool directory, a pipe. A FIFO, a
 * socket or a terminal is STATUS_UNSUPPORTED at once.
 */
enum status intake_open(struct intake *in, const char *path, const char *role, const char *found,
			struct problem *p);
/* The same of bytes in memory, which are borrowed and outlive the intake. */
enum status intake_memory(struct intake *in, const char *name, const uint8_t *bytes, size_t len,
			  struct problem *p);
/*
 * Waits for the readings still going on in the background (decoding, hashing) and fills in what
 * only they tell: decoded sizes, hashes, holes, trailing garbage. To be called before a report.
 */
enum status intake_finish(struct intake *in, struct problem *p);
/*
 * After intake_finish. Calls keep with each index that is worth to be written to path: of every compressed file
 * opened that had none there. Stops, and is false, when keep is false or there is no memory.
 */
bool intake_indexes(struct intake *in, bool (*keep)(void *ctx, const char *path, const uint8_t *bytes, size_t len),
		    void *ctx);
void intake_close(struct intake *in);

#endif
