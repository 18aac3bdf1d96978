/*
 * The intermediate model that every format joins: a tree of named places. A node is a structure
 * found in the evidence (layout, place, decoded host struct in the same memory), a group of nodes,
 * or an array of any length told as one node with a count and a stride. Reports walk this tree
 * and know no format; checks use the typed views in formats/model.h, which point into it.
 */
#ifndef FORMATS_BASE_NODE_H
#define FORMATS_BASE_NODE_H

#include "formats/base/arena.h"
#include "formats/base/layout.h"

struct image;

enum node_state {
	NODE_READ,   /* decoded; host is filled */
	NODE_LOST,   /* bytes of it could not be read */
	NODE_OUTSIDE, /* it would lie outside the image */
	NODE_ABSENT, /* it ought to exist and was not found */
	NODE_GROUP,  /* has no bytes of its own */
};

/* What a decoder knows that is no byte: a size summed up, how a part was found, which reading it took. */
struct fact {
	const char *name;
	enum kind kind;
	uint64_t value;      /* number kinds */
	const char *text;    /* KIND_TEXT: NUL-ended, untrusted bytes */
	const uint8_t *bytes; /* UUID kinds: 16 bytes */
	struct fact *next;
};

struct node {
	const char *name;    /* path segment, as the reference calls the structure */
	bool numbered;       /* the segment is name[idx] */
	uint64_t idx;
	enum node_state state;
	const struct layout *layout; /* NULL for a group */
	void *host;          /* decoded struct, NULL unless NODE_READ; elements: NULL */
	struct image *image; /* what `at` counts in; NULL for a group without a place */
	uint64_t at, len;    /* bytes */
	uint64_t count, stride; /* count > 0: an array of count layouts, stride bytes apart */
	const char *note;    /* which of several readings was taken and why; or why the state is so */
	/* Of an array: its element i as a node with what lies below it, made when a person asks; or NULL.
	 * Its parent is the array's. NULL: no such element, or no memory. */
	struct node *(*element)(struct arena *a, const struct node *array, uint64_t i);
	const void *element_ctx;
	struct fact *facts, *last_fact;
	struct node *parent, *child, *last_child, *next;
};

/* All return NULL without memory; the arena remembers. Strings are borrowed and must outlive it. */
struct node *node_group(struct arena *a, struct node *parent, const char *name);
struct node *node_group_idx(struct arena *a, struct node *parent, const char *name, uint64_t idx);
/*
 * A structure at image[at]: reads and decodes it. Never NULL but for memory: what cannot be read
 * is a node that says so. parent may be NULL. The host struct lies in the same allocation.
 */
struct node *node_decode(struct arena *a, struct node *parent, const char *name,
			 const struct layout *l, struct image *im, uint64_t at);
/* Count structures of one layout; nothing is read until an element is asked for. */
struct node *node_array(struct arena *a, struct node *parent, const char *name,
			const struct layout *l, struct image *im, uint64_t at, uint64_t count,
			uint64_t stride);
/* Decodes element i of an array into host (l->host_size bytes). False: outside, or lost. */
bool node_element(const struct node *array, uint64_t i, void *host);
/* A place without inner structure (user data, free space). */
struct node *node_place(struct arena *a, struct node *parent, const char *name, struct image *im,
			uint64_t at, uint64_t len);

void node_fact_uint(struct arena *a, struct node *n, const char *name, enum kind kind, uint64_t value);
void node_fact_text(struct arena *a, struct node *n, const char *name, const char *text);
void node_fact_uuid(struct arena *a, struct node *n, const char *name, const uint8_t uuid[16]);

/* The dotted path from the root: "replica[0].part[1].header". In arena memory; "" for the root. */
const char *node_path(struct arena *a, const struct node *n);
/* The node that a path names, or NULL. *rest: what is left of the path (a field name, an array
 * element) when the path goes on below the last node; points to its end when it does not. */
const struct node *node_find(const struct node *root, const char *path, const char **rest);
/* The same, going on through elements that are nodes when they are asked for. */
const struct node *node_find_within(struct arena *a, const struct node *root, const char *path, const char **rest);

#endif
