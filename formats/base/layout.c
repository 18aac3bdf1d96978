#include "formats/base/layout.h"

#include <assert.h>
#include <string.h>

static void host_put(void *host, const struct field *f, uint64_t v)
{
	unsigned char *at = (unsigned char *)host + f->host;

	switch (f->width) {
	case 1: {
		*at = (uint8_t)v;
		break;
	}
	case 2: {
		uint16_t n = (uint16_t)v;
		memcpy(at, &n, sizeof(n));
		break;
	}
	case 4: {
		uint32_t n = (uint32_t)v;
		memcpy(at, &n, sizeof(n));
		break;
	}
	default:
		assert(f->width == 8);
		memcpy(at, &v, sizeof(v));
	}
}

const struct field *layout_field_at(const struct layout *l, uint64_t off)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (off >= l->fields[i].off && off - l->fields[i].off < l->fields[i].width)
			return &l->fields[i];
	return NULL;
}

uint64_t layout_value(const struct field *f, const void *host)
{
	const unsigned char *at = (const unsigned char *)host + f->host;
	uint64_t v = 0;
	uint32_t w = 0;
	uint16_t h = 0;

	assert(f->rep != REP_RAW);
	switch (f->width) {
	case 1:
		return *at;
	case 2:
		memcpy(&h, at, sizeof(h));
		return h;
	case 4:
		memcpy(&w, at, sizeof(w));
		return w;
	default:
		memcpy(&v, at, sizeof(v));
		return v;
	}
}

const uint8_t *layout_bytes(const struct field *f, const void *host)
{
	assert(f->rep == REP_RAW);
	return (const uint8_t *)host + f->host;
}

bool layout_decode(const struct layout *l, struct span s, uint64_t off, void *host)
{
	struct span all;

	if (!span_cut(s, off, l->size, &all) || span_lost(all))
		return false;
	for (uint32_t i = 0; i < l->nr; i++) {
		const struct field *f = &l->fields[i];
		const uint8_t *p = all.p + f->off;
		uint64_t v = 0;

		if (f->rep == REP_RAW) {
			memcpy((unsigned char *)host + f->host, p, f->width);
			continue;
		}
		for (uint32_t b = 0; b < f->width; b++) {
			uint32_t at = f->rep == REP_LE ? f->width - 1 - b : b;
			v = v << 8 | p[at];
		}
		host_put(host, f, v);
	}
	return true;
}

void layout_encode(const struct layout *l, const void *host, uint8_t *bytes)
{
	for (uint32_t i = 0; i < l->nr; i++) {
		const struct field *f = &l->fields[i];

		if (f->rep == REP_RAW) {
			memcpy(bytes + f->off, layout_bytes(f, host), f->width);
			continue;
		}
		uint64_t v = layout_value(f, host);
		for (uint32_t b = 0; b < f->width; b++) {
			uint32_t at = f->rep == REP_LE ? b : f->width - 1 - b;
			bytes[f->off + at] = (uint8_t)(v >> 8 * b);
		}
	}
}

const struct field *layout_field(const struct layout *l, const char *name)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (strcmp(l->fields[i].name, name) == 0)
			return &l->fields[i];
	return NULL;
}
