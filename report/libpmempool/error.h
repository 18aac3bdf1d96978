/* What a failed call leaves behind: errno, and a message of its thread. */
#ifndef REPORT_LIBPMEMPOOL_ERROR_H
#define REPORT_LIBPMEMPOOL_ERROR_H

#include "analyzer/manage/manage.h"

/* Sets the thread's message and errno. Gives -1. */
int error_leave(const struct manage_error *e);
/* The same of a plain reason. */
int error_leave_text(int errnum, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the message alone. */
const char *error_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* False, and the call has failed, when there are others than the known flags. */
bool error_flags(unsigned flags, unsigned known);
/* What an operation came to: value, and errno as it was before; or -1. Closes r. */
int error_result(bool ok, int value, int errno_before, struct manage_result *r);

#endif
