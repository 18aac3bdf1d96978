/* Where the bytes came from: sources, and the pool that they make together. */
#include "report/json/parts.h"

#include "formats/base/digest.h"
#include "formats/base/uuid.h"
#include "formats/pool/set.h"
#include "report/tell.h"

#include <string.h>
#include <time.h>

enum { UNREAD_LISTED = 1000 };

void json_time(struct json *j, const char *key, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[48];
	struct tm tm;

	if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		json_word(j, key, text);
}

static void digest(struct json *j, const char *key, bool known, const uint8_t sum[DIGEST_LEN])
{
	char text[2 * DIGEST_LEN + 1];

	if (!known || !redact_shows(j->redact, TOLD_DIGEST))
		return;
	digest_text(sum, text);
	json_word(j, key, text);
}

static void source(struct json *j, const struct source *s, const struct report_options *o)
{
	bool times = !o->reproducible && redact_shows(j->redact, TOLD_NUMBER);

	json_open_object(j, NULL);
	json_number(j, "index", s->idx);
	if (!o->reproducible && s->path) {
		json_name(j, "name", tell_last_part(s->path));
		json_name(j, "path", s->path);
	}
	json_sentence(j, "role", s->role);
	json_sentence(j, "found", s->found);
	json_sentence(j, "note", s->note);
	json_open_array(j, "layers");
	for (const struct layer *l = s->layers; l; l = l->next) {
		json_open_object(j, NULL);
		json_word(j, "kind", l->kind);
		json_name(j, "name", l->name);
		json_number(j, "size", l->size);
		json_close_object(j);
	}
	json_close_array(j);
	json_open_object(j, "stored");
	json_number(j, "size", s->stored_size);
	if (!o->reproducible) {
		json_number(j, "allocated", s->allocated);
		json_number(j, "read", s->read);
	}
	if (times && s->has_mtime)
		json_time(j, "mtime", s->mtime);
	digest(j, "sha256", s->stored_hashed, s->stored_sha256);
	json_close_object(j);
	json_open_object(j, "decoded");
	json_number(j, "size", s->size);
	digest(j, "sha256", s->decoded_hashed, s->decoded_sha256);
	digest(j, "tree_sha256", s->decoded_tree_hashed, s->decoded_tree_sha256);
	if (!o->reproducible)
		json_number(j, "holes", s->holes);
	json_close_object(j);
	if (s->left_out)
		json_number(j, "left_out", s->left_out);
	json_open_object(j, "unread");
	json_number(j, "bytes", s->unread.total);
	json_number(j, "total", s->unread.nr);
	json_open_array(j, "ranges");
	uint64_t nr = 0;
	for (const struct range *r = s->unread.first; r && nr < UNREAD_LISTED; r = r->next, nr++) {
		json_open_object(j, NULL);
		json_number(j, "offset", r->at);
		json_number(j, "length", r->len);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
	json_close_object(j);
}

void json_sources(struct json *j, const struct result *r, const struct report_options *o)
{
	json_open_array(j, "sources");
	for (const struct source *s = r->intake.sources.first; s; s = s->next)
		source(j, s, o);
	json_close_array(j);
}

static void uuid(struct json *j, const char *key, const uint8_t *u)
{
	char text[UUID_TEXT_LEN];

	if (uuid_null(u))
		return;
	uuid_text_pmdk(u, text);
	json_told(j, key, TOLD_UUID, text, strlen(text));
}

static void part(struct json *j, const struct pool_part *p)
{
	json_open_object(j, NULL);
	json_path(j, "path", p->node);
	if (p->item)
		json_number(j, "source", p->item->source->idx);
	json_word(j, "found", part_found_text(p->found));
	json_sentence(j, "missing", p->item ? NULL : p->why_missing);
	json_name(j, "declared_path", p->path);
	if (p->declared)
		json_number(j, "declared_size", p->declared);
	if (p->item)
		json_number(j, "size", p->file_size);
	if (p->hdr)
		uuid(j, "uuid", p->hdr->uuid);
	json_number(j, "offset", p->logical_at);
	json_number(j, "length", p->data_len);
	json_close_object(j);
}

static void replica(struct json *j, const struct pool_replica *r)
{
	json_open_object(j, NULL);
	json_path(j, "path", r->node);
	json_bool(j, "remote", r->remote);
	if (!r->remote)
		json_number(j, "size", r->size);
	json_open_array(j, "parts");
	for (uint32_t i = 0; i < r->nr; i++)
		part(j, r->parts[i]);
	json_close_array(j);
	json_close_object(j);
}

void json_pool(struct json *j, const struct result *r)
{
	const struct model *m = &r->model;
	const struct pool_set *s = NULL;

	if (strcmp(m->format, "unknown") == 0) {
		json_nothing(j, "pool");
		return;
	}
	for (const struct model *in = m; in && s == NULL; in = model_next(m, in))
		if (in->pool) {
			m = in;
			s = in->pool;
		}
	json_open_object(j, "pool");
	json_word(j, "format", r->model.format);
	json_open_array(j, "formats");
	for (const struct model *in = &r->model; in; in = model_next(&r->model, in))
		json_word(j, NULL, in->format);
	json_close_array(j);
	json_path(j, "path", m->root);
	if (s)
		json_number(j, "size", s->size);
	if (s && s->voted)
		uuid(j, "uuid", s->voted->poolset_uuid);
	if (s && m->logical)
		json_number(j, "content_of", m->replica);
	json_open_array(j, "replicas");
	for (uint32_t i = 0; s && i < s->nr; i++)
		replica(j, s->replicas[i]);
	json_close_array(j);
	json_close_object(j);
}
