/*
 * The files that an operation works on: the parts that a set file names, exactly where it names them, or the one
 * file of a pool that has no set file. Unlike the analyzer's intake nothing is looked for elsewhere and
 * nothing is peeled: who changes a pool means these files.
 *
 *	members_read  looks with stat alone: grammar, kinds, sizes, one file named twice. Opens no part.
 *	members_open  opens the parts and takes the lock that PMDK's libraries take: flock(LOCK_EX | LOCK_NB).
 *	members_close closes them, and gives back the locks.
 *
 * Facts: PMDK 1.12 src/common/set.c, src/common/file.c (util_file_open), src/core/os_posix.c.
 */
#ifndef ANALYZER_MANAGE_MEMBERS_H
#define ANALYZER_MANAGE_MEMBERS_H

#include "analyzer/manage/manage.h"
#include "analyzer/repair/target.h"
#include "formats/pool/poolset.h"

enum member_kind {
	MEMBER_NONE,   /* it is not there, or cannot be looked at: errnum says which */
	MEMBER_FILE,
	MEMBER_DAX,    /* a DAX character device */
	MEMBER_BLOCK,  /* a block device: never part of a set */
};

struct member {
	uint32_t replica, part;
	const char *path;
	const struct poolset_line *line; /* that names it, or its directory; NULL: no set file */
	uint64_t declared;  /* bytes by the set file; 0: it does not say (AUTO, a directory's file, no set file) */
	enum member_kind kind;
	int errnum;         /* what stat or open said: ENOENT, EACCES, ...; 0: all is well */
	uint64_t dev, ino;  /* of what is there */
	uint64_t size;      /* bytes of what is there */
	uint32_t mode;      /* permission bits */
	uint64_t align;     /* of a DAX device's mappings; else 0 */
	int fd;             /* opened and locked; -1: not */
	struct target *device; /* a DAX device that is opened: it is read and written through this alone */
};

struct members {
	struct arena *arena;
	const char *path;         /* as the caller gave it */
	const struct poolset *text; /* NULL: the one file of a pool */
	bool singlehdr;           /* by the set file's options */
	bool directories;         /* the parts are numbered files of directories */
	unsigned flags;           /* of members_read */
	bool remote;              /* there are remote replicas: they have no members */
	uint32_t replicas;
	struct member *list;      /* replica by replica, part by part */
	uint32_t nr;
	uint64_t set_dev, set_ino;
	int set_fd;               /* the set file, locked (MEMBERS_LOCK_SET); -1: not */
};

enum {
	MEMBERS_SET_ONLY = 1, /* what is no set file is refused: EINVAL, a directory EISDIR */
	MEMBERS_LOCK_SET = 2, /* the set file stays locked until members_close */
	MEMBERS_EMPTY_DIRS = 4, /* a replica whose directories have no part files is no failure: it has no members */
};

/*
 * Reads what path names into *m, whose memory is a's. False, *e told, nothing opened or changed:
 *	EISDIR  path is a directory
 *	EINVAL  path NULL; a FIFO or other thing that is no file or device, as path or as a part; a set
 *		file that PMDK's grammar refuses (the message names file, line and reason), OPTION NOHDRS; one file
 *		named twice, by device and inode, or one missing path named twice; a set file that names itself
 *	ENOENT, EACCES, ... path itself cannot be had; ENOENT also: a directory set without part files
 *	EAGAIN  MEMBERS_LOCK_SET: the set file is locked by somebody else
 * A part that is missing or cannot be looked at is no failure here: its errnum says so.
 */
bool members_read(struct members *m, struct arena *a, const char *path, unsigned flags, struct manage_error *e);

/* EINVAL of check and feature, ENOTSUP of all others: false when there is a remote replica. */
bool members_local(const struct members *m, int errnum, struct manage_error *e);
/* Every member is there and has the size that the set file says, to the byte. Else ENOENT, EINVAL, ... */
bool members_whole(const struct members *m, struct manage_error *e);
/*
 * Opens and locks every member that is there, read-write or read-only. EAGAIN: one is locked, by another
 * process or by this one; all that were opened are closed again. One that cannot be opened (EACCES, EROFS) is a
 * failure with `all`, else its errnum says so. A file that changed since members_read is EAGAIN.
 */
bool members_open(struct members *m, bool write, bool all, struct manage_error *e);
void members_close(struct members *m);
/* Opens the DAX device that a new part is to lie on. What else has it open is EAGAIN. */
bool members_device_open(struct member *p, bool write, struct manage_error *e);

/* "replica 0 part 1: /path", or the path alone without a set file: for messages. */
const char *members_name(const struct members *m, const struct member *p);
const struct member *members_at(const struct members *m, uint32_t replica, uint32_t part); /* NULL: no such */
uint32_t members_parts(const struct members *m, uint32_t replica); /* parts of a replica */
/* The directory of path exists and is one: ENOENT, ENOTDIR, ... else. */
bool members_parent(const struct members *m, const struct member *p, struct manage_error *e);

#endif
