#include "analyzer/repair/plan_file.h"

#include "formats/base/digest.h"
#include "formats/pool/set.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

static const char *const classes[] = { [REPAIR_NONE] = "none", [REPAIR_SAFE] = "safe", [REPAIR_ASK] = "ask",
				       [REPAIR_ADVANCED] = "advanced" };

static const char *hex_of(struct arena *a, const uint8_t *bytes, uint64_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(a, 2 * (size_t)len + 1);

	for (uint64_t i = 0; text && i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return text;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* *len bytes; NULL: not an even number of lower-case hex digits, or no memory. */
static const uint8_t *hex_bytes(struct arena *a, const char *text, uint64_t *len)
{
	size_t n = strlen(text);
	uint8_t *bytes = arena_alloc(a, n / 2 + 1);

	if (bytes == NULL || n % 2)
		return NULL;
	for (size_t i = 0; i < n / 2; i++) {
		int hi = digit(text[2 * i]), lo = digit(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return NULL;
		bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	*len = n / 2;
	return bytes;
}

/* Text that came from evidence, as valid UTF-8: other bytes become '?', as a path is for people here. */
static const char *plain_text(struct arena *a, const char *text)
{
	char *copy = arena_text(a, text ? text : "");

	if (copy == NULL)
		return "";
	json_t *try = json_string(copy);
	if (try == NULL)
		for (char *c = copy; *c; c++)
			if ((unsigned char)*c >= 0x80)
				*c = '?';
	json_decref(try);
	return copy;
}

static const char *label_of(struct arena *a, const struct result *r, const struct item *item, uint32_t idx)
{
	const struct pool_part *p = pool_set_part_of(r->model.pool, item);

	if (p)
		return arena_printf(a, "replica[%" PRIu32 "].part[%" PRIu32 "]", p->replica, p->idx);
	return arena_printf(a, "source[%" PRIu32 "]", idx);
}

static bool targets_take(struct arena *a, struct plan_file *f, const struct result *r)
{
	uint32_t i = 0;

	f->targets_nr = r->intake.nr;
	f->targets = arena_array(a, f->targets_nr, sizeof(*f->targets));
	for (const struct item *it = r->intake.first; f->targets && it; it = it->next, i++) {
		struct plan_target *t = &f->targets[i];
		const struct source *src = it->source;
		char hex[2 * DIGEST_LEN + 1];

		*t = (struct plan_target){ .label = label_of(a, r, it, i), .path = plain_text(a, src->path),
					   .size = it->image->size,
					   .plain = src->layers && src->layers->next == NULL };
		if (src->decoded_hashed || (t->plain && src->stored_hashed)) {
			digest_text(src->decoded_hashed ? src->decoded_sha256 : src->stored_sha256, hex);
			t->sha256 = arena_text(a, hex);
		}
	}
	return f->targets != NULL;
}

static void targets_grow(struct plan_file *f, const struct result *r, const struct plan *p)
{
	for (const struct step *s = p->first; s; s = s->next) {
		uint32_t i = 0;

		if (s->longer == NULL || !plan_made(s))
			continue;
		for (const struct item *it = r->intake.first; it != s->longer; it = it->next)
			i++;
		int64_t by = (int64_t)(s->longer_len - f->targets[i].size);
		if (by > f->targets[i].grows)
			f->targets[i].grows = by;
	}
}

static bool edits_take(struct arena *a, struct plan_file *f, const struct result *r, const struct plan *p)
{
	uint64_t nr = 0;

	for (const struct step *s = p->first; s; s = s->next)
		nr += plan_made(s) ? s->edits_nr : 0;
	f->edits = arena_array(a, nr ? nr : 1, sizeof(*f->edits));
	for (const struct step *s = p->first; f->edits && s; s = s->next)
		for (const struct edit *e = plan_made(s) ? s->first : NULL; e; e = e->next) {
			uint32_t t = 0;

			for (const struct item *it = r->intake.first; it != e->item; it = it->next)
				t++;
			f->edits[f->edits_nr++] = (struct plan_edit){ t, s->nr, e->at, e->len, e->was, e->now, e->why };
			f->bytes += e->len;
		}
	return f->edits != NULL;
}

static json_t *step_json(const struct step *s)
{
	json_t *j = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s?, s:b, s:s?}", "step", (json_int_t)s->nr, "finding",
			      s->by->id, "path", s->path ? s->path : "", "fingerprint", s->fingerprint, "class",
			      classes[s->class], "says", s->says, "loses", s->loses, "made", plan_made(s), "rejected",
			      s->rejected);

	if (j && s->alternative_to)
		json_object_set_new(j, "alternative_to", json_integer(s->alternative_to));
	return j;
}

void plan_file_pool(const struct result *r, char text[UUID_TEXT_LEN])
{
	const struct pool_set *s = r->model.pool;
	const struct pool_hdr *hdr = s ? s->voted : NULL;

	for (uint32_t i = 0; s && hdr == NULL && i < s->nr; i++)
		for (uint32_t k = 0; hdr == NULL && k < s->replicas[i]->nr; k++)
			hdr = s->replicas[i]->parts[k]->hdr;
	text[0] = '\0';
	if (hdr)
		uuid_text_pmdk(hdr->poolset_uuid, text);
}

struct plan_file *plan_file_of(struct arena *a, const struct result *r, const struct repair *rep)
{
	struct plan_file *f = ARENA_NEW(a, struct plan_file);
	json_t *steps = json_array();
	char uuid[UUID_TEXT_LEN], after[UUID_TEXT_LEN];

	plan_file_pool(r, uuid);
	plan_file_pool(rep->analyzed ? &rep->after : r, after);
	if (f == NULL || steps == NULL || !targets_take(a, f, r) || !edits_take(a, f, r, rep->plan)) {
		json_decref(steps);
		return NULL;
	}
	targets_grow(f, r, rep->plan);
	f->kind = "plan";
	f->format = r->model.format;
	f->pool = arena_text(a, uuid);
	f->pool_after = arena_text(a, after);
	for (const struct step *s = rep->plan->first; s; s = s->next)
		json_array_append_new(steps, step_json(s));
	f->steps = steps;
	return f;
}

struct plan_file *plan_file_inverse(struct arena *a, const struct plan_file *p)
{
	struct plan_file *f = ARENA_NEW(a, struct plan_file);

	if (f == NULL)
		return NULL;
	*f = *p;
	f->kind = "journal";
	f->pool = p->pool_after;
	f->pool_after = p->pool;
	f->edits = arena_array(a, p->edits_nr ? p->edits_nr : 1, sizeof(*f->edits));
	f->targets = arena_array(a, p->targets_nr ? p->targets_nr : 1, sizeof(*f->targets));
	if (f->edits == NULL || f->targets == NULL)
		return NULL;
	for (uint32_t i = 0; i < p->targets_nr; i++) {
		f->targets[i] = p->targets[i];
		f->targets[i].size += (uint64_t)p->targets[i].grows;
		f->targets[i].grows = -p->targets[i].grows;
	}
	for (uint64_t i = 0; i < p->edits_nr; i++) {
		f->edits[i] = p->edits[i];
		f->edits[i].was = p->edits[i].now;
		f->edits[i].now = p->edits[i].was;
	}
	f->steps = json_incref(p->steps);
	return f;
}

static json_t *targets_json(const struct plan_file *p)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < p->targets_nr; i++) {
		const struct plan_target *t = &p->targets[i];

		json_t *j = json_pack("{s:s, s:s, s:I, s:b, s:s?}", "label", t->label, "path", t->path, "size", (json_int_t)t->size,
				      "plain", t->plain, "sha256", t->sha256);

		if (j && t->grows)
			json_object_set_new(j, "grows", json_integer(t->grows));
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *edits_json(struct arena *a, const struct plan_file *p)
{
	json_t *all = json_array();

	for (uint64_t i = 0; i < p->edits_nr; i++) {
		const struct plan_edit *e = &p->edits[i];
		const char *was = hex_of(a, e->was, e->len), *now = hex_of(a, e->now, e->len);

		json_array_append_new(all, json_pack("{s:I, s:s, s:I, s:s, s:s, s:s}", "step", (json_int_t)e->step,
						     "target", p->targets[e->target].label, "offset", (json_int_t)e->at,
						     "was", was ? was : "", "now", now ? now : "", "why", e->why ? e->why : ""));
	}
	return all;
}

bool plan_file_write(const struct plan_file *p, FILE *to)
{
	struct arena *a = arena_open(PLAN_FILE_MAX);
	json_t *doc = a ? json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:O, s:o}", "kind", p->kind, "plan_version", PLAN_VERSION,
				    "format", p->format, "poolset_uuid", p->pool,
				    "poolset_uuid_after", p->pool_after, "targets", targets_json(p), "steps",
				    (json_t *)p->steps, "edits", edits_json(a, p))
			: NULL;
	bool ok = doc && !arena_failed(a) && json_array_size(json_object_get(doc, "edits")) == p->edits_nr &&
		  json_dumpf(doc, to, JSON_INDENT(2)) == 0 && fputc('\n', to) != EOF && fflush(to) == 0;

	json_decref(doc);
	arena_close(a);
	return ok;
}

