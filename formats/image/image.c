#include "formats/image/image.h"

#include <string.h>

/* True when [at, at+len) is inside. An unsettled image is asked, and may find its size by that. */
static bool inside(struct image *im, uint64_t at, uint64_t len)
{
	if (im->unsettled && at <= UINT64_MAX - len)
		(void)im->ops->reach(im, at + len, &im->problem);
	return at <= im->size && len <= im->size - at;
}

bool image_settle(struct image *im)
{
	if (im->unsettled)
		(void)im->ops->reach(im, UINT64_MAX, &im->problem);
	return !im->unsettled && im->problem.status == STATUS_OK;
}

bool image_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost)
{
	if (!inside(im, at, len))
		return false;
	memset(lost, 0, len);
	if (len == 0)
		return true;
	return im->ops->read(im, at, len, buf, lost, &im->problem) == STATUS_OK;
}

bool image_span(struct image *im, struct arena *a, uint64_t at, uint64_t len, struct span *out)
{
	*out = (struct span){ .at = at };
	if (len > SIZE_MAX / 4 || !inside(im, at, len))
		return false;
	if (len == 0)
		return true;

	uint8_t *buf = arena_alloc(a, (size_t)len * 2);
	if (buf == NULL) {
		problem_set(&im->problem, STATUS_NOMEM, "%s: no memory for %llu bytes of it", im->label,
			    (unsigned long long)len);
		return false;
	}
	uint8_t *lost = buf + len;
	if (!image_read(im, at, (size_t)len, buf, lost))
		return false;
	bool any = memchr(lost, 1, (size_t)len) != NULL;
	*out = (struct span){ buf, any ? lost : NULL, at, (size_t)len };
	return true;
}

struct extent image_extent(struct image *im, uint64_t at)
{
	if (!inside(im, at, 1))
		return (struct extent){ at, 0, EXTENT_HOLE };
	return im->ops->extent(im, at);
}

struct origin image_origin(const struct image *im, uint64_t at)
{
	return im->ops->origin(im, at);
}

void image_close(struct image *im)
{
	if (im)
		im->ops->close(im);
}
