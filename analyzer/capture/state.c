#include "analyzer/capture/state.h"

#include <stdlib.h>
#include <string.h>

static json_t *ranges(const struct extract_range *r, size_t nr)
{
	json_t *all = json_array();

	for (size_t i = 0; i < nr; i++) {
		json_array_append_new(all, json_integer((json_int_t)r[i].at));
		json_array_append_new(all, json_integer((json_int_t)r[i].len));
	}
	return all;
}

char *state_plan(const struct capture *c)
{
	json_t *o = json_object(), *files = json_array();

	json_object_set_new(o, "pmemscope_capture_state", json_integer(1));
	for (uint32_t i = 0; i < c->nr; i++) {
		const struct capture_part *p = &c->parts[i];
		json_t *f = json_object();

		json_object_set_new(f, "member", json_string(p->name));
		json_object_set_new(f, "size", json_integer((json_int_t)p->image->size));
		json_object_set_new(f, "dev", json_integer((json_int_t)p->item->dev));
		json_object_set_new(f, "ino", json_integer((json_int_t)p->item->ino));
		json_object_set_new(f, "stored", ranges(p->stored.all, p->stored.nr));
		json_array_append_new(files, f);
	}
	json_object_set_new(o, "files", files);
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

char *state_line(const struct capture *c, uint32_t part, uint64_t out, const uint8_t *digests, size_t nr)
{
	char *hex = malloc(2 * DIGEST_LEN * nr + 1), *text = NULL;
	json_t *o = json_object();

	if (hex) {
		hex[0] = '\0';
		for (size_t i = 0; i < nr; i++)
			digest_text(digests + i * DIGEST_LEN, hex + 2 * DIGEST_LEN * i);
		json_object_set_new(o, "part", json_integer(part));
		json_object_set_new(o, "block", json_integer((json_int_t)c->parts[part].block));
		json_object_set_new(o, "out", json_integer((json_int_t)out));
		json_object_set_new(o, "lost", ranges(c->parts[part].lost.ranges, c->parts[part].lost.nr));
		json_object_set_new(o, "digests", json_string(hex));
		text = json_dumps(o, JSON_COMPACT);
	}
	free(hex);
	json_decref(o);
	return text;
}

static uint64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) && json_integer_value(v) >= 0 ? (uint64_t)json_integer_value(v) : UINT64_MAX;
}

static bool same_files(const struct capture *c, const json_t *plan)
{
	const json_t *files = json_object_get(plan, "files");

	if (number(plan, "pmemscope_capture_state") != 1 || json_array_size(files) != c->nr)
		return false;
	for (uint32_t i = 0; i < c->nr; i++) {
		const json_t *f = json_array_get(files, i);
		const char *name = json_string_value(json_object_get(f, "member"));

		if (name == NULL || strcmp(name, c->parts[i].name) != 0 || number(f, "size") != c->parts[i].image->size ||
		    number(f, "dev") != c->parts[i].item->dev || number(f, "ino") != c->parts[i].item->ino)
			return false;
	}
	return true;
}

/* Ascending and inside size, as we wrote them. */
static bool extents_read(const json_t *all, uint64_t size, struct extents *out)
{
	uint64_t end = 0;

	*out = (struct extents){ 0 };
	for (size_t i = 0; i + 1 < json_array_size(all); i += 2) {
		json_int_t at = json_integer_value(json_array_get(all, i)), len = json_integer_value(json_array_get(all, i + 1));

		if (at < 0 || len < 0 || (uint64_t)at < end || (uint64_t)len > size || (uint64_t)at > size - (uint64_t)len ||
		    !extents_add(out, (uint64_t)at, (uint64_t)len)) {
			extents_free(out);
			return false;
		}
		end = (uint64_t)at + (uint64_t)len;
	}
	return true;
}

bool state_zeros(uint64_t len, uint8_t out[DIGEST_LEN])
{
	uint8_t *zeros = calloc(1, (size_t)len);
	bool ok = zeros && digest_of(zeros, (size_t)len, out);

	free(zeros);
	return ok;
}

