/*
 * What the set_*.c files share while they build a pool_set. No other file includes it. A pool_set
 * comes about in this order: candidates are read (set_cand.c), they are given their places by the
 * set file (set_find.c, set_match.c) or by their headers alone (set_order.c, set_alone.c), the
 * headers vote (set_vote.c), the pool inside tells its size (set_inner.c), the parts are laid end
 * to end (set_layout.c), what a cut-off repair left beside them is read (set_bad.c), and the tree is
 * told (set_tree.c).
 */
#ifndef FORMATS_POOL_SET_WORK_H
#define FORMATS_POOL_SET_WORK_H

#include "formats/pool/set.h"

/* A file that may be a part: what its first page says, small enough to keep one of each member. */
struct set_cand {
	struct item *item;  /* NULL: seen beside the set file, not opened for good yet */
	const char *path;   /* of such a one */
	const char *name;   /* last part of the path, or of the member's name */
	uint32_t idx;       /* in the order they were offered */
	uint64_t size;      /* bytes; 0: not known before the end of a stream */
	bool set_file;      /* begins as one */
	bool header;        /* a pool header, whole or damaged */
	bool sum_good;
	bool taken;
	bool dropped;       /* told as a stray already, or nothing to tell */
	enum pool_type type;
	uint32_t major, incompat;
	uint8_t poolset[UUID_LEN], uuid[UUID_LEN];
	uint8_t prev_part[UUID_LEN], next_part[UUID_LEN], prev_repl[UUID_LEN], next_repl[UUID_LEN];
};

struct set_work {
	struct model *m;
	struct arena *arena;
	struct intake *in;
	const struct set_options *o;
	struct problem *p;
	struct pool_set *s;
	bool group; /* as the intake said at first: a part that is an archive would change it */
	struct set_cand **cands;
	uint32_t nr;
	struct set_same *same;  /* files by device and inode */
	uint32_t same_nr, same_room;
	struct pool_stray *last_stray;
	struct set_cand **members; /* those of archives, by the members' names */
	uint32_t members_nr;
};

/* What the pool's own structures say, told by the descriptor's page alone. */
struct set_inner {
	enum pool_type type; /* POOL_UNKNOWN: nothing there that is one */
	const char *how;     /* which evidence the type is from */
	uint64_t descr_at;
	bool size_known;
	uint64_t size;
	const char *size_how;
};

/* set_cand.c. NULL, with w->p filled, without memory. */
struct set_cand *set_cand_add(struct set_work *w, struct item *item);
/* Fills c from the first page of im. */
void set_cand_look(struct set_cand *c, struct image *im);
bool set_cand_in_tar(const struct item *item);

/* set_part.c: the places of a pool_set. NULL or false: no memory, told in w->p. */
struct pool_replica *set_part_replica(struct set_work *w);
struct pool_part *set_part_add(struct set_work *w, struct pool_replica *r);
/* Puts item in its place and decodes its header. c may be NULL. */
bool set_part_take(struct set_work *w, struct pool_part *part, struct item *item, enum part_found found);
/* As set_part_take; opens the candidate's file first where that was not done yet. False: not possible. */
bool set_part_take_cand(struct set_work *w, struct pool_part *part, struct set_cand *c, enum part_found found);
bool set_part_stray(struct set_work *w, struct set_cand *c, enum stray_why why, const struct pool_part *twin);
enum status set_part_nomem(struct set_work *w);
/* A file by device and inode: the part that it was taken as first. NULL: none. */
struct pool_part *set_part_same(const struct set_work *w, uint64_t dev, uint64_t ino);
/* The first part that item was taken for, or NULL. */
const struct pool_part *set_part_with(const struct set_work *w, const struct item *item);

/* set_order.c: parts in the order of their links. */
struct set_slot {
	struct set_cand *cand;   /* NULL: missing, known by its uuid alone */
	uint8_t uuid[UUID_LEN];
	bool gap_before;
};
struct set_ring {
	struct set_slot *slots;
	uint32_t nr;
};
struct set_rings {
	struct set_ring *rings;  /* in the order of their links, the first as the names sort */
	uint32_t nr;
};
/*
 * cands: headers of one pool set, no uuid twice. Missing ones that links name get a slot, a replica
 * of which nothing is there a ring of one slot. False without memory.
 */
bool set_order(struct set_work *w, struct set_cand **cands, uint32_t nr, struct set_rings *out);
/* Those of w's untaken candidates that carry this poolset uuid, or are named by their links; no uuid twice. */
bool set_order_members(struct set_work *w, const uint8_t *poolset, struct set_cand ***out, uint32_t *nr);

/* set_find.c, set_alone.c: fill w->s->replicas. */
enum status set_find(struct set_work *w);
enum status set_alone(struct set_work *w);
/* The file at path as part p, whatever it is. False: it is not there, or cannot be opened, and p says why. */
bool set_find_path(struct set_work *w, struct pool_part *p, const char *path, enum part_found found);
bool set_find_header(const struct poolset *t, uint32_t idx); /* whether part idx has one, by the options */
/* What was offered and not taken, but for texts and set files. */
bool set_strays(struct set_work *w);

/* The set file is a member of an archive: its paths are those of another machine. */
bool set_find_in_archive(const struct set_work *w);
/*
 * The path that the longest OLD of --map shorter than *len makes of path; *len becomes its length. OLD
 * is a prefix of whole names. NULL: there is none, or no memory.
 */
const char *set_find_mapped(const struct set_work *w, const char *path, size_t *len);

/* set_dirs.c: parts that are numbered files of directories. */
bool set_dirs_is(const struct set_work *w, const struct poolset_replica *t);
bool set_dirs(struct set_work *w, struct pool_replica *r, const struct poolset_replica *t);

/* set_beside.c, set_match.c: candidates beside the set file, and candidates to empty places. */
bool set_beside(struct set_work *w);
bool set_match(struct set_work *w);
/*
 * The poolset uuid of which most candidates are; those under a declared name count before all others,
 * and of two with as many it is that of the first. NULL: none has a header. False without memory.
 */
bool set_match_offered(struct set_work *w, const uint8_t **out);

/* set_bare.c: files without header; later parts of SINGLEHDR sets, or parts that lost theirs. */
bool set_bare_later(struct set_work *w);
bool set_bare_lost(struct set_work *w);

/* set_name.c */
const char *set_name_last(const char *path);          /* the last part of a path */
size_t set_name_len(const char *name);                /* without suffixes of compression */
int set_name_cmp(const char *a, const char *b);       /* the same, in some order */
int set_name_natural(const char *a, const char *b);   /* the order people number files in */
bool set_name_alike(const char *a, const char *b);    /* the same but for digits and compression */
size_t set_name_shared(const char *a, const char *b); /* bytes that both begin with */

/* set_vote.c */
void set_vote(struct set_work *w);
/* What the links of other headers call the part at this place; false: nobody says. */
bool set_vote_called(const struct pool_set *s, const struct pool_part *p, uint8_t uuid[UUID_LEN]);

/* set_inner.c. type POOL_UNKNOWN and at 0: whatever can be recognised is told. */
void set_inner_look(struct image *im, enum pool_type type, uint32_t major, uint64_t at, struct set_inner *out);
void set_inner(struct set_work *w);

/* set_layout.c */
bool set_layout(struct set_work *w);

/* set_bad.c: fills bad of the parts. False without memory. */
bool set_bad(struct set_work *w);

/* set_tree.c */
bool set_tree_text(struct set_work *w);
void set_tree(struct set_work *w);
void set_tree_sizes(struct arena *a, const struct pool_set *s);

#endif
