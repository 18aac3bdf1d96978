/*
 * Files that tell of other files, and are no evidence of a pool themselves: NAME.map or NAME.mapfile, what
 * could not be read of NAME (mapfile.h); NAME.taken, what of NAME is in the capture (taken.h); and
 * capture.json, how a capture was made. They lie beside their file, in a directory or in a tar.
 */
#ifndef FORMATS_IMAGE_SIDE_H
#define FORMATS_IMAGE_SIDE_H

#include "formats/image/intake.h"

enum side { SIDE_NONE, SIDE_MAP, SIDE_TAKEN, SIDE_MANIFEST };
enum { SIDE_HEAD_LEN = 128, SIDE_ENDINGS = 3, SIDE_MANIFEST_MAX = 16 << 20 };
#define SIDE_MANIFEST_NAME "capture.json"
#define SIDE_MANIFEST_MAGIC "\"pmemscope_capture\""

/* What file goes by that name and begins with head; *stem: length of the name it goes with, or 0. */
enum side side_of(const char *name, const uint8_t *head, size_t len, size_t *stem);
/* The endings, ".map" first; and what each means when the bytes agree. */
extern const struct side_ending { const char *text; enum side side; } side_endings[SIDE_ENDINGS];

/* What to call its source. */
const char *side_role(enum side side);
/* A source for such a file, all of it read. NULL without memory. */
struct source *side_source(struct intake *in, enum side side, const char *path, const char *found, uint64_t size);
/*
 * Lays what text, a mapfile of len bytes, says over *im, which the intake holds; src: of *im. name: what
 * to call the mapfile in messages; side: its source.
 */
enum status side_lay_map(struct intake *in, struct image **im, struct source *src, const char *name, const char *text,
			 size_t len, struct source *side, struct problem *p);

#endif
