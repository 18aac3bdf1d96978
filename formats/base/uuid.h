/* UUIDs as 16 raw bytes. */
#ifndef FORMATS_BASE_UUID_H
#define FORMATS_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { UUID_LEN = 16, UUID_TEXT_LEN = 37 };

/* PMDK keeps {u32, u16, u16, u8[8]} natively: the first three groups are byte-swapped when told. */
void uuid_text_pmdk(const uint8_t u[UUID_LEN], char text[UUID_TEXT_LEN]);
/* The kernel keeps RFC 4122 order. */
void uuid_text_rfc(const uint8_t u[UUID_LEN], char text[UUID_TEXT_LEN]);

bool uuid_null(const uint8_t u[UUID_LEN]);
/* Version 4, made at random, as PMDK keeps it. */
bool uuid_random_pmdk(const uint8_t u[UUID_LEN]);
bool uuid_same(const uint8_t a[UUID_LEN], const uint8_t b[UUID_LEN]);

#endif
