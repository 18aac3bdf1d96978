/* What comes out of a pipe, kept in a temporary file without a name so that it can be read in any order. */
#ifndef FORMATS_IMAGE_SPOOL_H
#define FORMATS_IMAGE_SPOOL_H

#include "formats/image/intake.h"

/* Reads fd to its end into a file in options.spool_dir; gives the file's descriptor, or -1 and p. */
int spool_pipe(const struct intake_options *o, int fd, const char *label, struct problem *p);

#endif
