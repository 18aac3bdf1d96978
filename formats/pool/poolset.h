/*
 * The poolset text file: which files, in which order, make the replicas of a pool. Parsed as PMDK
 * 1.12 does (src/common/set.c util_poolset_parse), but to the end: every faulty line is kept with
 * its reason, and what can be used of the rest is used. Offsets count from the start of the text.
 *
 * Where PMDK would stop, reading goes on so: a part line with a bad size or path keeps its place
 * in the order, its size unknown (0) or its path as written; a REPLICA line after an empty replica
 * opens no further one; parts after a remote replica belong to nobody. A line with a NUL or a lost
 * byte before any '#' is a bad token at that byte (PMDK glues such a line to the next).
 *
 * What the parser cannot know is judged by others: AUTO on what is no Device DAX, directories, and
 * whether the size fits the file.
 */
#ifndef FORMATS_POOL_POOLSET_H
#define FORMATS_POOL_POOLSET_H

#include "formats/base/arena.h"
#include "formats/base/span.h"

enum poolset_fault {
	POOLSET_OK,
	POOLSET_SIGNATURE,      /* the first line must be exactly 'PMEMPOOLSET' */
	POOLSET_TOKEN,          /* invalid token found in the current line */
	POOLSET_REPLICA_WORD,   /* exactly 'REPLICA' expected */
	POOLSET_REMOTE_PARTS,   /* unexpected parts for remote replica */
	POOLSET_REMOTE_ADDRESS, /* address of remote node and descriptor of remote pool set expected */
	POOLSET_SIZE,           /* incorrect format of size */
	POOLSET_AUTO,           /* cannot determine size of a part */
	POOLSET_PATH,           /* incorrect path (must be an absolute one) */
	POOLSET_DESCRIPTOR,     /* incorrect descriptor (must be a relative path) */
	POOLSET_NO_PARTS,       /* no pool set parts */
	POOLSET_REPLICA_EMPTY,  /* no replica parts */
	POOLSET_OPTION_UNKNOWN, /* unknown option */
	POOLSET_OPTION_MISSING, /* missing option name */
	POOLSET_SIZE_RANGE,     /* invalid size for an offset: negative or past 2^63 */
	POOLSET_NOHDRS,         /* the NOHDRS option is not supported for local poolsets */
	POOLSET_BOTH_OPTIONS,   /* SINGLEHDR and NOHDRS together */
	POOLSET_FAULTS,
};
const char *poolset_fault_text(enum poolset_fault f); /* in PMDK's words */

enum poolset_line_kind { POOLSET_LINE_BAD, POOLSET_LINE_PART, POOLSET_LINE_REPLICA, POOLSET_LINE_OPTION };
struct poolset_line {
	enum poolset_line_kind kind;
	enum poolset_fault fault;
	uint32_t number;     /* 1-based line */
	uint64_t at, len;    /* bytes of the line in the text, without its end */
	uint64_t fault_at;   /* byte the fault was seen at */
	/* part */
	uint64_t size;       /* bytes; 0 with is_auto */
	bool is_auto;
	const char *path;    /* also kept when not absolute */
	/* replica */
	bool remote;
	const char *node, *descriptor;
	struct poolset_line *next;
};

struct poolset_replica {
	bool remote;
	const char *node, *descriptor; /* remote */
	struct poolset_line *line;     /* the REPLICA line; NULL for the master */
	struct poolset_line **parts;   /* usable part lines in order */
	uint32_t nr;
	struct poolset_replica *next;
};

struct poolset {
	struct poolset_line *lines; /* part, replica, option and faulty lines, in order */
	struct poolset_replica *replicas;
	uint32_t replicas_nr;
	bool singlehdr, nohdrs;
	uint32_t faults;     /* lines with a fault, and faults of the whole */
	enum poolset_fault whole; /* the first fault that belongs to no line of lines: SIGNATURE, NO_PARTS,
				   * REPLICA_EMPTY, BOTH_OPTIONS, NOHDRS */
	uint32_t whole_number;    /* the line PMDK would name, or 0 */
	uint32_t dropped;    /* lines past POOLSET_LINES_MAX: neither kept nor judged */
	bool lost;           /* bytes of the text could not be read */
};

enum {
	POOLSET_TEXT_MAX = 16 << 20,  /* bytes of text looked at; a longer file is no set file */
	POOLSET_LINES_MAX = 1 << 17,  /* lines kept */
};

bool poolset_is(struct span head);  /* head begins with the 11 bytes PMEMPOOLSET */
/* NULL only without memory. text is borrowed for the life of the arena. */
struct poolset *poolset_parse(struct arena *a, struct span text);

#endif
