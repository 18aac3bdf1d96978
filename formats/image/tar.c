#include "formats/image/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

enum { FEED_LEN = 16 << 10, CHECKSUM_AT = 148, CHECKSUM_LEN = 8 };

/* The archive as libarchive reads it. */
struct feed {
	struct image *im;
	uint64_t at;
	bool lost, failed;
	uint8_t buf[FEED_LEN], flags[FEED_LEN];
};

bool tar_probe(const uint8_t *head, size_t len)
{
	uint32_t sum = 0, told = 0;
	size_t i = CHECKSUM_AT, digits = 0;

	if (len < TAR_HEAD_LEN || head[0] == 0)
		return false;
	for (size_t k = 0; k < TAR_HEAD_LEN; k++)
		sum += k >= CHECKSUM_AT && k < CHECKSUM_AT + CHECKSUM_LEN ? ' ' : head[k];
	while (i < CHECKSUM_AT + CHECKSUM_LEN && head[i] == ' ')
		i++;
	for (; i < CHECKSUM_AT + CHECKSUM_LEN && head[i] >= '0' && head[i] <= '7'; i++, digits++)
		told = told * 8 + (uint32_t)(head[i] - '0');
	return digits > 0 && told == sum;
}

static la_ssize_t feed_read(struct archive *ar, void *ctx, const void **bytes)
{
	struct feed *f = ctx;

	(void)ar;
	*bytes = f->buf;
	for (;;) { /* a second time when the end is found by that */
		uint64_t size = f->im->size, left = f->at < size ? size - f->at : 0;
		size_t n = left < FEED_LEN ? (size_t)left : FEED_LEN;

		if (image_read(f->im, f->at, n, f->buf, f->flags)) {
			f->lost |= n && memchr(f->flags, 1, n) != NULL;
			f->at += n;
			return (la_ssize_t)n;
		}
		if (f->im->size == size) {
			f->failed = true;
			return -1;
		}
	}
}

/* Only asked for what lies behind the bytes given. Past the end: the next reading finds that. */
static la_int64_t feed_skip(struct archive *ar, void *ctx, la_int64_t len)
{
	struct feed *f = ctx;

	(void)ar;
	if (len <= 0 || (uint64_t)len > UINT64_MAX - f->at)
		return 0;
	f->at += (uint64_t)len;
	return len;
}

static bool runs_of(struct arena *a, struct archive_entry *e, struct tar_member *m)
{
	int nr = archive_entry_sparse_count(e);
	la_int64_t off, len;
	uint64_t from = m->at, end = 0;

	m->runs = arena_array(a, nr > 0 ? (size_t)nr : 1, sizeof(*m->runs));
	if (m->runs == NULL)
		return false;
	if (nr <= 0) {
		m->runs[m->runs_nr++] = (struct run){ 0, m->size, m->at };
		return true;
	}
	archive_entry_sparse_reset(e);
	while (archive_entry_sparse_next(e, &off, &len) == ARCHIVE_OK && m->runs_nr < (size_t)nr) {
		if (off < 0 || len < 0 || (uint64_t)off < end || (uint64_t)len > m->size ||
		    (uint64_t)off > m->size - (uint64_t)len)
			break; /* what a hostile map says behind here is a hole */
		end = (uint64_t)off + (uint64_t)len;
		if (len)
			m->runs[m->runs_nr++] = (struct run){ (uint64_t)off, (uint64_t)len, from };
		from += (uint64_t)len;
	}
	return true;
}

/* NULL: no file with bytes of its own. *big: it has more than size_max. */
static struct tar_member *member_of(struct arena *a, struct archive *ar, struct archive_entry *e,
				    uint64_t size_max, bool *big)
{
	const char *name = archive_entry_pathname(e);
	la_int64_t size = archive_entry_size(e), at = archive_filter_bytes(ar, 0);

	/* pax names that are not in the locale's letters have this spelling alone */
	if (name == NULL)
		name = archive_entry_pathname_utf8(e);
	if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) || size <= 0 || at < 0)
		return NULL;
	*big = (uint64_t)size > size_max;
	if (*big)
		return NULL;
	struct tar_member *m = ARENA_NEW(a, struct tar_member);
	if (m == NULL)
		return NULL;
	m->name = arena_text(a, name ? name : "");
	m->size = (uint64_t)size;
	m->at = (uint64_t)at;
	return m->name && runs_of(a, e, m) ? m : NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct tar_member *x = *(struct tar_member *const *)a, *y = *(struct tar_member *const *)b;
	int d = strcmp(x->name, y->name);

	return d ? d : (x->at > y->at) - (x->at < y->at);
}

