#include "analyzer/compare.h"

#include "analyzer/fingerprint.h"
#include "formats/base/uuid.h"
#include "formats/image/image.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW_LEN = 65536, ELEMENT_LEN_MAX = 512 };

struct walk {
	struct arena *arena;
	struct comparison *out;
	uint8_t *bytes[2], *lost[2]; /* WINDOW_LEN each */
	bool failed;
};

static struct difference *add(struct walk *w, struct difference c)
{
	struct comparison *out = w->out;
	struct difference *kept;

	out->nr[c.kind]++;
	if (out->listed == out->max)
		return NULL;
	kept = ARENA_NEW(w->arena, struct difference);
	if (kept == NULL) {
		w->failed = true;
		return NULL;
	}
	*kept = c;
	if (out->last)
		out->last->next = kept;
	else
		out->first = kept;
	out->last = kept;
	out->listed++;
	return kept;
}

static bool same_field(const struct field *f, const void *a, const void *b)
{
	if (f->rep == REP_RAW)
		return memcmp(layout_bytes(f, a), layout_bytes(f, b), f->width) == 0;
	return layout_value(f, a) == layout_value(f, b);
}

static bool number(enum kind k)
{
	return k != KIND_UUID && k != KIND_UUID_BE && k != KIND_TEXT && k != KIND_BYTES;
}

static const struct fact *fact_find(const struct node *n, const struct fact *like)
{
	for (const struct fact *f = n->facts; f; f = f->next)
		if (strcmp(f->name, like->name) == 0 && f->kind == like->kind)
			return f;
	return NULL;
}

/* Words are left alone: how a file was found, what follows from numbers that are compared anyway. */
static void facts(struct walk *w, const struct node *a, const struct node *b)
{
	for (const struct fact *f = a->facts; f; f = f->next) {
		const struct fact *g = number(f->kind) ? fact_find(b, f) : NULL;

		if (number(f->kind) && (g == NULL || g->value != f->value))
			add(w, (struct difference){ CHANGE_FACT, .was = a, .now = b, .was_fact = f, .now_fact = g });
	}
	for (const struct fact *g = b->facts; g; g = g->next)
		if (number(g->kind) && fact_find(a, g) == NULL)
			add(w, (struct difference){ CHANGE_FACT, .was = a, .now = b, .now_fact = g });
}

/* Elements [i, i + nr) of n, side by side, into a window. False: one lies outside, or our own work failed. */
static bool window(struct walk *w, int side, const struct node *n, uint64_t i, size_t len)
{
	uint64_t off, at;

	memset(w->lost[side], 0, len);
	return !__builtin_mul_overflow(i, n->stride, &off) && !__builtin_add_overflow(n->at, off, &at) &&
	       image_read(n->image, at, len, w->bytes[side], w->lost[side]);
}

struct stretch {
	uint64_t first, nr;
};

static void range_end(struct walk *w, const struct node *a, const struct node *b, struct stretch *r)
{
	if (r->nr)
		add(w, (struct difference){ CHANGE_ELEMENTS, .was = a, .now = b, .first = r->first, .nr = r->nr });
	r->nr = 0;
}

static void range_add(struct walk *w, const struct node *a, const struct node *b, struct stretch *r, uint64_t i)
{
	if (r->nr && r->first + r->nr != i)
		range_end(w, a, b, r);
	if (r->nr == 0)
		r->first = i;
	r->nr++;
}

/* As many as fit into a window at once: an array may have thousands of millions, and most are alike. */
static void elements(struct walk *w, const struct node *a, const struct node *b)
{
	uint64_t all = a->count < b->count ? a->count : b->count, per;
	size_t size = a->layout->size;
	struct stretch r = { .nr = 0 };

	if (size == 0 || size > ELEMENT_LEN_MAX || a->image == NULL || b->image == NULL)
		return;
	per = a->stride == size && b->stride == size ? WINDOW_LEN / size : 1;
	for (uint64_t i = 0; i < all; i += per) {
		uint64_t nr = all - i < per ? all - i : per;
		bool there[2] = { window(w, 0, a, i, size * (size_t)nr), window(w, 1, b, i, size * (size_t)nr) };

		if (!there[0] && !there[1])
			continue;
		if (there[0] && there[1] && memcmp(w->bytes[0], w->bytes[1], size * (size_t)nr) == 0 &&
		    memcmp(w->lost[0], w->lost[1], size * (size_t)nr) == 0)
			continue;
		for (uint64_t k = 0; k < nr; k++)
			if (there[0] != there[1] || memcmp(w->bytes[0] + k * size, w->bytes[1] + k * size, size) != 0 ||
			    memcmp(w->lost[0] + k * size, w->lost[1] + k * size, size) != 0)
				range_add(w, a, b, &r, i + k);
	}
	range_end(w, a, b, &r);
}

