/*
 * Provenance: what was opened, how it was peeled, what was read of it, what could not be read.
 * One struct per leaf, that is per sequence of bytes a person gets by opening a file and peeling
 * its layers (file, gzip, tar member). Offsets in findings count in that sequence.
 */
#ifndef FORMATS_IMAGE_SOURCE_H
#define FORMATS_IMAGE_SOURCE_H

#include "formats/image/image.h"

#include <pthread.h>

struct bad;
struct mapfile;
struct node;

struct layer {
	const char *kind; /* "file", "block-device", "dax-device", "memory", "gzip", "bgzf", "zstd", "xz",
			   * "lz4", "tar" */
	const char *name; /* tar: the member's name as stored (untrusted bytes); else NULL */
	uint64_t size;    /* bytes that come out of this layer */
	struct layer *next; /* the layer peeled next */
};

/* Ascending, apart from each other, each byte counted once. */
struct range_list {
	struct range { uint64_t at, len; struct range *next; } *first, *last;
	uint64_t nr, total; /* ranges; bytes in them */
	bool cut;           /* there were more ranges than are kept */
};

struct source {
	uint32_t idx;       /* place in the report's sources[] */
	const char *path;   /* the file, as the user or the set file named it (untrusted bytes) */
	const char *role;   /* "set file", "part", "pool", "mapfile", ... */
	const char *found;  /* how it was found, in words: "given", "path in the set file", ... */
	struct layer *layers;
	uint64_t size;      /* bytes of the leaf, all layers peeled */
	uint64_t stored_size, allocated; /* of the file: st_size (or device size), st_blocks * 512 */
	uint64_t mtime;     /* seconds since 1970; 0 = not known. Not reported under --reproducible */
	bool has_mtime;
	/*
	 * decoded: of the leaf's bytes. The tree digest is SHA-256 over the SHA-256s (32 raw bytes
	 * each) of every 1 MiB block, the last one as short as it is: it can be made on two cores and
	 * skips over zeros, so a stream of terabytes has it too. To verify it by hand:
	 * zcat F | split -b 1M --filter='sha256sum | cut -c1-64' | xxd -r -p | sha256sum
	 */
	bool stored_hashed, decoded_hashed, decoded_tree_hashed;
	uint8_t stored_sha256[32], decoded_sha256[32], decoded_tree_sha256[32];
	uint64_t holes;     /* bytes of the leaf that are holes of the file; known for plain files */
	uint64_t read;      /* bytes of the file that we read */
	uint64_t left_out;  /* bytes of the leaf that its capture left out on purpose (formats/image/taken.h) */
	struct range_list unread; /* lost ranges, in bytes of the leaf: mapfile, EIO, truncation */
	struct range_list stored_unread; /* as above in bytes of the file, where it is not the leaf */
	/* What lies below the lost ranges that a mapfile or the kernel's list of bad blocks made; NULL: none did */
	const struct mapfile *map;
	const struct bad *bad; /* beside a map these ranges are not lost by themselves */
	struct image *under; /* the file as it is, with a map */
	struct node *node;   /* where the model tells of these; NULL: nowhere */
	const char *note;   /* what else a reader must know ("trailing garbage after the gzip stream") */
	struct source *next;
	/* for the record of what was read: readings come from several threads, and the run's arena
	 * belongs to one */
	pthread_mutex_t lock;
	struct arena *ranges;
};

struct sources {
	struct source *first, *last;
	uint32_t nr;
};

/* A new, empty source at the end of the list; NULL without memory. */
struct source *source_add(struct sources *list, struct arena *a, const char *path, const char *role,
			  const char *found);
struct layer *source_layer(struct source *s, struct arena *a, const char *kind, const char *name,
			   uint64_t size);
/* True when the leaf is not the file itself: something was peeled. */
bool source_peeled(const struct source *s);
/* Adds what else a reader must know. */
void source_note(struct source *s, struct arena *a, const char *note);

/* Adds a lost range of the leaf; from any thread. */
void source_unread(struct source *s, uint64_t at, uint64_t len);
/* The same of the file, whether it is the leaf or not. */
void source_file_unread(struct source *s, uint64_t at, uint64_t len);
/* Counts bytes read of the file; from any thread. */
void source_file_read(struct source *s, uint64_t len);

/* True when what is read here is a capture that left something out on purpose. */
bool sources_left_out(const struct sources *list);

/* Frees the ranges of all; what else there is belongs to the run's arena. */
void sources_close(struct sources *list);

#endif
