#include "formats/base/uuid.h"

#include <stdio.h>
#include <string.h>

static void told(const uint8_t u[UUID_LEN], const uint8_t order[8], char text[UUID_TEXT_LEN])
{
	snprintf(text, UUID_TEXT_LEN,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[order[0]],
		 u[order[1]], u[order[2]], u[order[3]], u[order[4]], u[order[5]], u[order[6]],
		 u[order[7]], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

void uuid_text_pmdk(const uint8_t u[UUID_LEN], char text[UUID_TEXT_LEN])
{
	told(u, (const uint8_t[8]){ 3, 2, 1, 0, 5, 4, 7, 6 }, text);
}

void uuid_text_rfc(const uint8_t u[UUID_LEN], char text[UUID_TEXT_LEN])
{
	told(u, (const uint8_t[8]){ 0, 1, 2, 3, 4, 5, 6, 7 }, text);
}

bool uuid_null(const uint8_t u[UUID_LEN])
{
	static const uint8_t none[UUID_LEN];

	return memcmp(u, none, UUID_LEN) == 0;
}

bool uuid_same(const uint8_t a[UUID_LEN], const uint8_t b[UUID_LEN])
{
	return memcmp(a, b, UUID_LEN) == 0;
}

bool uuid_random_pmdk(const uint8_t u[UUID_LEN])
{
	/* the time group is native: its high byte, with the version, is byte 7 */
	return (u[7] & 0xf0) == 0x40 && (u[8] & 0xc0) == 0x80;
}
