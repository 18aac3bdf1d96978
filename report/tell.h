/* A value as a person reads it, after the filter, unescaped. */
#ifndef REPORT_TELL_H
#define REPORT_TELL_H

#include "formats/base/node.h"
#include "report/redact.h"

/* "1048576 (1 MiB)", "0x5 SINGLEHDR|CHECK_BAD_BLOCKS", a uuid, text, the first bytes in hex. */
void tell_field(const struct redact *rd, const struct field *f, const void *host, struct buf *out);
void tell_fact(const struct redact *rd, const struct fact *f, struct buf *out);

#endif
