/* A value as a person reads it, after the filter, unescaped. */
#ifndef REPORT_TELL_H
#define REPORT_TELL_H

#include "analyzer/check.h"
#include "report/redact.h"

/* "1048576 (1 MiB)", "0x5 SINGLEHDR|CHECK_BAD_BLOCKS", a uuid, text, the first bytes in hex. */
void tell_field(const struct redact *rd, const struct field *f, const void *host, struct buf *out);
void tell_fact(const struct redact *rd, const struct fact *f, struct buf *out);
/* "2 errors, 1 note", or "nothing found". fs may be NULL. */
void tell_counts(const struct findings *fs, struct buf *out);
/* "1 check", "4 checks". */
void tell_number(uint64_t nr, const char *noun, struct buf *out);
/* What follows the last slash. */
const char *tell_last_part(const char *path);

#endif
