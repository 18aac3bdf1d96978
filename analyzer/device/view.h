/* The machine's persistent memory as libndctl and libdaxctl show it, for those who only see a capture. */
#ifndef ANALYZER_DEVICE_VIEW_H
#define ANALYZER_DEVICE_VIEW_H

#include <jansson.h>

/*
 * A list of regions in the words of `ndctl list -RDHNM`: size, persistence domain, DIMMs with health and
 * shutdown counts, namespaces with mode and devices, bad blocks (offset and length in 512-byte sectors of
 * the region). null: there is none, or built without the libraries. Never NULL but without memory.
 */
json_t *device_view(void);

#endif
