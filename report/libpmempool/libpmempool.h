/*
 * libpmempool: check, repair, synchronise, transform and remove pools of persistent memory, and change their features.
 * The C interface of PMDK's library of this name, versions 1.12 and 2.x: sources compile and programs run unchanged.
 *
 * All functions give NULL or -1 on failure, with errno set; pmempool_errormsg() then has the reason, with the file, the
 * line, the part and the field. errno is left alone otherwise.
 *
 * Source of names, values and layouts: PMDK 1.12 libpmempool.h and libpmempool(7).
 */
#ifndef LIBPMEMPOOL_H
#define LIBPMEMPOOL_H 1

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As sources for 1.x also call them. */
#define pmempool_check_argsU pmempool_check_args
#define pmempool_check_statusU pmempool_check_status
#define pmempool_check_initU pmempool_check_init
#define pmempool_checkU pmempool_check
#define pmempool_syncU pmempool_sync
#define pmempool_transformU pmempool_transform
#define pmempool_rmU pmempool_rm
#define pmempool_check_versionU pmempool_check_version
#define pmempool_errormsgU pmempool_errormsg
#define pmempool_feature_enableU pmempool_feature_enable
#define pmempool_feature_disableU pmempool_feature_disable
#define pmempool_feature_queryU pmempool_feature_query

/* The interface that this header declares; major must be the same, minor not more than the library's. */
#define PMEMPOOL_MAJOR_VERSION 1
#define PMEMPOOL_MINOR_VERSION 3
/* NULL when the library fits, else a text that says why not. errno is left alone. */
const char *pmempool_check_version(unsigned major_required, unsigned minor_required);

/* The last failure of this thread: "" before the first, never NULL; the next failure overwrites it. */
const char *pmempool_errormsg(void);

/* ---- check ---- */

enum pmempool_pool_type {
	PMEMPOOL_POOL_TYPE_DETECT = 0,
	PMEMPOOL_POOL_TYPE_LOG = 1,
	PMEMPOOL_POOL_TYPE_BLK = 2,
	PMEMPOOL_POOL_TYPE_OBJ = 3,
	PMEMPOOL_POOL_TYPE_BTT = 4,
	PMEMPOOL_POOL_TYPE_RESERVED1 = 5, /* 1.x; once pmemcto */
};

#define PMEMPOOL_CHECK_REPAIR (1U << 0)     /* mend what was found, as far as questions are answered with yes */
#define PMEMPOOL_CHECK_DRY_RUN (1U << 1)    /* the same without writing; needs REPAIR, no backup_path */
#define PMEMPOOL_CHECK_ADVANCED (1U << 2)   /* also mend by ways that lose information; needs REPAIR */
#define PMEMPOOL_CHECK_ALWAYS_YES (1U << 3) /* ask nothing; needs REPAIR */
#define PMEMPOOL_CHECK_VERBOSE (1U << 4)    /* also tell of progress */
#define PMEMPOOL_CHECK_FORMAT_STR (1U << 5) /* statuses are texts: always needed */

struct pmempool_check_args {
	const char *path;        /* pool file, part, set file; for BTT a file or a block device */
	const char *backup_path; /* or NULL: a file, or for sets a set file, that takes a copy before repair */
	enum pmempool_pool_type pool_type;
	unsigned flags;
};

enum pmempool_check_msg_type {
	PMEMPOOL_CHECK_MSG_TYPE_INFO = 0,
	PMEMPOOL_CHECK_MSG_TYPE_ERROR = 1,
	PMEMPOOL_CHECK_MSG_TYPE_QUESTION = 2,
};

struct pmempool_check_status {
	enum pmempool_check_msg_type type;
	struct {
		const char *msg;
		const char *answer; /* to a question: the caller points it at "yes" or "no". NULL: not answered */
	} str;
};

enum pmempool_check_result {
	PMEMPOOL_CHECK_RESULT_CONSISTENT = 0,
	PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT = 1,
	PMEMPOOL_CHECK_RESULT_REPAIRED = 2,
	PMEMPOOL_CHECK_RESULT_CANNOT_REPAIR = 3,
	PMEMPOOL_CHECK_RESULT_ERROR = 4,
	PMEMPOOL_CHECK_RESULT_SYNC_REQ = 5,
};

typedef struct pmempool_check_ctx PMEMpoolcheck;

/* args_size: sizeof(struct pmempool_check_args). What args points to is copied. NULL on failure. */
PMEMpoolcheck *pmempool_check_init(struct pmempool_check_args *args, size_t args_size);
/* The next thing to say, valid until the next call with this context; NULL: the check is over. */
struct pmempool_check_status *pmempool_check(PMEMpoolcheck *ppc);
/* Frees the context and gives the result; may be called at any time. */
enum pmempool_check_result pmempool_check_end(PMEMpoolcheck *ppc);

/* ---- sync, transform ---- */

#define PMEMPOOL_SYNC_FIX_BAD_BLOCKS (1U << 0)
#define PMEMPOOL_SYNC_DRY_RUN (1U << 1)
#define PMEMPOOL_TRANSFORM_DRY_RUN (1U << 1) /* the same bit as that of sync */

int pmempool_sync(const char *poolset_file, unsigned flags);
int pmempool_transform(const char *poolset_file_src, const char *poolset_file_dst, unsigned flags);

/* ---- rm ---- */

#define PMEMPOOL_RM_FORCE (1U << 0)          /* what is missing is passed over; what is in use stays */
#define PMEMPOOL_RM_POOLSET_LOCAL (1U << 1)  /* the set file goes too */
#define PMEMPOOL_RM_POOLSET_REMOTE (1U << 2) /* 1.x; means nothing without remote replicas */

int pmempool_rm(const char *path, unsigned flags);

/* ---- features ---- */

enum pmempool_feature {
	PMEMPOOL_FEAT_SINGLEHDR = 0,
	PMEMPOOL_FEAT_CKSUM_2K = 1,
	PMEMPOOL_FEAT_SHUTDOWN_STATE = 2,
	PMEMPOOL_FEAT_CHECK_BAD_BLOCKS = 3,
};

/* flags: 0. */
int pmempool_feature_enable(const char *path, enum pmempool_feature feature, unsigned flags);
int pmempool_feature_disable(const char *path, enum pmempool_feature feature, unsigned flags);
int pmempool_feature_query(const char *path, enum pmempool_feature feature, unsigned flags); /* 1 or 0 */

#ifdef __cplusplus
}
#endif

#endif
