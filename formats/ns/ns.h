/*
 * A raw capture of a namespace, of a whole NVDIMM with its label area behind it, or of a label
 * area alone: which personality each namespace has, and where the bytes inside it are.
 * Source: Linux drivers/nvdimm (namespace_devs.c, btt_devs.c, pfn_devs.c, claim.c).
 */
#ifndef FORMATS_NS_NS_H
#define FORMATS_NS_NS_H

#include "formats/btt/arena.h"
#include "formats/ns/label.h"
#include "formats/ns/pfn.h"

struct ns_pfn {
	struct node *node;
	const struct pfn_sb *sb; /* NULL: lost or outside */
	struct span bytes;
	enum pfn_kind kind;      /* PFN_NONE: no signature */
	bool good;               /* signature and checksum */
	uint64_t sum;
};

struct ns {
	struct node *node;
	struct image *image;
	uint64_t at, len;               /* in image */
	const struct label_slot *label; /* or NULL: no label tells */
	enum label_claim claim;         /* by the label */
	bool whole;                     /* the label is one of several, and an info block says that these bytes are all */
	struct ns_pfn pfn;
	bool btt1, btt2;                /* a good info block where a 1.1 or a 2.0 has it */
	struct btt *btt;                /* read as such, or NULL */
	struct image *inside;           /* the disk or the data inside; NULL: nothing to look into */
	const char *inside_is;          /* what that looks like: "ext4", ... or NULL */
	struct ns *next;
};

struct ns_capture {
	struct node *node;
	struct label_area *labels; /* or NULL: none was found */
	struct ns *first;
	uint32_t nr;
};

/* True when image looks like one: a label area, or an info block of any kind. */
bool ns_probe(struct image *image, struct arena *a);
/* Does an info block that holds, of a namespace that begins at image[at], name uuid as its parent? */
bool ns_names(struct image *image, struct arena *a, uint64_t at, const uint8_t uuid[UUID_LEN]);
/* How long that block says the namespace is; 0: there is none that names uuid, or it does not tell. */
uint64_t ns_told_len(struct image *image, struct arena *a, uint64_t at, const uint8_t uuid[UUID_LEN]);
/* NULL only without memory. */
struct ns_capture *ns_decode(struct arena *a, struct node *parent, struct image *image);

#endif
