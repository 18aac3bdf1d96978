/*
 * Structures of namespaces with a Fletcher-64 over all of their bytes, itself inside of them and counted as zero: what the
 * stored sum proves, and making it right.
 */
#ifndef ANALYZER_REPAIR_NS_SUM_H
#define ANALYZER_REPAIR_NS_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ns_sum {
	uint8_t *bytes;
	size_t len;       /* a multiple of 4 */
	uint32_t sum_off; /* the 8 bytes of the sum */
};

bool ns_sum_holds(struct ns_sum s);
void ns_sum_seal(struct ns_sum s);
/*
 * Puts back the one word whose change alone explains that the sum does not hold, among those that leave what fits() accepts;
 * a half of the sum itself may be that word. False, and bytes as they were: there is none, or there are several. *at: its offset.
 */
bool ns_sum_word(struct ns_sum s, bool (*fits)(const void *ctx, const uint8_t *bytes), const void *ctx, uint32_t *at);

#endif
