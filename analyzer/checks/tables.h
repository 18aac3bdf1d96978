/* The tables of checks, one a structure. checks.c puts them in order. */
#ifndef ANALYZER_CHECKS_TABLES_H
#define ANALYZER_CHECKS_TABLES_H

#include "analyzer/check.h"

extern const struct check_table pool_hdr_checks, pool_ring_checks, pool_sds_checks, poolset_checks,
	pool_replica_checks, pool_bad_checks, btt_info_checks, btt_map_checks, btt_flog_checks, btt_data_checks, log_pool_checks,
	blk_pool_checks, obj_descr_checks, obj_lanes_checks, obj_lanes_old_checks, obj_undo_checks, obj_past_checks,
	obj_heap_checks, obj_heap_chunk_checks, obj_heap_run_checks, obj_object_checks,
	ns_info_checks, ns_label_checks, source_checks, obj_root_checks, obj_refs_checks, obj_replica_checks,
	obj_replica_lanes_checks;

#endif
