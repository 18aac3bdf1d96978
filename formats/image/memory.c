#include "formats/image/memory.h"

#include <string.h>

struct memory {
	struct image image;
	const uint8_t *bytes;
	const struct source *source;
};

static struct memory *memory_of(const struct image *im)
{
	return (struct memory *)(uintptr_t)im; /* image is the first member */
}

static enum status memory_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			       struct problem *p)
{
	(void)lost;
	(void)p;
	memcpy(buf, memory_of(im)->bytes + at, len);
	return STATUS_OK;
}

static struct extent memory_extent(struct image *im, uint64_t at)
{
	return (struct extent){ at, im->size - at, EXTENT_DATA };
}

static struct origin memory_origin(const struct image *im, uint64_t at)
{
	return (struct origin){ memory_of(im)->source, at, im->size - at };
}

static void memory_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

struct image *memory_open(struct arena *a, const char *label, const uint8_t *bytes, uint64_t len,
			  const struct source *source)
{
	static const struct image_ops ops = {
		.read = memory_read, .extent = memory_extent, .origin = memory_origin, .close = memory_close,
	};
	struct memory *m = ARENA_NEW(a, struct memory);

	if (m == NULL)
		return NULL;
	m->image = (struct image){ .ops = &ops, .size = len, .label = label };
	m->bytes = bytes;
	m->source = source;
	return &m->image;
}
