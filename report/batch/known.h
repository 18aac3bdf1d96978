/* Ids that were met, and those that an earlier manifest knows of files that have not changed since. */
#ifndef REPORT_BATCH_KNOWN_H
#define REPORT_BATCH_KNOWN_H

#include "report/batch/image.h"

struct batch_known {
	char (*ids)[BATCH_ID_LEN]; /* a hash table: free places begin with NUL */
	size_t nr, room;           /* room: a power of two */
	struct batch_image *before; /* sorted by source */
	size_t before_nr;
};

enum known { KNOWN_NEW, KNOWN_BEFORE, KNOWN_NOMEM };
enum known batch_known_add(struct batch_known *k, const char *id);

/* False without memory. A manifest that cannot be read knows nothing. path may be NULL. */
bool batch_known_load(struct batch_known *k, const char *path);
/* The id of an image with the same files, of the same length and time; NULL: none. */
const char *batch_known_id(const struct batch_known *k, const struct batch_image *im);
void batch_known_free(struct batch_known *k);

#endif
