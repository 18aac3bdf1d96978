/*
 * What a worker cannot do any more, whatever its image makes of it. Two doors: from its start on nothing
 * can be written but what is open, nothing run, no network (Landlock, and a seccomp filter); once its
 * inputs are open, no file can be opened either, and what is not needed for thinking and writing is refused. The
 * second stays open for sets, whose parts are looked for to the end, and for who mends.
 */
#ifndef REPORT_BATCH_SANDBOX_H
#define REPORT_BATCH_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* Made once, before the first worker. */
struct batch_sandbox {
	struct { int reading, nothing; } rules; /* Landlock's, or -1: files may be opened to be read; none may */
	struct batch_filter { void *code; unsigned short len; } start, closed; /* seccomp's; NULL code: none */
	const char *without; /* why one of the two is missing, in words; NULL: both are there */
};

void batch_sandbox_open(struct batch_sandbox *s);
void batch_sandbox_close(struct batch_sandbox *s);

/* In the worker, under one of the two rules. False: what the kernel has could not be put on, and no image must
 * be touched. */
bool batch_sandbox_enter(const struct batch_sandbox *s, int rules);
/* Rules for one that mends: it may also write below the directories of the NULL-ended list. -1 where there are none. */
int batch_sandbox_writing(const struct batch_sandbox *s, char *const *below);
/* All inputs are open. To be called from any thread of the worker: it binds all of them. */
bool batch_sandbox_shut(const struct batch_sandbox *s);

#endif
