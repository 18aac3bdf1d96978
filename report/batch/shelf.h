/* All files that were found, while it is decided which belong together. */
#ifndef REPORT_BATCH_SHELF_H
#define REPORT_BATCH_SHELF_H

#include "formats/base/status.h"
#include "formats/sniff.h"
#include "report/batch/find.h"

struct batch_shelf_file {
	char *path;
	uint64_t size, dev, ino;
	struct sniff sniff;
	bool given;  /* named by the user: taken whatever it is */
	bool taken;  /* part of an image already */
	const struct batch_shelf_file *kin; /* among parts without a set file: the one that was put to the group before it */
};

struct batch_shelf {
	struct batch_shelf_file *files; /* sorted by path once walked */
	size_t nr, room;
};

/* Adds what lies at or below path. */
enum status batch_shelf_walk(struct batch_shelf *s, const char *path, struct batch_find *f, struct problem *p);
void batch_shelf_sort(struct batch_shelf *s);
void batch_shelf_free(struct batch_shelf *s);

#endif
