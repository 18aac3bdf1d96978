#include "formats/image/window.h"

struct window {
	struct image image;
	struct image *below;
	uint64_t at;
};

static struct window *window_of(const struct image *im)
{
	return (struct window *)(uintptr_t)im; /* image is the first member */
}

static enum status window_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			       struct problem *p)
{
	struct window *w = window_of(im);

	return w->below->ops->read(w->below, w->at + at, len, buf, lost, p);
}

static struct extent window_extent(struct image *im, uint64_t at)
{
	struct window *w = window_of(im);
	struct extent e = image_extent(w->below, w->at + at);

	e.at = at;
	if (e.len > im->size - at)
		e.len = im->size - at;
	return e;
}

static struct origin window_origin(const struct image *im, uint64_t at)
{
	struct window *w = window_of(im);
	struct origin o = image_origin(w->below, w->at + at);

	if (o.len > im->size - at)
		o.len = im->size - at;
	return o;
}

static void window_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

struct image *window_open(struct arena *a, const char *label, struct image *below, uint64_t at, uint64_t len)
{
	static const struct image_ops ops = {
		.read = window_read, .extent = window_extent, .origin = window_origin, .close = window_close,
	};
	struct window *w;

	if (at > below->size || len > below->size - at)
		return NULL;
	w = ARENA_NEW(a, struct window);
	if (w == NULL)
		return NULL;
	w->image = (struct image){ .ops = &ops, .size = len, .label = label, .parallel = below->parallel };
	w->below = below;
	w->at = at;
	return &w->image;
}
