/* SHA-256 (FIPS 180-4), through libcrypto so that the processor's own instructions are used. */
#ifndef FORMATS_BASE_DIGEST_H
#define FORMATS_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_LEN = 32 };

struct digest;

/* NULL without memory, or when the library refuses. */
struct digest *digest_open(void);
void digest_close(struct digest *d); /* NULL is fine */
void digest_add(struct digest *d, const void *bytes, size_t len);
/* The digest of all that was added. False when the library failed at any step. d can only be closed. */
bool digest_end(struct digest *d, uint8_t out[DIGEST_LEN]);

/* In one go. */
bool digest_of(const void *bytes, size_t len, uint8_t out[DIGEST_LEN]);
/* Lower-case hex, NUL-ended. */
void digest_text(const uint8_t in[DIGEST_LEN], char text[2 * DIGEST_LEN + 1]);

#endif