static void one(struct walk *w, const struct node *a, const struct node *b)
{
	if (a->state != b->state)
		add(w, (struct difference){ CHANGE_STATE, .was = a, .now = b });
	if (a->layout != b->layout) {
		add(w, (struct difference){ CHANGE_LAYOUT, .was = a, .now = b });
	} else if (a->count || b->count) {
		if (a->count != b->count)
			add(w, (struct difference){ CHANGE_COUNT, .was = a, .now = b });
		if (a->layout)
			elements(w, a, b);
	} else if (a->layout && a->host && b->host) {
		for (uint32_t i = 0; i < a->layout->nr; i++)
			if (!same_field(&a->layout->fields[i], a->host, b->host))
				add(w, (struct difference){ CHANGE_FIELD, .was = a, .now = b, .field = &a->layout->fields[i] });
	}
	facts(w, a, b);
}

static int by_name(const void *x, const void *y)
{
	const struct node *a = *(const struct node *const *)x, *b = *(const struct node *const *)y;
	int c = strcmp(a->name, b->name);

	if (c == 0)
		c = (a->numbered > b->numbered) - (a->numbered < b->numbered);
	return c ? c : (a->idx > b->idx) - (a->idx < b->idx);
}

/* Two of one name stay in the order of the tree: where they lie is the last to tell them apart. */
static int by_name_and_place(const void *x, const void *y)
{
	const struct node *a = *(const struct node *const *)x, *b = *(const struct node *const *)y;
	int c = by_name(x, y);

	return c ? c : (a->at > b->at) - (a->at < b->at);
}

/* NULL, and *nr 0, when there are none; or without memory. */
static const struct node **children(struct walk *w, const struct node *n, size_t *nr)
{
	const struct node **list;
	size_t i = 0;

	*nr = 0;
	for (const struct node *k = n->child; k; k = k->next)
		++*nr;
	if (*nr == 0)
		return NULL;
	list = calloc(*nr, sizeof(*list));
	if (list == NULL) {
		w->failed = true;
		*nr = 0;
		return NULL;
	}
	for (const struct node *k = n->child; k; k = k->next)
		list[i++] = k;
	qsort(list, *nr, sizeof(*list), by_name_and_place);
	return list;
}

/* n stands in one capture alone. Neighbours of one name are told together: a log may have thousands. */
static void alone(struct walk *w, enum change_kind kind, const struct node *n, struct difference **open)
{
	struct difference *c = *open;

	if (c && c->kind == kind && n->numbered && strcmp(c->last->name, n->name) == 0 && c->last->idx + 1 == n->idx) {
		c->last = n;
		c->nr++;
		w->out->nr[kind]++;
		return;
	}
	*open = add(w, (struct difference){ kind, .was = kind == CHANGE_GONE ? n : NULL, .now = kind == CHANGE_NEW ? n : NULL,
					.last = n, .nr = 1 });
}

static void trees(struct walk *w, const struct node *a, const struct node *b)
{
	size_t as, bs, i = 0, k = 0;
	const struct node **was = children(w, a, &as), **now = children(w, b, &bs);
	struct difference *open = NULL;

	one(w, a, b);
	while (i < as || k < bs) {
		int c = i == as ? 1 : k == bs ? -1 : by_name(&was[i], &now[k]);

		if (c < 0) {
			alone(w, CHANGE_GONE, was[i++], &open);
		} else if (c > 0) {
			alone(w, CHANGE_NEW, now[k++], &open);
		} else {
			open = NULL;
			trees(w, was[i++], now[k++]);
		}
	}
	free(was);
	free(now);
}

struct print {
	char text[FINGERPRINT_LEN + 1];
	const struct finding *f;
	size_t order;
	bool paired;
};

