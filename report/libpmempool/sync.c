/* sync and transform: arguments in, the operations of analyzer/manage, an errno out. */
#include "analyzer/manage/manage.h"

#include "report/libpmempool/error.h"
#include "report/libpmempool/libpmempool.h"

#include <errno.h>

int pmempool_sync(const char *poolset_file, unsigned flags)
{
	struct manage_options o = { .dry_run = flags & PMEMPOOL_SYNC_DRY_RUN };
	struct manage_result r;
	int before = errno;

	if (!error_flags(flags, PMEMPOOL_SYNC_FIX_BAD_BLOCKS | PMEMPOOL_SYNC_DRY_RUN))
		return -1;
	return error_result(manage_sync(poolset_file, flags & PMEMPOOL_SYNC_FIX_BAD_BLOCKS ? MANAGE_SYNC_BAD_BLOCKS : 0, &o, &r), 0,
		     before, &r);
}

int pmempool_transform(const char *poolset_file_src, const char *poolset_file_dst, unsigned flags)
{
	struct manage_options o = { .dry_run = flags & PMEMPOOL_TRANSFORM_DRY_RUN };
	struct manage_result r;
	int before = errno;

	if (!error_flags(flags, PMEMPOOL_TRANSFORM_DRY_RUN))
		return -1;
	return error_result(manage_transform(poolset_file_src, poolset_file_dst, &o, &r), 0, before, &r);
}
