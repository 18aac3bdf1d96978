#include "analyzer/capture/manifest.h"

#include "analyzer/capture/names.h"
#include "analyzer/capture/scrub.h"
#include "analyzer/capture/told.h"
#include "analyzer/device/view.h"
#include "formats/base/uuid.h"
#include "formats/pool/set.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static json_t *bytes_number(uint64_t v)
{
	return json_integer((json_int_t)(v <= INT64_MAX ? v : INT64_MAX));
}

/* Names from the evidence may be no UTF-8; those are left out: the archive itself has them. */
static void word(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_string(text));
}

static void time_put(json_t *o, const char *key, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		word(o, key, text);
}

static void digest_put(json_t *o, const char *key, bool known, const uint8_t sum[DIGEST_LEN])
{
	char text[2 * DIGEST_LEN + 1];

	if (!known)
		return;
	digest_text(sum, text);
	word(o, key, text);
}

static json_t *layers(const struct source *s)
{
	json_t *all = json_array();

	for (const struct layer *l = s->layers; l; l = l->next)
		json_array_append_new(all, json_string(l->kind));
	return all;
}

static json_t *file(const struct capture *c, const struct capture_part *p)
{
	const struct source *s = p->item->source;
	json_t *o = json_object();

	word(o, "member", p->name);
	if (c->options->names == NULL)
		word(o, "path", p->item->path);
	word(o, "role", s->role);
	if (p->part) {
		json_object_set_new(o, "replica", json_integer(p->part->replica));
		json_object_set_new(o, "part", json_integer(p->part->idx));
	}
	json_object_set_new(o, "layers", layers(s));
	json_object_set_new(o, "size", bytes_number(p->image->size));
	json_object_set_new(o, "captured", bytes_number(p->stored.total));
	json_object_set_new(o, "left_out", bytes_number(p->left_out));
	json_object_set_new(o, "unread", bytes_number(p->sums.lost));
	json_object_set_new(o, "written_anew", json_boolean(p->written_anew));
	if (s->has_mtime)
		time_put(o, "mtime", s->mtime);
	digest_put(o, "source_sha256", s->stored_hashed && !p->written_anew, s->stored_sha256);
	digest_put(o, "tree_sha256", p->done, p->tree);
	return o;
}

static const struct pool_set *set_of(const struct result *r)
{
	for (const struct model *m = NULL; (m = model_next(&r->model, m)) != NULL;)
		if (m->pool)
			return m->pool;
	return NULL;
}

char *manifest_text(const struct capture *c)
{
	const struct capture_options *opt = c->options;
	const struct pool_set *set = set_of(c->result);
	char uuid[UUID_TEXT_LEN];
	json_t *o = json_object(), *files = json_array();

	json_object_set_new(o, "pmemscope_capture", json_string("1.0")); /* first: SIDE_MANIFEST_MAGIC */
	word(o, "tool", opt->tool);
	time_put(o, "made", opt->now);
	if (opt->host)
		word(o, "host", opt->names ? names_token(opt->names, "host", opt->host) : opt->host);
	json_object_set_new(o, "metadata_only", json_boolean(opt->metadata_only));
	json_object_set_new(o, "scrubbed", json_boolean(opt->names != NULL));
	json_object_set_new(o, "resumed", json_boolean(c->resumed));
	word(o, "format", c->result->model.format);
	if (set && set->voted) {
		uuid_text_pmdk(set->voted->poolset_uuid, uuid);
		word(o, "uuid", uuid);
	}
	for (uint32_t i = 0; i < c->nr; i++)
		json_array_append_new(files, file(c, &c->parts[i]));
	json_object_set_new(o, "files", files);
	json_object_set(o, "written_anew", c->anew);
	if (opt->names)
		json_object_set_new(o, "not_scrubbed", scrub_left(c));
	if (set)
		json_object_set_new(o, "device", told_device(set));
	json_object_set_new(o, "devices", device_view());
	char *text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	return text;
}
