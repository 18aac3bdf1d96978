#include "analyzer/facts/ending.h"

#include "formats/base/checksum.h"
#include "formats/pool/set.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DIMMS_MAX = 1024, ID_MAX = 256, DEPTH_MAX = 8, JSON_LEN_MAX = 16 << 20 };

struct dimms {
	char ids[DIMMS_MAX * 64];
	size_t ids_len;
	bool ids_cut;
	struct counters c;
};

/* Any object with an id and a health object that has a count is a DIMM, wherever it stands. */
static void dimms_walk(const json_t *j, struct dimms *d, int depth)
{
	const json_t *value;
	const char *key;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	if (json_is_array(j)) {
		json_array_foreach(j, i, value)
			dimms_walk(value, d, depth + 1);
		return;
	}
	if (!json_is_object(j))
		return;
	const json_t *id = json_object_get(j, "id");
	const json_t *count = json_object_get(json_object_get(j, "health"), "shutdown_count");
	if (json_is_string(id) && json_is_integer(count) && json_integer_value(count) >= 0 &&
	    d->c.dimms < DIMMS_MAX) {
		size_t len = json_string_length(id);

		d->c.dimms++;
		d->c.usc += (uint64_t)json_integer_value(count);
		if (len > ID_MAX || len > sizeof(d->ids) - d->ids_len) {
			d->ids_cut = true;
		} else {
			memcpy(d->ids + d->ids_len, json_string_value(id), len);
			d->ids_len += len;
		}
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)j, key, value)
		dimms_walk(value, d, depth + 1);
}

bool counters_name(struct counters *c, const char *ids, size_t len)
{
	/* The text with its NUL, padded by one to four zeros: PMDK's own arithmetic. */
	size_t total = len + 1, padded = total + (4 - total % 4);
	uint8_t *buf = c->dimms ? calloc(1, padded) : NULL;

	if (buf == NULL)
		return false;
	memcpy(buf, ids, len);
	c->uuid = checksum_fletcher64((struct span){ .p = buf, .len = padded }, CHECKSUM_NO_FIELD, CHECKSUM_NO_SKIP);
	c->known = true;
	free(buf);
	return true;
}

bool counters_read(const char *text, size_t len, struct counters *out, const char **why)
{
	json_error_t e;
	struct dimms *d;

	*out = (struct counters){ .known = false };
	*why = "it is longer than a list of DIMMs can be";
	if (len > JSON_LEN_MAX)
		return false;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	*why = "it is no JSON";
	if (j == NULL)
		return false;
	d = calloc(1, sizeof(*d));
	*why = "no memory";
	if (d == NULL) {
		json_decref(j);
		return false;
	}
	dimms_walk(j, d, 0);
	json_decref(j);
	*why = "it names no DIMM with a shutdown_count: list with ndctl list -D -H";
	if (!d->ids_cut && counters_name(&d->c, d->ids, d->ids_len))
		*out = d->c;
	free(d);
	return out->known;
}

static bool sds_zero(const struct pool_hdr *h)
{
	if (h->sds_usc || h->sds_uuid || h->sds_dirty || h->sds_checksum)
		return false;
	for (size_t i = 0; i < sizeof(h->sds_reserved); i++)
		if (h->sds_reserved[i])
			return false;
	return true;
}

enum ending ending_of_replica(const struct pool_set *s, const struct pool_replica *r, const struct counters *now)
{
	const struct pool_part *p = r->nr && !r->remote ? r->parts[0] : NULL;
	const struct pool_hdr *h = p ? p->hdr : NULL;
	struct span sds;

	if (h == NULL || pool_hdr_type(h) == POOL_UNKNOWN || (s->lone_part && r->nr > 1))
		return ENDING_UNKNOWN;
	if (!span_cut(p->hdr_bytes, POOL_HDR_SDS_OFF, POOL_HDR_SDS_LEN, &sds) || span_lost(sds))
		return ENDING_UNKNOWN;
	/* 1.4 kept the state without announcing it. */
	if (!(h->incompat & POOL_FEAT_SDS) && (p->sum != POOL_HDR_SUM_14 || sds_zero(h)))
		return ENDING_UNPROTECTED;
	if (pool_hdr_sds_sum(p->hdr_bytes) != h->sds_checksum)
		return ENDING_TORN;
	if (h->sds_dirty == 0)
		return ENDING_CLOSED;
	if (now && now->known && (h->sds_usc || h->sds_uuid)) {
		/* PMDK adds its region up once for every part. */
		if (h->sds_uuid != now->uuid * r->nr)
			return ENDING_OTHER_DEVICE;
		if (h->sds_usc != now->usc * r->nr)
			return ENDING_ADR_FAILED;
	}
	return ENDING_OPEN;
}

enum ending ending_of(const struct pool_set *s, const struct counters *now)
{
	/* What matters most to a reader first; one dirty replica makes the set so. */
	static const enum ending rank[] = { ENDING_ADR_FAILED, ENDING_OTHER_DEVICE, ENDING_OPEN, ENDING_TORN,
					    ENDING_UNPROTECTED, ENDING_CLOSED };
	bool seen[ENDING_TORN + 1] = { false };

	for (uint32_t i = 0; s && i < s->nr; i++)
		seen[ending_of_replica(s, s->replicas[i], now)] = true;
	for (size_t i = 0; i < sizeof(rank) / sizeof(rank[0]); i++)
		if (seen[rank[i]])
			return rank[i];
	return ENDING_UNKNOWN;
}

const char *ending_text(enum ending e)
{
	switch (e) {
	case ENDING_CLOSED:
		return "The pool was closed cleanly.";
	case ENDING_OPEN:
		return "The pool was open: its program ended without closing it, or it was captured while in use. "
		       "This alone is no damage.";
	case ENDING_ADR_FAILED:
		return "The pool was open, and its device has counted an unsafe shutdown since: data that the "
		       "program had flushed may not have reached the media.";
	case ENDING_OTHER_DEVICE:
		return "The pool was open, and its shutdown state names other devices than the ones listed: it was "
		       "moved or copied. This says nothing about lost data.";
	case ENDING_UNPROTECTED:
		return "The pool keeps no shutdown state: whether it was open, or a power failure lost data, cannot "
		       "be told from it.";
	case ENDING_TORN:
		return "The shutdown state was cut off while being written, at an opening or a closing of the pool.";
	case ENDING_UNKNOWN:
		break;
	}
	return "How the pool was last left cannot be told: there is no shutdown state that could be read.";
}

const char *ending_advice(enum ending e)
{
	switch (e) {
	case ENDING_CLOSED:
		return "Nothing to do.";
	case ENDING_OPEN:
		return "The library finishes what was under way when it opens the pool on the same device. On other "
		       "persistent memory it will refuse a pool so marked: work on a copy there.";
	case ENDING_ADR_FAILED:
		return "Check the contents with the application's own means before any use, or restore a replica or "
		       "backup; clear the mark only after that, and only on a copy.";
	case ENDING_OTHER_DEVICE:
		return "Open it on its own device, or clear the state on a copy: the library reports this case as an "
		       "ADR failure.";
	case ENDING_UNPROTECTED:
		return "Check the contents after a power failure; pmempool feature --enable SHUTDOWN_STATE protects it "
		       "from then on.";
	case ENDING_TORN:
		return "Nothing: the library makes it anew at the next opening.";
	case ENDING_UNKNOWN:
		break;
	}
	return "Look at the findings on the header.";
}
