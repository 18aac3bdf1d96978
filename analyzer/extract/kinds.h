/* What can be extracted from a model, whatever its format. The one list of kinds is in kinds.c. */
#ifndef ANALYZER_EXTRACT_KINDS_H
#define ANALYZER_EXTRACT_KINDS_H

#include "formats/model.h"

/* Where writes were under way, the content differs by the moment. */
enum extract_when {
	EXTRACT_STARTED, /* as the driver or library shows it once it has started and recovered */
	EXTRACT_STORED,  /* as it lies */
	EXTRACT_BEFORE,  /* before the last writes, as far as the evidence remembers them */
};

struct extract_content {
	struct image *image;
	const char *what;        /* "the disk inside a BTT" */
	const char *holds;       /* a file system or the like, as recognised; or NULL */
	const char *note;        /* what one must know of it; or NULL */
	const struct node *node; /* where it was found */
	uint32_t block;          /* bytes of a block, where ranges of blocks can be asked for; else 0 */
};

struct extract_kind {
	const char *name;  /* the word on the command line */
	const char *says;  /* a clause */
	bool by_blocks;    /* a list of block numbers follows */
	/* Content nr (0, 1, ...) of this kind in m, in the order of the tree. False: there is none. */
	bool (*find)(struct arena *a, const struct model *m, enum extract_when when, uint32_t nr,
		     struct extract_content *out);
	/* Instead: the one that a word names. False: *why is a sentence. */
	bool (*named)(struct arena *a, const struct model *m, const char *name, struct extract_content *out,
		      const char **why);
};

extern const struct extract_kind extract_kinds[];
extern const size_t extract_kinds_nr;
const struct extract_kind *extract_kinds_find(const char *name); /* NULL: no such kind */

bool extract_disk(struct arena *a, const struct model *m, enum extract_when when, uint32_t nr,
		  struct extract_content *out);
bool extract_log(struct arena *a, const struct model *m, enum extract_when when, uint32_t nr,
		 struct extract_content *out);
bool extract_pool(struct arena *a, const struct model *m, enum extract_when when, uint32_t nr,
		  struct extract_content *out);

#endif
