#include "formats/base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum status problem_set(struct problem *p, enum status status, const char *fmt, ...)
{
	va_list ap;

	if (p == NULL || p->status != STATUS_OK)
		return status;
	p->status = status;
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	return status;
}
