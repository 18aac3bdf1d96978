/* A capture without names: paths, hosts and the layout's name become tokens, checksums over them are made anew. */
#ifndef ANALYZER_CAPTURE_SCRUB_H
#define ANALYZER_CAPTURE_SCRUB_H

#include "analyzer/capture/capture.h"
#include "analyzer/capture/names.h"

/* Names the parts in the archive, by tokens or as they are. False without memory. */
bool scrub_members(struct capture *c);
/* Writes tokens over what names there are in structures and set files. False: no memory; p says so. */
bool scrub_content(struct capture *c, struct problem *p);
/* What is not scrubbed, in words: for the manifest. */
json_t *scrub_left(const struct capture *c);

#endif