static bool unhex(const char *text, uint8_t out[DIGEST_LEN])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_LEN; i++) {
		const char *hi = text[2 * i] ? strchr(digits, text[2 * i]) : NULL;
		const char *lo = hi && text[2 * i + 1] ? strchr(digits, text[2 * i + 1]) : NULL;

		if (lo == NULL)
			return false;
		out[i] = (uint8_t)((hi - digits) << 4 | (lo - digits));
	}
	return true;
}

/* Digests of a part's blocks up to `to`: those told, and of zeros in between. */
static bool blocks_add(struct capture_part *p, uint64_t to, const char *told)
{
	uint64_t size = p->image->size;
	uint8_t sum[DIGEST_LEN], zeros[DIGEST_LEN];

	if (!state_zeros(CAPTURE_BLOCK_LEN, zeros))
		return false;
	for (; p->block < to; p->block++) {
		uint64_t at = p->block * CAPTURE_BLOCK_LEN, len = size - at < CAPTURE_BLOCK_LEN ? size - at : CAPTURE_BLOCK_LEN;
		size_t i = extents_find(&p->stored, at);
		bool stored = i < p->stored.nr && p->stored.all[i].at < at + len;

		if (at >= size || (stored && !unhex(told, sum)) ||
		    (!stored && len < CAPTURE_BLOCK_LEN && !state_zeros(len, sum)))
			return false;
		digest_add(p->digest, stored || len < CAPTURE_BLOCK_LEN ? sum : zeros, DIGEST_LEN);
		told += stored ? 2 * DIGEST_LEN : 0;
	}
	return *told == '\0';
}

static bool line_read(struct capture *c, const json_t *line, uint32_t *part, uint64_t *out)
{
	uint64_t nr = number(line, "part"), block = number(line, "block"), len = number(line, "out");
	const char *digests = json_string_value(json_object_get(line, "digests"));
	struct extents lost;

	if (nr >= c->nr || nr < *part || block == UINT64_MAX || len == UINT64_MAX || len < *out || digests == NULL)
		return false;
	struct capture_part *p = &c->parts[nr];
	if (block < p->block || !extents_read(json_object_get(line, "lost"), p->image->size, &lost))
		return false;
	free(p->lost.ranges);
	p->lost = (struct extract_lost){ lost.all, lost.nr, lost.room };
	p->sums.lost = lost.total;
	for (size_t i = 0; i < p->known.nr; i++)
		p->sums.lost += p->known.ranges[i].len;
	*part = (uint32_t)nr;
	*out = len;
	return blocks_add(p, block, digests);
}

/* Each part ends with a line of its own, so that all before the last one told are done. */
static bool parts_end(struct capture *c, uint32_t part)
{
	for (uint32_t i = 0; i < part; i++) {
		struct capture_part *p = &c->parts[i];

		if (p->block != (p->image->size + CAPTURE_BLOCK_LEN - 1) / CAPTURE_BLOCK_LEN)
			return false;
		p->done = digest_end(p->digest, p->tree);
	}
	return true;
}

bool state_read(struct capture *c, const char *text, uint32_t *part, uint64_t *out)
{
	json_t *plan = json_loadb(text, strcspn(text, "\n"), 0, NULL);
	bool ok = plan && same_files(c, plan);

	*part = 0;
	*out = 0;
	for (uint32_t i = 0; ok && i < c->nr; i++) {
		const json_t *f = json_array_get(json_object_get(plan, "files"), i);
		struct extents x;

		ok = extents_read(json_object_get(f, "stored"), c->parts[i].image->size, &x);
		if (ok) {
			extents_free(&c->parts[i].stored);
			c->parts[i].stored = x;
		}
	}
	json_decref(plan);
	while (ok && *(text += strcspn(text, "\n")) == '\n' && *++text) {
		size_t len = strcspn(text, "\n");
		json_t *line = text[len] == '\n' ? json_loadb(text, len, 0, NULL) : NULL;

		if (line == NULL) /* cut off: what it would tell was not kept */
			break;
		ok = line_read(c, line, part, out);
		json_decref(line);
	}
	return ok && parts_end(c, *part);
}
