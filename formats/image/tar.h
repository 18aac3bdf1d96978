/*
 * The members of a tar (ustar, pax, GNU), listed by libarchive from their headers alone; their data
 * are read later, at their places in the archive.
 */
#ifndef FORMATS_IMAGE_TAR_H
#define FORMATS_IMAGE_TAR_H

#include "formats/image/runs.h"

enum { TAR_HEAD_LEN = 512 }; /* bytes that tar_probe wants to see */

struct tar_member {
	const char *name;  /* as stored (untrusted bytes); never a path for us */
	uint64_t size;     /* with its holes */
	uint64_t at;       /* of its data in the archive */
	struct run *runs;  /* of a sparse one: what is no hole; else one run of all of it */
	size_t runs_nr;
	struct tar_member *next;
};

struct tar_list {
	struct tar_member *first; /* regular files with at least one byte, in the order of their names */
	uint32_t nr;
	const char *note;         /* what of the archive could not be read or was left out; or NULL */
};

/* True when head is the header of a member: its checksum fits. */
bool tar_probe(const uint8_t *head, size_t len);
/*
 * Reads the headers in im, whose end need not be known yet. members_max: of all kinds; size_max:
 * bytes of one. What is past a bound, or behind a damaged header, is left out and told in the note.
 * Not STATUS_OK: our own failure.
 */
enum status tar_members(struct arena *a, struct image *im, uint32_t members_max, uint64_t size_max,
			struct tar_list *out, struct problem *p);

#endif
