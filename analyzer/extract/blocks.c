#include "analyzer/extract/blocks.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool number(const char **at, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 0);
	if (errno)
		return false;
	*at = end;
	return true;
}

bool extract_blocks_parse(struct arena *a, const char *text, uint64_t all, struct extract_blocks **out, size_t *out_nr,
		  const char **why)
{
	size_t most = 1;

	for (const char *p = text; *p; p++)
		most += *p == ',';
	*out = arena_array(a, most, sizeof(**out));
	*out_nr = 0;
	if (*out == NULL) {
		*why = "no memory";
		return false;
	}
	for (const char *p = text;; p++) {
		uint64_t first, last;

		if (!number(&p, &first)) {
			*why = arena_printf(a, "'%s' is no list of blocks such as 0-99,200", text);
			return false;
		}
		last = first;
		if (*p == '-') {
			p++;
			last = all ? all - 1 : 0;
			if (*p && *p != ',' && !number(&p, &last)) {
				*why = arena_printf(a, "'%s' is no list of blocks such as 0-99,200", text);
				return false;
			}
		}
		if (last < first || last >= all) {
			*why = arena_printf(a, "blocks %" PRIu64 " to %" PRIu64 " are not there: the last one is %" PRIu64,
					    first, last, all ? all - 1 : 0);
			return false;
		}
		(*out)[(*out_nr)++] = (struct extract_blocks){ first, last - first + 1 };
		if (*p == '\0')
			return true;
		if (*p != ',') {
			*why = arena_printf(a, "'%s' is no list of blocks such as 0-99,200", text);
			return false;
		}
	}
}
