/* The one list of checks. */
#include "analyzer/checks/tables.h"

#include <string.h>

const struct check_table *const check_tables[] = {
	&log_pool_checks, &blk_pool_checks, &btt_info_checks, &btt_map_checks, &btt_flog_checks,
};
const size_t check_tables_nr = sizeof(check_tables) / sizeof(check_tables[0]);

const struct check *check_find(const char *id)
{
	for (size_t t = 0; t < check_tables_nr; t++)
		for (size_t i = 0; i < check_tables[t]->nr; i++)
			if (strcmp(check_tables[t]->checks[i].id, id) == 0)
				return &check_tables[t]->checks[i];
	return NULL;
}
