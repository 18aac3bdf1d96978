#include "formats/obj/ulog.h"

#include "formats/base/checksum.h"

#include <string.h>

const struct name_of obj_ulog_flag_names[] = {
	{ OBJ_ULOG_USER_OWNED, "USER_OWNED" },
	{ 0, NULL },
};

#define SOURCE "PMDK src/libpmemobj/ulog.h"

#define SELF obj_ulog
static const struct field obj_ulog_fields[] = { OBJ_ULOG(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout obj_ulog_layout = LAYOUT(obj_ulog, SOURCE ", struct ulog", OBJ_ULOG_HDR_LEN, obj_ulog_fields);

#define SELF obj_ulog_val
static const struct field obj_ulog_val_fields[] = { OBJ_ULOG_VAL(ROW_LE) };
#undef SELF
const struct layout obj_ulog_val_layout =
	LAYOUT(obj_ulog_val, SOURCE ", struct ulog_entry_val", OBJ_ULOG_VAL_LEN, obj_ulog_val_fields);

#define SELF obj_ulog_buf
static const struct field obj_ulog_buf_fields[] = { OBJ_ULOG_BUF(ROW_LE) };
#undef SELF
const struct layout obj_ulog_buf_layout =
	LAYOUT(obj_ulog_buf, SOURCE ", struct ulog_entry_buf", OBJ_ULOG_BUF_HEAD, obj_ulog_buf_fields);

const char *obj_ulog_stop_text(enum obj_ulog_stop s)
{
	static const char *const texts[] = {
		[OBJ_ULOG_GOING] = "it goes on",
		[OBJ_ULOG_END] = "it ends as it should",
		[OBJ_ULOG_STALE] = "it ends at an entry of another generation",
		[OBJ_ULOG_BAD_OP] = "it holds an entry of an operation that does not exist",
		[OBJ_ULOG_BAD_SIZE] = "it holds an entry that reaches past the end of the pool",
		[OBJ_ULOG_BAD_NEXT] = "it is linked to an extension outside the pool",
		[OBJ_ULOG_LOOP] = "its extensions link back to an earlier one",
		[OBJ_ULOG_LOST] = "part of it could not be read",
		[OBJ_ULOG_LIMIT] = "with the other logs it holds more than the whole pool can",
	};

	return texts[s];
}

bool obj_ulog_word(struct image *im, uint64_t at, uint64_t *out)
{
	uint8_t b[8], lost[8];

	return image_read(im, at, 8, b, lost) && span_le64((struct span){ b, lost, at, 8 }, 0, out);
}

bool obj_ulog_read(struct image *im, uint64_t at, struct obj_ulog *out)
{
	uint8_t b[OBJ_ULOG_HDR_LEN], lost[OBJ_ULOG_HDR_LEN];

	return image_read(im, at, sizeof(b), b, lost) &&
	       layout_decode(&obj_ulog_layout, (struct span){ b, lost, at, sizeof(b) }, 0, out);
}

bool obj_ulog_entry_read(struct image *im, uint64_t at, struct obj_ulog_entry *out)
{
	uint64_t word;

	if (!obj_ulog_word(im, at, &word))
		return false;
	*out = (struct obj_ulog_entry){ .at = at, .op = (uint32_t)(word >> 61), .target = word << 3 >> 3 };
	if (word == 0)
		return true;
	if (out->op != OBJ_ULOG_BUF_CPY && out->op != OBJ_ULOG_BUF_SET) {
		out->len = OBJ_ULOG_VAL_LEN;
		out->data_len = 8;
		return obj_ulog_word(im, at + 8, &out->value);
	}
	if (!obj_ulog_word(im, at + 8, &out->checksum) || !obj_ulog_word(im, at + 16, &out->data_len))
		return false;
	out->data_at = at + OBJ_ULOG_BUF_HEAD;
	/* a size near 2^64 wraps in the library too: it then takes the entry to be short */
	out->len = (OBJ_ULOG_BUF_HEAD + out->data_len + OBJ_ULOG_ALIGN - 1) / OBJ_ULOG_ALIGN * OBJ_ULOG_ALIGN;
	return true;
}

bool obj_ulog_entry_sum(struct image *im, const struct obj_ulog_entry *e, uint64_t *sum)
{
	uint8_t buf[4096], lost[4096];

	*sum = 0;
	for (uint64_t off = 0; off < e->len;) {
		size_t n = e->len - off < sizeof(buf) ? (size_t)(e->len - off) : sizeof(buf);
		struct span s = { buf, lost, e->at + off, n };

		if (!image_read(im, e->at + off, n, buf, lost) || span_lost(s))
			return false;
		if (off == 0)
			memset(buf + 8, 0, 8);
		*sum = checksum_fletcher64_more(*sum, s);
		off += n;
	}
	return true;
}

bool obj_ulog_generation(uint64_t sum, uint64_t stored, uint64_t *gen)
{
	uint32_t lo = (uint32_t)sum, hi = (uint32_t)(sum >> 32), g = (uint32_t)stored - lo;

	/* the two words g, 0 behind the entry */
	*gen = g;
	return (uint32_t)(stored >> 32) == (uint32_t)(hi + 2 * (lo + g));
}

uint64_t obj_ulog_apply(uint32_t op, uint64_t value, uint64_t word)
{
	return op == OBJ_ULOG_SET ? value : op == OBJ_ULOG_AND ? (word & value) : (word | value);
}

bool obj_ulog_spend(uint64_t *budget, uint64_t len)
{
	if (budget == NULL)
		return true;
	if (len > *budget)
		return false;
	*budget -= len;
	return true;
}

void obj_ulog_chain_start(struct obj_ulog_chain *c, struct image *im, uint64_t at, uint64_t next, uint64_t *budget)
{
	*c = (struct obj_ulog_chain){ .image = im, .next = next, .link_at = at + OBJ_ULOG_NEXT_OFF, .power = 1,
				      .budget = budget };
}

bool obj_ulog_chain_next(struct obj_ulog_chain *c, struct obj_ulog_ext *out)
{
	uint64_t at = (c->next + OBJ_ULOG_ALIGN - 1) / OBJ_ULOG_ALIGN * OBJ_ULOG_ALIGN;

	if (c->stop != OBJ_ULOG_GOING)
		return false;
	if (c->next == 0)
		c->stop = OBJ_ULOG_END;
	else if (at < c->next || at > c->image->size || c->image->size - at < OBJ_ULOG_HDR_LEN)
		c->stop = OBJ_ULOG_BAD_NEXT;
	else if (at == c->turtle)
		c->stop = OBJ_ULOG_LOOP;
	else if (!obj_ulog_spend(c->budget, OBJ_ULOG_HDR_LEN))
		c->stop = OBJ_ULOG_LIMIT;
	else if (!obj_ulog_read(c->image, at, &out->hdr))
		c->stop = OBJ_ULOG_LOST;
	if (c->stop != OBJ_ULOG_GOING)
		return false;
	if (c->lap++ == c->power || c->turtle == 0) {
		c->turtle = at;
		c->power *= 2;
		c->lap = 0;
	}
	out->link = c->next;
	out->link_at = c->link_at;
	out->at = at;
	c->nr++;
	c->next = out->hdr.next;
	c->link_at = at + OBJ_ULOG_NEXT_OFF;
	return true;
}

void obj_ulog_walk_start(struct obj_ulog_walk *w, struct image *im, uint32_t major, uint64_t at,
			 const struct obj_ulog *hdr, uint64_t *budget)
{
	*w = (struct obj_ulog_walk){ .image = im, .major = major, .gen = hdr->gen_num,
				     .data_at = at + OBJ_ULOG_HDR_LEN, .capacity = hdr->capacity };
	obj_ulog_chain_start(&w->chain, im, at, hdr->next, budget);
}

static bool walk_stop(struct obj_ulog_walk *w, enum obj_ulog_stop why, uint64_t at)
{
	w->stop = why;
	w->stop_at = at;
	return false;
}

/* Does the checksum of an undo entry hold for the generation of the first log? */
static bool counts(struct obj_ulog_walk *w, const struct obj_ulog_entry *e, enum obj_ulog_stop *why)
{
	uint8_t gen[8];
	uint64_t sum;

	*why = OBJ_ULOG_STALE;
	if (e->len == 0 || e->at > w->image->size || e->len > w->image->size - e->at ||
	    e->data_len > w->image->size) {
		*why = OBJ_ULOG_BAD_SIZE;
		return false;
	}
	if (!obj_ulog_spend(w->chain.budget, e->len)) {
		*why = OBJ_ULOG_LIMIT;
		return false;
	}
	if (!obj_ulog_entry_sum(w->image, e, &sum)) {
		*why = OBJ_ULOG_LOST;
		return false;
	}
	if (w->major >= 6) {
		span_put_le(gen, 8, w->gen);
		sum = checksum_fletcher64_more(sum, (struct span){ gen, NULL, 0, 8 });
	}
	return sum == e->checksum;
}

bool obj_ulog_walk_next(struct obj_ulog_walk *w, struct obj_ulog_entry *out)
{
	enum obj_ulog_stop why;
	struct obj_ulog_ext ext;

	if (w->stop != OBJ_ULOG_GOING)
		return false;
	while (w->off >= w->capacity) {
		if (!obj_ulog_chain_next(&w->chain, &ext))
			return walk_stop(w, w->chain.stop, w->chain.next);
		w->data_at = ext.at + OBJ_ULOG_HDR_LEN;
		w->capacity = ext.hdr.capacity;
		w->off = 0;
		w->ulog++;
	}
	uint64_t at = w->data_at + w->off;
	if (!obj_ulog_entry_read(w->image, at, out))
		return walk_stop(w, at > w->image->size || w->image->size - at < OBJ_ULOG_VAL_LEN ? OBJ_ULOG_BAD_SIZE
											       : OBJ_ULOG_LOST, at);
	if (out->len == 0 && out->op == 0 && out->target == 0)
		return walk_stop(w, OBJ_ULOG_END, at);
	out->ulog = w->ulog;
	if (out->op == OBJ_ULOG_BUF_CPY || out->op == OBJ_ULOG_BUF_SET) {
		if (!counts(w, out, &why))
			return walk_stop(w, why, at);
	} else if (out->op > OBJ_ULOG_OR) {
		return walk_stop(w, OBJ_ULOG_BAD_OP, at);
	} else if (!obj_ulog_spend(w->chain.budget, out->len)) {
		return walk_stop(w, OBJ_ULOG_LIMIT, at);
	}
	w->off += out->len;
	w->entries++;
	if (w->ulog == 0)
		w->base_bytes += out->len;
	return true;
}

bool obj_ulog_later(const struct obj_ulog_walk *ended, struct obj_ulog_entry *out)
{
	struct obj_ulog_walk w = *ended;
	struct obj_ulog_ext ext;
	enum obj_ulog_stop why;

	if (w.major < 6 || w.stop == OBJ_ULOG_GOING || w.stop == OBJ_ULOG_LIMIT)
		return false;
	for (w.off += OBJ_ULOG_ALIGN;; w.off += OBJ_ULOG_ALIGN) {
		while (w.off >= w.capacity) {
			if (!obj_ulog_chain_next(&w.chain, &ext))
				return false;
			w.data_at = ext.at + OBJ_ULOG_HDR_LEN;
			w.capacity = ext.hdr.capacity;
			w.off = 0;
			w.ulog++;
		}
		if (!obj_ulog_spend(w.chain.budget, OBJ_ULOG_ALIGN) || w.data_at + w.off < w.data_at)
			return false;
		if (!obj_ulog_entry_read(w.image, w.data_at + w.off, out) || out->op != OBJ_ULOG_BUF_CPY || out->data_len == 0 ||
		    out->len > w.capacity - w.off || !counts(&w, out, &why))
			continue;
		out->ulog = w.ulog;
		return true;
	}
}

static bool redo_sum(struct image *im, uint64_t at, uint64_t nb, uint64_t *sum)
{
	uint8_t buf[4096], lost[4096];
	struct span s = { buf, lost, at, OBJ_ULOG_HDR_LEN + nb / 4 * 4 };

	if (nb > sizeof(buf) - OBJ_ULOG_HDR_LEN || !image_read(im, at, s.len, buf, lost) || span_lost(s))
		return false;
	*sum = checksum_fletcher64(s, 0, CHECKSUM_NO_SKIP);
	return true;
}

struct obj_ulog_redo obj_ulog_redo_look(struct image *im, uint32_t major, uint64_t at, const struct obj_ulog *hdr,
					uint64_t *budget)
{
	struct obj_ulog base = *hdr;
	struct obj_ulog_redo r = { 0 };
	struct obj_ulog_entry e;
	struct obj_ulog_walk w;
	uint64_t sum;

	base.next = 0;
	obj_ulog_walk_start(&w, im, major, at, &base, budget);
	while (obj_ulog_walk_next(&w, &e))
		;
	r.base_bytes = w.base_bytes < hdr->capacity ? w.base_bytes : hdr->capacity;
	r.stop = w.stop;
	r.stop_at = w.stop_at;
	r.stored = r.base_bytes && redo_sum(im, at, r.base_bytes, &sum) && sum == hdr->checksum;
	return r;
}
