/* How a capture was made: capture.json, the last file in it. */
#ifndef ANALYZER_CAPTURE_MANIFEST_H
#define ANALYZER_CAPTURE_MANIFEST_H

#include "analyzer/capture/capture.h"

/* The text, to be freed; NULL without memory. */
char *manifest_text(const struct capture *c);

#endif
