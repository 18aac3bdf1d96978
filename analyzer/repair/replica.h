/*
 * A replica that holds what another has lost: every structure of a pool stands in each of its replicas at the same place.
 * A replica is a witness for a range when its own content, analysed by itself, raises no finding there.
 */
#ifndef ANALYZER_REPAIR_REPLICA_H
#define ANALYZER_REPAIR_REPLICA_H

#include "analyzer/analyze.h"
#include "analyzer/repair/plan.h"

struct replicas {
	struct result *others; /* the same evidence, with another replica's content */
	uint32_t nr;
	bool closed;           /* the pool was: replicas ought to be the same to the byte */
};

/* Analyses r's other replicas when its content raises errors. Not STATUS_OK: our own failure. */
enum status replica_look(const struct result *r, const struct analyze_options *o, struct replicas *out,
			 struct problem *problem);
void replica_close(struct replicas *rs);
/* Adds the step that takes the range of f from a replica that is a witness for it. */
void replica_offer(const struct replicas *rs, const struct finding *f, const struct model *m, struct plan *p);

/* struct check's repair member of the check that compares replicas. */
/* Of pool.bad-blocks.cleared: zeros that no library wrote become what another replica has there. */
void replica_repair_cleared(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void replica_repair_data(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
