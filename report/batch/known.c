#include "report/batch/known.h"

#include "report/batch/manifest.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 1024 };

/* The place of id, or the free one where it would go. Ids are digests: their digits spread by themselves. */
static size_t place(const struct batch_known *k, const char *id)
{
	char head[9];

	memcpy(head, id + 8, 8); /* the first digits are alike within a shard */
	head[8] = '\0';
	size_t at = strtoul(head, NULL, 16) & (k->room - 1);
	while (k->ids[at][0] && memcmp(k->ids[at], id, BATCH_ID_LEN) != 0)
		at = (at + 1) & (k->room - 1);
	return at;
}

static bool grow(struct batch_known *k)
{
	struct batch_known more = { .room = k->room ? k->room * 2 : ROOM_FIRST };

	more.ids = calloc(more.room, sizeof(*more.ids));
	if (more.ids == NULL)
		return false;
	for (size_t i = 0; i < k->room; i++)
		if (k->ids[i][0])
			memcpy(more.ids[place(&more, k->ids[i])], k->ids[i], BATCH_ID_LEN);
	free(k->ids);
	k->ids = more.ids;
	k->room = more.room;
	return true;
}

enum known batch_known_add(struct batch_known *k, const char *id)
{
	if (k->nr >= k->room / 2 && !grow(k))
		return KNOWN_NOMEM;
	size_t at = place(k, id);
	if (k->ids[at][0])
		return KNOWN_BEFORE;
	memcpy(k->ids[at], id, BATCH_ID_LEN);
	k->nr++;
	return KNOWN_NEW;
}

static int by_source(const void *a, const void *b)
{
	const struct batch_image *x = a, *y = b;

	return strcmp(x->source, y->source);
}

bool batch_known_load(struct batch_known *k, const char *path)
{
	struct problem p = { STATUS_OK, "" };
	struct batch_manifest m = { .f = NULL };
	enum status st = path ? batch_manifest_open(path, &m, &p) : STATUS_IO;
	size_t room = 0;
	bool good = true;

	while (good && (st == STATUS_OK || st == STATUS_USAGE)) {
		struct batch_image im;

		st = batch_manifest_next(&m, &im, &p);
		if (im.source == NULL && st == STATUS_OK)
			break;
		if (im.source == NULL)
			continue;
		if (k->before_nr == room) {
			struct batch_image *more = realloc(k->before, (room = room ? room * 2 : 256) * sizeof(*more));

			good = more != NULL;
			k->before = more ? more : k->before;
		}
		if (good)
			k->before[k->before_nr++] = im;
		else
			batch_image_free(&im);
	}
	batch_manifest_close(&m);
	if (k->before_nr)
		qsort(k->before, k->before_nr, sizeof(*k->before), by_source);
	return good;
}

const char *batch_known_id(const struct batch_known *k, const struct batch_image *im)
{
	const struct batch_image *was = k->before_nr ? bsearch(im, k->before, k->before_nr, sizeof(*was), by_source) : NULL;

	if (was == NULL || was->nr != im->nr)
		return NULL;
	for (size_t i = 0; i < im->nr; i++)
		if (strcmp(was->files[i].path, im->files[i].path) != 0 || was->files[i].size != im->files[i].size ||
		    strcmp(was->files[i].mtime, im->files[i].mtime) != 0)
			return NULL;
	return was->id;
}

void batch_known_free(struct batch_known *k)
{
	for (size_t i = 0; i < k->before_nr; i++)
		batch_image_free(&k->before[i]);
	free(k->before);
	free(k->ids);
}
