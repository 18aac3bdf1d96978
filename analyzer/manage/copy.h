/*
 * Much data into new files: only what holds something. Holes stay holes, and blocks of zeros become holes, so a copy
 * takes no more room than its content; where the file system can share blocks it takes none. Both processors work, each
 * on a file of its own while there are several, in a few MiB of memory. Nothing is flushed here but started on its way.
 */
#ifndef ANALYZER_MANAGE_COPY_H
#define ANALYZER_MANAGE_COPY_H

#include "analyzer/manage/members.h"
#include "analyzer/manage/writes.h"

enum { COPY_BLOCK = 4096 }; /* zeros are looked for in units of this */

struct copy_run {
	const struct member *from; /* opened */
	uint64_t from_at, len;
	uint32_t to;            /* which file; runs of one file stand together */
	uint64_t to_at;
};

struct copy_job {
	const struct copy_run *runs;
	uint32_t runs_nr;
	const int *to;          /* descriptors of files that read as zeros where runs go; -1: a device */
	struct target *const *devices; /* of those, on which something may lie: zeros are written, too */
	const char *const *to_names;
	uint32_t to_nr;
};

/* *written: bytes that now take room, or are shared. False, told in e: EIO, ENOSPC, ...; EINTR: asked to stop. */
bool copy_all(const struct copy_job *job, struct writes *w, uint64_t *written, struct manage_error *e);

/*
 * How many bytes of runs into file to would take room. exact: data is read, and zeros are not counted; else as the
 * file system says.
 */
bool copy_measure(const struct copy_job *job, uint32_t to, bool exact, uint64_t *bytes, struct manage_error *e);

/* Reads all of it; false: errno says why. */
bool copy_read(const struct member *m, uint8_t *buf, size_t len, uint64_t at);
/*
 * The data or the hole that begins at `at`; at most len bytes. True: data. Where the system cannot tell, all is data.
 */
bool copy_extent(const struct member *m, uint64_t at, uint64_t *len);

#endif
