/*
 * A structure is declared once. One list of rows gives the host struct and its table; the table
 * drives decoding, JSON, HTML, the hex view, edits, the corpus recipes and the fuzzer. Every byte
 * has a row, padding too.
 *
 *	#define POOL_SDS(LE, RAW)                                  \
 *		LE(usc,       0, 64, UINT, "sum of the ...")        \
 *		RAW(reserved, 17, 39, PAD,  "zero")
 *	struct pool_sds { POOL_SDS(HOST_LE, HOST_RAW) };
 *	#define SELF pool_sds
 *	static const struct field pool_sds_fields[] = { POOL_SDS(ROW_LE, ROW_RAW) };
 *	#undef SELF
 */
#ifndef FORMATS_BASE_LAYOUT_H
#define FORMATS_BASE_LAYOUT_H

#include "formats/base/span.h"

enum rep { REP_LE, REP_BE, REP_RAW }; /* how bytes become a value */

/* How a value is told. Hex: FLAGS, ID, SUM. Decimal: UINT, SIZE (bytes), TIME (seconds since 1970). */
enum kind {
	KIND_UINT,
	KIND_SIZE,
	KIND_OFF,   /* an offset in the pool's or arena's own space */
	KIND_FLAGS,
	KIND_ID,    /* a number that names something: never added to, told in hex */
	KIND_TIME,
	KIND_UUID,  /* 16 raw bytes, first three groups little-endian, as PMDK tells them */
	KIND_UUID_BE, /* 16 raw bytes in RFC order, as the kernel tells them */
	KIND_TEXT,  /* bytes up to the first NUL */
	KIND_BYTES, /* bytes with no meaning of their own */
	KIND_SUM,   /* a checksum */
	KIND_PAD,   /* must be zero */
};

/* A named bit or value of a field, for telling. Tables end with a NULL name. */
struct name_of {
	uint64_t value;
	const char *name;
};

struct field {
	const char *name;    /* as the source spells it; also the JSON key and the edit path */
	uint32_t off, width; /* bytes, inside the structure */
	enum rep rep;
	enum kind kind;
	size_t host; /* offsetof() in the decoded struct */
	const char *doc;
	const struct name_of *names; /* or NULL; FLAGS: bits, others: whole values */
};

struct layout {
	const char *name, *source;
	uint32_t size, nr; /* bytes on media; rows */
	size_t host_size;  /* sizeof the decoded struct */
	const struct field *fields; /* ascending, no gap, no overlap: a law tests every layout */
};

#define HOST_LE(n, off, bits, kind, doc) uint##bits##_t n;
#define HOST_RAW(n, off, bytes, kind, doc) uint8_t n[bytes];
#define HOST_NAMED(n, off, bits, kind, names, doc) uint##bits##_t n;
#define ROW_LE(n, off, bits, kind, doc) \
	{ #n, off, bits / 8, REP_LE, KIND_##kind, offsetof(struct SELF, n), doc, NULL },
#define ROW_RAW(n, off, bytes, kind, doc) \
	{ #n, off, bytes, REP_RAW, KIND_##kind, offsetof(struct SELF, n), doc, NULL },
/* a little-endian number whose values or bits have names */
#define ROW_NAMED(n, off, bits, kind, names, doc) \
	{ #n, off, bits / 8, REP_LE, KIND_##kind, offsetof(struct SELF, n), doc, names },

/* Closes a declaration: struct tag, source, size on media, table. */
#define LAYOUT(tag, from, bytes, table)                                              \
	{                                                                            \
		.name = #tag, .source = from, .size = bytes,                         \
		.nr = (uint32_t)(sizeof(table) / sizeof((table)[0])),                \
		.host_size = sizeof(struct tag), .fields = table                     \
	}

/* Fills host by the table. False, host untouched, when bytes are outside s or lost. */
bool layout_decode(const struct layout *l, struct span s, uint64_t off, void *host);
/* Writes host's values as bytes[l->size], the inverse of layout_decode. */
void layout_encode(const struct layout *l, const void *host, uint8_t *bytes);

/* The row called name, or NULL. */
const struct field *layout_field(const struct layout *l, const char *name);
/* The row that the byte at off belongs to, or NULL. */
const struct field *layout_field_at(const struct layout *l, uint64_t off);
/* A number row's value in host. */
uint64_t layout_value(const struct field *f, const void *host);
/* A raw row's bytes in host; f->width of them. */
const uint8_t *layout_bytes(const struct field *f, const void *host);

#endif
