/* Prints all that a compiled program takes from the header. Built against two headers, the output is the same. */
#include <libpmempool.h>
#include <stdio.h>

#define SHOW(what) printf("%s %ld\n", #what, (long)(what))
#define AT(tag, member) printf("%s.%s %zu\n", #tag, #member, offsetof(struct tag, member))

int main(void)
{
	/* both spellings of the tags name one type, and a program may use either */
	struct pmempool_check_argsU args = { .path = "x" };
	struct pmempool_check_args *same = &args;

	SHOW(same->path[0]);
	SHOW(PMEMPOOL_MAJOR_VERSION);
	SHOW(PMEMPOOL_MINOR_VERSION);
	SHOW(PMEMPOOL_POOL_TYPE_DETECT);
	SHOW(PMEMPOOL_POOL_TYPE_LOG);
	SHOW(PMEMPOOL_POOL_TYPE_BLK);
	SHOW(PMEMPOOL_POOL_TYPE_OBJ);
	SHOW(PMEMPOOL_POOL_TYPE_BTT);
	SHOW(PMEMPOOL_POOL_TYPE_RESERVED1);
	SHOW(PMEMPOOL_CHECK_REPAIR);
	SHOW(PMEMPOOL_CHECK_DRY_RUN);
	SHOW(PMEMPOOL_CHECK_ADVANCED);
	SHOW(PMEMPOOL_CHECK_ALWAYS_YES);
	SHOW(PMEMPOOL_CHECK_VERBOSE);
	SHOW(PMEMPOOL_CHECK_FORMAT_STR);
	SHOW(PMEMPOOL_CHECK_MSG_TYPE_INFO);
	SHOW(PMEMPOOL_CHECK_MSG_TYPE_ERROR);
	SHOW(PMEMPOOL_CHECK_MSG_TYPE_QUESTION);
	SHOW(PMEMPOOL_CHECK_RESULT_CONSISTENT);
	SHOW(PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	SHOW(PMEMPOOL_CHECK_RESULT_REPAIRED);
	SHOW(PMEMPOOL_CHECK_RESULT_CANNOT_REPAIR);
	SHOW(PMEMPOOL_CHECK_RESULT_ERROR);
	SHOW(PMEMPOOL_CHECK_RESULT_SYNC_REQ);
	SHOW(PMEMPOOL_SYNC_FIX_BAD_BLOCKS);
	SHOW(PMEMPOOL_SYNC_DRY_RUN);
	SHOW(PMEMPOOL_TRANSFORM_DRY_RUN);
	SHOW(PMEMPOOL_RM_FORCE);
	SHOW(PMEMPOOL_RM_POOLSET_LOCAL);
	SHOW(PMEMPOOL_RM_POOLSET_REMOTE);
	SHOW(PMEMPOOL_FEAT_SINGLEHDR);
	SHOW(PMEMPOOL_FEAT_CKSUM_2K);
	SHOW(PMEMPOOL_FEAT_SHUTDOWN_STATE);
	SHOW(PMEMPOOL_FEAT_CHECK_BAD_BLOCKS);
	SHOW(sizeof(struct pmempool_check_args));
	SHOW(sizeof(struct pmempool_check_status));
	AT(pmempool_check_args, path);
	AT(pmempool_check_args, backup_path);
	AT(pmempool_check_args, pool_type);
	AT(pmempool_check_args, flags);
	AT(pmempool_check_status, type);
	AT(pmempool_check_status, str.msg);
	AT(pmempool_check_status, str.answer);
	return pmempool_check_version(PMEMPOOL_MAJOR_VERSION, PMEMPOOL_MINOR_VERSION) != NULL;
}
