/* A manifest as it is read: line by line, so that the first image starts before the last line is seen. */
#ifndef REPORT_BATCH_MANIFEST_H
#define REPORT_BATCH_MANIFEST_H

#include "formats/base/status.h"
#include "report/batch/image.h"

#include <stdio.h>

struct batch_manifest {
	FILE *f;
	const char *path; /* as given; "-": standard input */
	char *dir;        /* that relative paths count from */
	char *line;
	size_t room;
	uint64_t at;      /* lines read */
	uint64_t lines;   /* in all; 0: a pipe, nobody knows */
};

enum status batch_manifest_open(const char *path, struct batch_manifest *out, struct problem *p);
/*
 * The next image, to be freed. STATUS_OK with an empty image (no source): the end. Any other status: p
 * names the line, and the next call goes on behind it (STATUS_USAGE) or must not be made.
 */
enum status batch_manifest_next(struct batch_manifest *m, struct batch_image *out, struct problem *p);
void batch_manifest_close(struct batch_manifest *m);

#endif
