#include "analyzer/capture/tarball.h"

#include "analyzer/capture/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_LEN = 100, OCTAL_MAX_BITS = 33, LINE = 24 };

static const char zeros[TARBALL_BLOCK];

bool tarball_pad(uint64_t len, tarball_put *put, void *ctx)
{
	size_t n = (size_t)(len % TARBALL_BLOCK);

	return n == 0 || put(ctx, zeros, TARBALL_BLOCK - n);
}

bool tarball_end(tarball_put *put, void *ctx)
{
	return put(ctx, zeros, TARBALL_BLOCK) && put(ctx, zeros, TARBALL_BLOCK);
}

/* A size too large for its field stands in a pax record, and here as 0. */
static bool header(const char *name, uint64_t size, uint64_t mtime, char type, tarball_put *put, void *ctx)
{
	char h[TARBALL_BLOCK] = "";
	unsigned sum = 0;

	memcpy(h, name, strnlen(name, NAME_LEN));
	memcpy(h + 100, "0000600", 8);
	memcpy(h + 108, "0000000", 8);
	memcpy(h + 116, "0000000", 8);
	snprintf(h + 124, 12, "%011" PRIo64, size >> OCTAL_MAX_BITS ? 0 : size);
	snprintf(h + 136, 12, "%011" PRIo64, mtime >> OCTAL_MAX_BITS ? 0 : mtime);
	memset(h + 148, ' ', 8);
	h[156] = type;
	memcpy(h + 257, "ustar\00000", 8);
	memcpy(h + 265, "root", 4);
	memcpy(h + 297, "root", 4);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	return put(ctx, h, sizeof(h));
}

/* "LENGTH KEY=VALUE\n", LENGTH counting itself. */
static void record(struct text *t, const char *key, const char *value)
{
	size_t body = strlen(key) + strlen(value) + 3, len = body + 1;

	while (len < body + (size_t)snprintf(NULL, 0, "%zu", len))
		len++;
	text_format(t, "%zu %s=%s\n", len, key, value);
}

static void number(struct text *t, const char *key, uint64_t value)
{
	char text[LINE];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	record(t, key, text);
}

static void records(struct text *t, const char *name, uint64_t size, uint64_t data, bool sparse)
{
	if (sparse) {
		record(t, "GNU.sparse.major", "1");
		record(t, "GNU.sparse.minor", "0");
		record(t, "GNU.sparse.name", name);
		number(t, "GNU.sparse.realsize", size);
	} else {
		record(t, "path", name);
	}
	if (data >> OCTAL_MAX_BITS)
		number(t, "size", data);
}

/* The map of a sparse member, whole blocks of it. */
static void map_text(struct text *t, const struct extents *x, uint64_t size)
{
	bool ends = x->nr && x->all[x->nr - 1].at + x->all[x->nr - 1].len == size;

	text_format(t, "%zu\n", x->nr + !ends);
	for (size_t i = 0; i < x->nr; i++)
		text_format(t, "%" PRIu64 "\n%" PRIu64 "\n", x->all[i].at, x->all[i].len);
	if (!ends) /* says where the file ends to those who read no records */
		text_format(t, "%" PRIu64 "\n0\n", size);
	if (t->len % TARBALL_BLOCK)
		text_add(t, zeros, TARBALL_BLOCK - t->len % TARBALL_BLOCK);
}

bool tarball_head(const char *name, uint64_t size, uint64_t mtime, const struct extents *stored, tarball_put *put, void *ctx)
{
	bool sparse = stored && stored->total < size;
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	char pax[NAME_LEN], plain[NAME_LEN];
	struct text map = { .p = NULL }, own = { .p = NULL };

	if (sparse)
		map_text(&map, stored, size);
	uint64_t data = sparse ? map.len + stored->total : size;
	records(&own, name, size, data, sparse);
	snprintf(pax, sizeof(pax), "PaxHeaders/%.80s", base);
	snprintf(plain, sizeof(plain), "%s%.80s", sparse ? "GNUSparseFile.0/" : "", base);
	bool ok = !map.failed && !own.failed && header(pax, own.len, mtime, 'x', put, ctx) && put(ctx, own.p, own.len) &&
		  tarball_pad(own.len, put, ctx) && header(plain, data, mtime, '0', put, ctx) &&
		  (!sparse || put(ctx, map.p, map.len));
	text_free(&map);
	text_free(&own);
	return ok;
}
