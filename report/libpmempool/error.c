#include "report/libpmempool/error.h"

#include "report/libpmempool/libpmempool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char message[sizeof(((struct manage_error *)0)->text)];

const char *pmempool_errormsg(void)
{
	return message;
}

const char *error_message(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	return message;
}

int error_leave(const struct manage_error *e)
{
	error_message("%s", e->text);
	errno = e->errnum ? e->errnum : EINVAL;
	return -1;
}

int error_leave_text(int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	errno = errnum;
	return -1;
}

bool error_flags(unsigned flags, unsigned known)
{
	if ((flags & ~known) == 0)
		return true;
	error_leave_text(EINVAL, "flags 0x%x: only 0x%x are known", flags, known);
	return false;
}

int error_result(bool ok, int value, int errno_before, struct manage_result *r)
{
	struct manage_error e = r->error;

	manage_close(r);
	if (!ok)
		return error_leave(&e);
	errno = errno_before;
	return value;
}

const char *pmempool_check_version(unsigned major_required, unsigned minor_required)
{
	if (major_required == PMEMPOOL_MAJOR_VERSION && minor_required <= PMEMPOOL_MINOR_VERSION)
		return NULL;
	return error_message("libpmempool %u.%u is wanted, and this is %d.%d", major_required, minor_required,
			     PMEMPOOL_MAJOR_VERSION, PMEMPOOL_MINOR_VERSION);
}
