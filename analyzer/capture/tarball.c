#include "analyzer/capture/tarball.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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
static bool record(FILE *f, const char *key, const char *value)
{
	size_t body = strlen(key) + strlen(value) + 3, len = body + 1;

	while (len < body + (size_t)snprintf(NULL, 0, "%zu", len))
		len++;
	return fprintf(f, "%zu %s=%s\n", len, key, value) == (int)len;
}

static bool number(FILE *f, const char *key, uint64_t value)
{
	char text[LINE];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return record(f, key, text);
}

static bool records(FILE *f, const char *name, uint64_t size, uint64_t data, bool sparse)
{
	bool ok = true;

	if (sparse)
		ok = record(f, "GNU.sparse.major", "1") && record(f, "GNU.sparse.minor", "0") &&
		     record(f, "GNU.sparse.name", name) && number(f, "GNU.sparse.realsize", size);
	else
		ok = record(f, "path", name);
	return ok && (data >> OCTAL_MAX_BITS == 0 || number(f, "size", data));
}

/* The map of a sparse member, whole blocks of it. NULL without memory. */
static char *map_text(const struct extents *x, uint64_t size, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (f == NULL)
		return NULL;
	bool ends = x->nr && x->all[x->nr - 1].at + x->all[x->nr - 1].len == size;
	fprintf(f, "%zu\n", x->nr + !ends);
	for (size_t i = 0; i < x->nr; i++)
		fprintf(f, "%" PRIu64 "\n%" PRIu64 "\n", x->all[i].at, x->all[i].len);
	if (!ends) /* says where the file ends to those who read no records */
		fprintf(f, "%" PRIu64 "\n0\n", size);
	long n = ftell(f);
	if (n > 0 && n % TARBALL_BLOCK)
		fwrite(zeros, 1, (size_t)(TARBALL_BLOCK - n % TARBALL_BLOCK), f);
	bool ok = !ferror(f);
	if (fclose(f) == 0 && ok && n > 0)
		return text;
	free(text);
	return NULL;
}

bool tarball_head(const char *name, uint64_t size, uint64_t mtime, const struct extents *stored, tarball_put *put, void *ctx)
{
	bool sparse = stored && stored->total < size;
	size_t map_len = 0, len = 0;
	char *map = sparse ? map_text(stored, size, &map_len) : NULL, *text = NULL;
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	char pax[NAME_LEN], plain[NAME_LEN];
	uint64_t data = sparse ? map_len + stored->total : size;
	FILE *f = open_memstream(&text, &len);
	bool ok = f && (map || !sparse);

	ok = ok && records(f, name, size, data, sparse);
	ok = f && fclose(f) == 0 && ok;
	snprintf(pax, sizeof(pax), "PaxHeaders/%.80s", base);
	snprintf(plain, sizeof(plain), "%s%.80s", sparse ? "GNUSparseFile.0/" : "", base);
	ok = ok && header(pax, len, mtime, 'x', put, ctx) && put(ctx, text, len) && tarball_pad(len, put, ctx) &&
	     header(plain, data, mtime, '0', put, ctx) && (map == NULL || put(ctx, map, map_len));
	free(map);
	free(text);
	return ok;
}