static enum status wrong(struct problem *problem, const char *path, const char *what)
{
	return problem_set(problem, STATUS_USAGE, "%s: %s; give a plan or a journal that pmemscope wrote", path, what);
}

static const char *text_of(struct arena *a, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v)
		       ? arena_text(a, json_string_value(v)) : NULL;
}

static bool number_of(const json_t *o, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}

static bool target_read(struct arena *a, const json_t *o, struct plan_target *t)
{
	*t = (struct plan_target){ .label = text_of(a, o, "label"), .path = text_of(a, o, "path"),
				   .plain = json_is_true(json_object_get(o, "plain")), .sha256 = text_of(a, o, "sha256") };
	t->grows = json_integer_value(json_object_get(o, "grows")); /* 0: it does not */
	return t->label && t->path && number_of(o, "size", &t->size) && t->grows <= PLAN_GROWS_MAX && t->grows >= -PLAN_GROWS_MAX &&
	       t->size <= INT64_MAX - PLAN_GROWS_MAX && (int64_t)t->size + t->grows >= 0;
}

static bool edit_read(struct arena *a, const json_t *o, const struct plan_file *f, struct plan_edit *e)
{
	const char *label = text_of(a, o, "target"), *was = text_of(a, o, "was"), *now = text_of(a, o, "now");
	uint64_t step, now_len;

	*e = (struct plan_edit){ .target = f->targets_nr, .why = text_of(a, o, "why") };
	for (uint32_t i = 0; label && i < f->targets_nr; i++)
		if (strcmp(f->targets[i].label, label) == 0)
			e->target = i;
	if (e->target == f->targets_nr || was == NULL || now == NULL || e->why == NULL ||
	    !number_of(o, "offset", &e->at) || !number_of(o, "step", &step) || step > UINT32_MAX)
		return false;
	e->step = (uint32_t)step;
	e->was = hex_bytes(a, was, &e->len);
	e->now = hex_bytes(a, now, &now_len);
	const struct plan_target *t = &f->targets[e->target];
	uint64_t end = t->size + (t->grows > 0 ? (uint64_t)t->grows : 0);
	return e->was && e->now && e->len == now_len && e->len && e->at <= end && e->len <= end - e->at;
}

