/*
 * One line of a manifest: a pool, a set or a capture, under the id that its results are kept by. The id
 * is made of the bytes of its files (identity.h), so it is the same on every machine and for every copy.
 *
 *	{"id": "<32 hex digits>", "kind": "pool", "source": "/d/a.pool",
 *	 "files": [{"path": "/d/a.pool", "size": 8388608, "mtime": "1764129600.000000000"}]}
 *
 * kind "parts": all of files are given to the analysis, together. A path that is no UTF-8 is an object
 * {"hex": "..."}. A relative path counts from the manifest's directory.
 */
#ifndef REPORT_BATCH_IMAGE_H
#define REPORT_BATCH_IMAGE_H

#include "report/buf.h"

#include <jansson.h>

enum { BATCH_ID_LEN = 32 }; /* hex digits */

struct batch_file {
	char *path;
	uint64_t size;
	char mtime[32]; /* seconds since 1970 with nine decimals */
};

struct batch_image {
	char id[BATCH_ID_LEN + 1];
	char kind[16];
	char *source;
	struct batch_file *files;
	size_t nr;
};

/* False: out is empty, and why (static) says what is wrong with the line. dir: for relative paths, or NULL. */
bool batch_image_read(const char *line, size_t len, const char *dir, struct batch_image *out, const char **why);
void batch_image_write(const struct batch_image *im, struct buf *out);
void batch_image_free(struct batch_image *im);

/* Which shard of nr has it: the same for every machine. */
uint32_t batch_image_shard(const struct batch_image *im, uint32_t nr);
bool batch_id_good(const char *id);

/* What stat tells now. False: the file is not there. */
bool batch_file_look(const char *path, struct batch_file *out);

/* "..." or {"hex": "..."}; and back, to be freed: NULL when v is neither. */
void batch_path_put(struct buf *out, const char *path);
char *batch_path_get(const json_t *v);

#endif
