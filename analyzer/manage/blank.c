#include "analyzer/manage/blank.h"

enum { BLANK_LEN = 2 << 20 }; /* bytes */

bool blank_device(struct target *t, uint64_t size)
{
	static const uint8_t zeros[BLANK_LEN];

	return target_write(t, zeros, size < BLANK_LEN ? size : BLANK_LEN, 0) && target_flush(t);
}
