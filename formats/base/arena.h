/*
 * One arena per run owns all that is decoded and found. Nothing is freed before the whole.
 * A bound on its size keeps hostile evidence from growing us: past it, arena_alloc gives NULL and
 * the arena remembers that it failed, so callers may finish their page and the run ends in
 * STATUS_NOMEM.
 */
#ifndef FORMATS_BASE_ARENA_H
#define FORMATS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* NULL when there is no memory. max: bytes, all blocks together. */
struct arena *arena_open(size_t max);
void arena_close(struct arena *a);

/* Zeroed bytes aligned for any type, or NULL (and arena_failed from then on). len 0 is NULL-safe: 1 byte. */
void *arena_alloc(struct arena *a, size_t len);
/* As above for nr elements of size bytes; the product is checked. */
void *arena_array(struct arena *a, size_t nr, size_t size);
/* A copy of text, or of len bytes followed by a NUL. */
char *arena_text(struct arena *a, const char *text);
char *arena_copy(struct arena *a, const void *bytes, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool arena_failed(const struct arena *a);
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
