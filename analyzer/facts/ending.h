/*
 * How the pool ended its last life, told apart in plain words: was it open, has its device lost
 * power without flushing since, or can nothing be said. Source: PMDK src/common/shutdown_state.c.
 */
#ifndef ANALYZER_FACTS_ENDING_H
#define ANALYZER_FACTS_ENDING_H

#include "analyzer/analyze.h"
#include "formats/pool/set.h"

/* The device's counters now, as an `ndctl list -D -H` (or -NRDH) JSON gives them. */
struct counters {
	bool known;
	uint64_t usc;  /* sum of the unsafe-shutdown counts of all DIMMs listed */
	uint64_t uuid; /* sum of the checksum of the DIMMs' ids, as PMDK forms it for one region */
	uint32_t dimms;
};

/*
 * Makes c->uuid of the DIMMs' ids, one after the other without a separator, and c->known. False: there
 * is no DIMM, or no memory.
 */
bool counters_name(struct counters *c, const char *ids, size_t len);
/* Reads text of len bytes. False: not such a JSON, or it has no DIMM with a count; *why says so. */
bool counters_read(const char *text, size_t len, struct counters *out, const char **why);

/* now may be NULL. The worst of the replicas decides. */
enum ending ending_of(const struct pool_set *s, const struct counters *now);
/* One replica by itself. */
enum ending ending_of_replica(const struct pool_set *s, const struct pool_replica *r, const struct counters *now);
const char *ending_text(enum ending e);  /* what happened, a sentence */
const char *ending_advice(enum ending e); /* what to do, a sentence */

#endif