static bool sort(struct tar_list *out)
{
	struct tar_member **all = malloc((out->nr + 1) * sizeof(struct tar_member *)), *m = out->first;

	if (all == NULL)
		return false;
	for (uint32_t i = 0; i < out->nr; i++, m = m->next)
		all[i] = m;
	qsort(all, out->nr, sizeof(struct tar_member *), by_name);
	all[out->nr] = NULL;
	for (uint32_t i = 0; i < out->nr; i++)
		all[i]->next = all[i + 1];
	out->first = all[0];
	free(all);
	return true;
}

/* What went wrong on the way, for the reader of the report. */
struct trouble {
	uint32_t damaged, big;
	uint64_t damaged_at;
	bool stopped, many;
};

static const char *note_of(struct arena *a, const struct trouble *t, const struct feed *f, uint32_t max,
			   uint64_t size_max)
{
	const char *text = NULL;
	struct { bool is; const char *says; } all[] = {
		{ t->many, arena_printf(a, "more than %u members: the rest of the tar was left out", (unsigned)max) },
		{ t->big > 0, arena_printf(a, "%u members of more than %llu bytes were left out", (unsigned)t->big,
					   (unsigned long long)size_max) },
		{ t->damaged > 0, arena_printf(a, "%u damaged tar headers were passed over, the first at byte %llu",
					       (unsigned)t->damaged, (unsigned long long)t->damaged_at) },
		{ t->stopped, arena_printf(a, "the tar ends early or is damaged at or behind byte %llu: what follows "
					   "was left out", (unsigned long long)t->damaged_at) },
		{ f->lost, "bytes beside the tar's headers could not be read: members may be missing" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].is)
			text = text ? arena_printf(a, "%s; %s", text, all[i].says) : all[i].says;
	return text;
}

static void walk(struct arena *a, struct archive *ar, uint32_t members_max, uint64_t size_max,
		 struct tar_list *out, struct trouble *t)
{
	struct tar_member **end = &out->first;
	struct archive_entry *e;

	for (uint32_t seen = 0;; seen++) {
		int r = archive_read_next_header(ar, &e);
		bool big = false;

		if (r == ARCHIVE_EOF)
			return;
		if (seen == members_max) {
			t->many = true;
			return;
		}
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
			if (t->damaged == 0)
				t->damaged_at = (uint64_t)archive_filter_bytes(ar, 0);
			t->stopped = r != ARCHIVE_RETRY;
			if (t->stopped)
				return;
			t->damaged++;
			continue;
		}
		struct tar_member *m = member_of(a, ar, e, size_max, &big);
		t->big += big;
		if (arena_failed(a))
			return;
		if (m) {
			*end = m;
			end = &m->next;
			out->nr++;
		}
	}
}

enum status tar_members(struct arena *a, struct image *im, uint32_t members_max, uint64_t size_max,
			struct tar_list *out, struct problem *p)
{
	struct feed *f = calloc(1, sizeof(*f));
	struct archive *ar = archive_read_new();
	struct trouble t = { 0 };
	enum status st = STATUS_OK;

	*out = (struct tar_list){ 0 };
	if (f)
		f->im = im;
	if (f == NULL || ar == NULL || archive_read_support_format_tar(ar) != ARCHIVE_OK ||
	    archive_read_set_callback_data(ar, f) != ARCHIVE_OK ||
	    archive_read_set_read_callback(ar, feed_read) != ARCHIVE_OK ||
	    archive_read_set_skip_callback(ar, feed_skip) != ARCHIVE_OK) {
		st = problem_set(p, STATUS_NOMEM, "%s: no memory to read the tar", im->label);
	} else {
		if (archive_read_open1(ar) == ARCHIVE_OK)
			walk(a, ar, members_max, size_max, out, &t);
		if (f->failed && im->problem.status == STATUS_INTERRUPTED)
			st = problem_set(p, STATUS_INTERRUPTED, "%s", im->problem.text);
		out->note = note_of(a, &t, f, members_max, size_max);
		if (!sort(out) || arena_failed(a))
			st = problem_set(p, STATUS_NOMEM, "%s: no memory for the members of the tar", im->label);
	}
	archive_read_free(ar);
	free(f);
	return st;
}