static enum status doc_read(struct arena *a, const char *path, json_t *doc, struct plan_file *f, struct problem *problem)
{
	const json_t *targets = json_object_get(doc, "targets"), *edits = json_object_get(doc, "edits");
	uint64_t version;

	f->kind = text_of(a, doc, "kind");
	f->format = text_of(a, doc, "format");
	f->pool = text_of(a, doc, "poolset_uuid");
	f->pool_after = text_of(a, doc, "poolset_uuid_after");
	f->steps = json_incref(json_object_get(doc, "steps"));
	if (f->kind == NULL || (strcmp(f->kind, "plan") && strcmp(f->kind, "journal")) || f->format == NULL ||
	    f->pool == NULL || f->pool_after == NULL || !json_is_array(targets) || !json_is_array(edits) || !json_is_array((json_t *)f->steps))
		return wrong(problem, path, "it is no plan");
	if (!number_of(doc, "plan_version", &version) || version != PLAN_VERSION)
		return wrong(problem, path, "it is a plan of another version");
	f->targets = arena_array(a, json_array_size(targets) + 1, sizeof(*f->targets));
	f->edits = arena_array(a, json_array_size(edits) + 1, sizeof(*f->edits));
	if (f->targets == NULL || f->edits == NULL)
		return problem_set(problem, STATUS_NOMEM, "%s: no memory to read it", path);
	for (size_t i = 0; i < json_array_size(targets); i++)
		if (!target_read(a, json_array_get(targets, i), &f->targets[f->targets_nr++]))
			return wrong(problem, path, "one of its targets is not whole");
	for (size_t i = 0; i < json_array_size(edits); i++) {
		struct plan_edit *e = &f->edits[f->edits_nr++];

		if (!edit_read(a, json_array_get(edits, i), f, e))
			return wrong(problem, path, arena_failed(a) ? "it is too large" : "one of its edits is not whole");
		f->bytes += e->len;
	}
	return STATUS_OK;
}

enum status plan_file_read(struct arena *a, const char *path, struct plan_file **out, struct problem *problem)
{
	struct plan_file *f = ARENA_NEW(a, struct plan_file);
	FILE *from = f ? fopen(path, "re") : NULL;
	json_error_t error;
	json_t *doc;

	*out = NULL;
	if (f == NULL)
		return problem_set(problem, STATUS_NOMEM, "%s: no memory to read it", path);
	if (from == NULL)
		return problem_set(problem, STATUS_IO, "%s: %s; check the path", path, strerror(errno));
	doc = json_loadf(from, JSON_REJECT_DUPLICATES, &error);
	fclose(from);
	if (doc == NULL)
		return problem_set(problem, STATUS_USAGE, "%s: line %d: %s; give a plan or a journal that pmemscope wrote",
				   path, error.line, error.text);
	*out = f;
	enum status st = doc_read(a, path, doc, f, problem);
	json_decref(doc);
	return st;
}

void plan_file_close(struct plan_file *p)
{
	if (p) {
		json_decref(p->steps);
		p->steps = NULL;
	}
}
