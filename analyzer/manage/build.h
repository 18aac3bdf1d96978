/*
 * Parts that are made anew, several at once: their files aside, all data into them, their headers, everything on stable
 * storage; then each is put in its place. Until that last step no file that was there has changed. A DAX device has no
 * aside: it is written where it is, and has no header until it is whole, so a run that is cut off leaves a part to be made.
 */
#ifndef ANALYZER_MANAGE_BUILD_H
#define ANALYZER_MANAGE_BUILD_H

#include "analyzer/manage/aside.h"
#include "analyzer/manage/copy.h"
#include "analyzer/manage/pick.h"

struct build_part {
	uint32_t part;            /* in the target's list of members */
	bool new_header;          /* its crtime is that of the new file */
	bool keep;                /* what lies at its path is kept beside it */
	struct aside aside;       /* of a file */
	struct target *device;    /* or the DAX device itself: its header is blank until all else is there */
	struct manage_act *act;
	const char *kept;
};

struct build {
	const struct health *from;   /* where data is */
	const struct rights *rights; /* or NULL */
	struct health *to;           /* what is made: spaces, uuids, headers; may be the same */
	struct build_part *parts;    /* room for to->m->nr */
	uint32_t nr;
	struct copy_run *runs;
	uint32_t runs_nr, runs_room;
	uint32_t mode;               /* permission bits of what is made */
	struct writes *w;
	struct manage_result *out;
};

/* False without memory. */
bool build_start(struct build *b, const struct health *from, struct health *to, struct writes *w, struct manage_result *out);
/* Adds a part of the target. EINVAL: some of its bytes are in no part that could be read. */
bool build_add(struct build *b, uint32_t part, bool keep, const char *verb, const char *why);
/* Could it be done? Directories that take new files, room for all data. Fills the bytes of acts. Writes nothing. */
bool build_judge(struct build *b);
/* Everything aside, or on its device, and on stable storage. False: no file of it is left, unless the writes were cut. */
bool build_make(struct build *b);
/* Each in its place. */
bool build_place(struct build *b);
/* Closes all; what was not placed is removed, unless the writes were cut. */
void build_drop(struct build *b);

/* build_header.c */
/* The header that a part of the target has by the uuids of h's parts; crtime and the shutdown state are those it had. */
void build_header(const struct health *h, uint32_t part, struct pool_hdr *out);
/* As bytes, with its checksum. */
void build_header_bytes(struct pool_hdr *hdr, uint8_t bytes[POOL_HDR_LEN]);
/* Gives every part that has a header and no uuid a new one. */
bool build_uuids(struct health *h, struct manage_error *e);

#endif
