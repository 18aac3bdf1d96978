/*
 * libpmemobj's recovery, store by store, on an overlay. What it reads is what the stores before it
 * left, as in the library. Bounds are those of the pool's mapping: a store outside would kill it.
 */
#ifndef ANALYZER_FACTS_OBJ_SIM_H
#define ANALYZER_FACTS_OBJ_SIM_H

#include "analyzer/facts/recovery.h"
#include "formats/obj/heap.h"
#include "formats/obj/lane_old.h"
#include "formats/obj/zone.h"

struct obj_sim_zone;

struct obj_sim {
	struct arena *arena;
	const struct obj_pool *pool; /* as found */
	struct image *after;
	struct recovery *out;
	uint64_t budget;             /* bytes of logs that may still be read */
	struct obj_heap *heap;       /* of after, once the redo logs are applied; its places only */
	struct obj_sim_zone **zones; /* taken over by the allocator so far; by index */
	uint64_t frees;
	bool spares;                 /* logs in the application's own buffers are unlinked; the library frees them */
	bool stopped;                /* out->refused is set: the library would not get further */
};

bool obj_sim_get(struct obj_sim *s, uint64_t at, uint64_t *v);
/* False: outside, and then the library dies of it: says so. */
bool obj_sim_put(struct obj_sim *s, const struct node *n, uint64_t at, uint64_t v);
bool obj_sim_copy(struct obj_sim *s, const struct node *n, uint64_t from, uint64_t to, uint64_t len);
bool obj_sim_fill(struct obj_sim *s, const struct node *n, uint64_t at, uint8_t byte, uint64_t len);
void obj_sim_step(struct obj_sim *s, const struct node *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void obj_sim_refuse(struct obj_sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void obj_sim_unforeseen(struct obj_sim *s, uint64_t at, uint64_t len, const char *why);

/* obj_sim_heap.c: what the allocator does. */
void obj_sim_zones_grow(struct obj_sim *s);
/* Frees the object that the word at link_at names, and zeroes that word, as one operation (of lane 0). */
bool obj_sim_free(struct obj_sim *s, uint64_t link_at);
/* Is there an allocated object with user data at off, and how large is it? */
bool obj_sim_object(struct obj_sim *s, uint64_t off, uint64_t *usable);

/* The lanes: obj_sim_lane.c for majors 5 and 6, obj_sim_old.c for 1 to 4. */
void obj_sim_redo(struct obj_sim *s);
void obj_sim_undo(struct obj_sim *s);
void obj_sim_old_redo(struct obj_sim *s, bool list);
void obj_sim_old_tx(struct obj_sim *s);

#endif
