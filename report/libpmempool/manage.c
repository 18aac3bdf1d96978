/* rm and features: arguments in, the operations of analyzer/manage, an errno out. */
#include "analyzer/manage/manage.h"

#include "report/libpmempool/error.h"
#include "report/libpmempool/libpmempool.h"

#include <errno.h>

int pmempool_rm(const char *path, unsigned flags)
{
	static const struct manage_options o;
	struct manage_result r;
	unsigned how = (flags & PMEMPOOL_RM_FORCE ? MANAGE_RM_FORCE : 0u) |
		       (flags & PMEMPOOL_RM_POOLSET_LOCAL ? MANAGE_RM_SET_FILE : 0u);
	int before = errno;

	if (!error_flags(flags, PMEMPOOL_RM_FORCE | PMEMPOOL_RM_POOLSET_LOCAL | PMEMPOOL_RM_POOLSET_REMOTE))
		return -1;
	return error_result(manage_rm(path, how, &o, &r), 0, before, &r);
}

static bool feature_args(enum pmempool_feature feature, unsigned flags)
{
	if ((unsigned)feature >= MANAGE_FEATURES) {
		error_leave_text(EINVAL, "feature %d: there is no such", (int)feature);
		return false;
	}
	return error_flags(flags, 0);
}

static int feature_set(const char *path, enum pmempool_feature feature, unsigned flags, bool on)
{
	static const struct manage_options o;
	struct manage_result r;
	int before = errno;

	if (!feature_args(feature, flags))
		return -1;
	return error_result(manage_feature_set(path, (enum manage_feature)feature, on, &o, &r), 0, before, &r);
}

int pmempool_feature_enable(const char *path, enum pmempool_feature feature, unsigned flags)
{
	return feature_set(path, feature, flags, true);
}

int pmempool_feature_disable(const char *path, enum pmempool_feature feature, unsigned flags)
{
	return feature_set(path, feature, flags, false);
}

int pmempool_feature_query(const char *path, enum pmempool_feature feature, unsigned flags)
{
	struct manage_result r;
	int before = errno;

	if (!feature_args(feature, flags))
		return -1;
	bool ok = manage_feature_query(path, (enum manage_feature)feature, &r);
	return error_result(ok, r.value, before, &r);
}
