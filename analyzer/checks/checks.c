/* The one list of checks. */
#include "analyzer/checks/tables.h"

#include <string.h>

const struct check_table *const check_tables[] = {
	&source_checks, &poolset_checks, &pool_hdr_checks, &pool_ring_checks, &pool_sds_checks, &pool_replica_checks,
	&pool_bad_checks,
	&obj_descr_checks, &obj_lanes_checks, &obj_lanes_old_checks, &obj_undo_checks, &obj_past_checks,
	&obj_heap_checks, &obj_heap_chunk_checks, &obj_heap_run_checks, &obj_object_checks,
	&obj_root_checks, &obj_refs_checks, &obj_replica_checks, &obj_replica_lanes_checks,
	&log_pool_checks, &blk_pool_checks, &btt_info_checks, &btt_map_checks, &btt_flog_checks, &btt_data_checks,
	&ns_info_checks, &ns_label_checks,
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

const struct check *check_covering(const char *row)
{
	size_t len = strlen(row);

	for (size_t t = 0; t < check_tables_nr; t++)
		for (size_t i = 0; i < check_tables[t]->nr; i++) {
			const char *covers = check_tables[t]->checks[i].covers, *at = covers;

			for (; at && (at = strstr(at, row)) != NULL; at += len)
				if ((at == covers || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
					return &check_tables[t]->checks[i];
		}
	return NULL;
}
