/*
 * What the evidence is, as far as the decoders could tell. The tree is for telling; the typed
 * views beside it are for judging. Everything lives in the run's arena.
 */
#ifndef FORMATS_MODEL_H
#define FORMATS_MODEL_H

#include "formats/base/arena.h"
#include "formats/base/node.h"
#include "formats/image/intake.h"

struct pool_set; /* formats/pool/set.h: replicas, parts, headers, the set file */
struct log_pool; /* formats/log/log.h */
struct blk_pool; /* formats/blk/blk.h */
struct btt;      /* formats/btt/arena.h */

struct model {
	struct arena *arena;
	struct intake *intake;
	struct node *root;      /* its children are the top-level structures */
	const char *format;     /* "pmemobj", "pmemblk", "pmemlog", "pmemcto", "poolset", or "unknown" */
	struct pool_set *pool;  /* NULL: not a pool */
	struct log_pool *log;   /* NULL: no pmemlog pool */
	struct blk_pool *blk;   /* NULL: no pmemblk pool */
	struct btt *btt;        /* blk's, or a namespace's; NULL: none */
};

#endif
