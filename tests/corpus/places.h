/*
 * Places that a recipe names, found with the real decoders: a path through the model
 * ("replica[0].part[1].header.major"), or bytes of a file ("r0p1@0x800+16").
 */
#ifndef TESTS_CORPUS_PLACES_H
#define TESTS_CORPUS_PLACES_H

#include "formats/model.h"

struct places; /* the model as it was when first asked; see places_forget */

struct place {
	char file[4096];           /* bytes of a file: its name; else empty */
	struct image *image;       /* else: what `at` counts in */
	uint64_t at, len;
	const struct layout *layout; /* the structure it is, or lies in; NULL: none */
	const struct field *field;   /* the field it is; NULL: not one */
	uint64_t struct_at;          /* where that structure begins */
};

struct places *places_open(void);
void places_close(struct places *ps);
/* Files were replaced: what is named next is looked for anew. source: what would be analysed. */
void places_forget(struct places *ps, const char *source);

/* All return false after a message on stderr. */
bool places_find(struct places *ps, const char *text, struct place *out);
/* [off, off+len) of the place, which may lie in several files. */
bool place_read(const struct place *p, uint64_t off, uint8_t *buf, size_t len);
bool place_write(const struct place *p, uint64_t off, const uint8_t *buf, size_t len);
/*
 * Puts right the checksum that the place is, or that the structure it is holds. skip: bytes from
 * there on count as zero; 0: as the structure itself says.
 */
bool place_seal(const struct place *p, uint64_t skip);

/* For laws that damage at random: the tree itself. NULL after a message. */
const struct node *places_root(struct places *ps);

#endif