static int by_print(const void *x, const void *y)
{
	const struct print *a = x, *b = y;
	int c = strcmp(a->text, b->text);

	return c ? c : (a->order > b->order) - (a->order < b->order);
}

static int by_order(const void *x, const void *y)
{
	const struct print *a = x, *b = y;

	return (a->order > b->order) - (a->order < b->order);
}

static struct print *prints(const struct findings *fs, size_t *nr)
{
	struct print *list;
	size_t i = 0;

	*nr = 0;
	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next)
		++*nr;
	list = calloc(*nr + 1, sizeof(*list));
	for (const struct finding *f = fs ? fs->first : NULL; f && list; f = f->next, i++) {
		list[i] = (struct print){ .f = f, .order = i };
		fingerprint_of(f, list[i].text);
	}
	if (list)
		qsort(list, *nr, sizeof(*list), by_print);
	return list;
}

/* Those that are paired, or not, in their fixed order. */
static bool pick(struct arena *arena, const struct print *list, size_t nr, bool paired, struct finding_list *out)
{
	out->list = arena_array(arena, nr + 1, sizeof(*out->list));
	for (size_t i = 0; i < nr && out->list; i++)
		if (list[i].paired == paired)
			out->list[out->nr++] = list[i].f;
	return out->list != NULL;
}

static bool findings(struct arena *arena, const struct findings *a, const struct findings *b, struct comparison *out)
{
	size_t as, bs;
	struct print *was = prints(a, &as), *now = prints(b, &bs);
	bool good = was && now;

	for (size_t i = 0, k = 0; good && i < as && k < bs;) {
		int c = strcmp(was[i].text, now[k].text);

		if (c == 0)
			was[i].paired = now[k].paired = true;
		i += c <= 0;
		k += c >= 0;
	}
	if (good) {
		qsort(was, as, sizeof(*was), by_order);
		qsort(now, bs, sizeof(*now), by_order);
		good = pick(arena, was, as, false, &out->gone) && pick(arena, now, bs, false, &out->fresh) &&
		       pick(arena, now, bs, true, &out->kept);
	}
	free(was);
	free(now);
	return good;
}

/* The first uuid of that name in the tree, or NULL. */
static const uint8_t *uuid_named(const struct node *root, const char *name)
{
	for (const struct node *n = root; n;) {
		const struct field *f = n->layout && n->host && n->state == NODE_READ ? layout_field(n->layout, name) : NULL;

		if (f && f->rep == REP_RAW && f->width == UUID_LEN && !uuid_null(layout_bytes(f, n->host)))
			return layout_bytes(f, n->host);
		if (n->child) {
			n = n->child;
			continue;
		}
		while (n && n->next == NULL)
			n = n->parent;
		n = n ? n->next : NULL;
	}
	return NULL;
}

/* Damage may have hit either uuid: one that agrees is enough. */
enum identity compare_identity(const struct result *a, const struct result *b)
{
	static const char *const names[] = { "poolset_uuid", "uuid" };
	enum identity found = IDENTITY_UNKNOWN;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const uint8_t *u = uuid_named(a->model.root, names[i]), *v = uuid_named(b->model.root, names[i]);

		if (u && v && uuid_same(u, v))
			return IDENTITY_SAME;
		if (u && v)
			found = IDENTITY_OTHER;
	}
	return found;
}

bool compare(struct arena *arena, const struct result *a, const struct result *b, uint64_t max, struct comparison *out)
{
	struct walk w = { .arena = arena, .out = out };
	uint8_t *windows = malloc(4 * (size_t)WINDOW_LEN);

	*out = (struct comparison){ .max = max };
	if (windows == NULL)
		return false;
	for (int i = 0; i < 2; i++) {
		w.bytes[i] = windows + 2 * i * WINDOW_LEN;
		w.lost[i] = w.bytes[i] + WINDOW_LEN;
	}
	if (a->model.root && b->model.root)
		trees(&w, a->model.root, b->model.root);
	free(windows);
	out->same = findings(arena, a->findings, b->findings, out) && out->fresh.nr == 0 && out->gone.nr == 0;
	for (int k = 0; k < CHANGES; k++)
		out->same = out->same && out->nr[k] == 0;
	return !w.failed && !arena_failed(arena) && out->kept.list != NULL;
}
