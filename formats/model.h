/*
 * What the evidence is, as far as the decoders could tell. The tree is for telling; the typed
 * views beside it are for judging. Everything lives in the run's arena.
 */
#ifndef FORMATS_MODEL_H
#define FORMATS_MODEL_H

#include "formats/base/arena.h"
#include "formats/base/node.h"
#include "formats/image/intake.h"

struct pool_set;   /* formats/pool/set.h: replicas, parts, headers, the set file */
struct log_pool;   /* formats/log/log.h */
struct blk_pool;   /* formats/blk/blk.h */
struct obj_pool;   /* formats/obj/obj.h */
struct btt;        /* formats/btt/arena.h */
struct ns_capture; /* formats/ns/ns.h */

struct model {
	struct arena *arena;
	struct intake *intake;  /* NULL: decoded from an image alone */
	struct node *root;      /* its children are the top-level structures */
	const char *format;     /* "pmemobj", "pmemblk", "pmemlog", "pmemcto", "poolset", "btt",
				 * "namespace", or "unknown" */
	struct pool_set *pool;  /* NULL: not a pool */
	struct image *logical;  /* the pool's address space that its content was decoded from; borrowed
				 * from a replica, or an overlay over one. NULL: no part is there */
	uint32_t replica;       /* whose; the first that holds what can be read */
	struct obj_pool *obj;   /* NULL: no pmemobj pool */
	struct log_pool *log;   /* NULL: no pmemlog pool */
	struct blk_pool *blk;   /* NULL: no pmemblk pool */
	struct btt *btt;        /* blk's, or a namespace's; NULL: none */
	struct ns_capture *ns;  /* NULL: no capture of a namespace or an NVDIMM */
	struct model *inside;   /* what else was found inside of it (a namespace's pool or BTT); a list */
	struct model *next, *up; /* in that list; whose list it is */
};

/* top and all that is inside it, in order: NULL starts, NULL ends. */
const struct model *model_next(const struct model *top, const struct model *m);

/* The one that m is inside of, however deep; m itself, when it is in none. */
const struct model *model_top(const struct model *m);

/* True when this was read from a capture that left something out on purpose: what looks at data cannot be judged. */
bool model_left_out(const struct model *m);

#endif
