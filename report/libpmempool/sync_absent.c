/* In place of sync.c while analyzer/manage has neither operation: both are refused. */
#include "report/libpmempool/error.h"
#include "report/libpmempool/libpmempool.h"

#include <errno.h>

int pmempool_sync(const char *poolset_file, unsigned flags)
{
	(void)flags;
	return error_leave_text(ENOTSUP, "%s: this build cannot synchronise pools", poolset_file ? poolset_file : "NULL");
}

int pmempool_transform(const char *poolset_file_src, const char *poolset_file_dst, unsigned flags)
{
	(void)flags;
	(void)poolset_file_dst;
	return error_leave_text(ENOTSUP, "%s: this build cannot transform pools", poolset_file_src ? poolset_file_src : "NULL");
}
