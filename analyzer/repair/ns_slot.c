#include "analyzer/repair/ns_slot.h"

#include <assert.h>
#include <string.h>

static const struct layout *layout(const struct ns_slot *l)
{
	return label_slot_layout(l->s, l->la->label_len);
}

static struct ns_sum sum(struct ns_slot *l)
{
	return (struct ns_sum){ l->bytes, LABEL_V12_LEN, LABEL_SUM_OFF };
}

bool ns_slot_open(const struct label_area *la, const struct label_slot *s, struct ns_slot *out)
{
	uint8_t lost[LABEL_V12_LEN];

	*out = (struct ns_slot){ .la = la, .s = s };
	if (!s->read || !image_read(la->image, s->node->at, la->label_len, out->was, lost))
		return false;
	memcpy(out->bytes, out->was, sizeof(out->bytes));
	return true;
}

void ns_slot_number(struct ns_slot *l, const char *row, uint64_t v)
{
	const struct field *f = layout_field(layout(l), row);

	assert(f && f->rep == REP_LE);
	span_put_le(l->bytes + f->off, f->width, v);
}

void ns_slot_raw(struct ns_slot *l, const char *row, const uint8_t *v)
{
	const struct field *f = layout_field(layout(l), row);

	assert(f && f->rep == REP_RAW);
	memcpy(l->bytes + f->off, v, f->width);
}

bool ns_slot_copy(struct ns_slot *l, const struct label_slot *from, bool keep_sum)
{
	uint8_t lost[LABEL_V12_LEN];

	if (!image_read(from->node->image, from->node->at, l->la->label_len, l->bytes, lost))
		return false;
	ns_slot_number(l, "slot", l->s->idx);
	ns_slot_number(l, "flags", from->label.flags & ~(uint32_t)LABEL_FLAG_UPDATING);
	if (keep_sum && l->la->label_len == LABEL_V12_LEN)
		memcpy(l->bytes + LABEL_SUM_OFF, l->was + LABEL_SUM_OFF, LABEL_V12_LEN - LABEL_SUM_OFF);
	else
		ns_slot_seal(l);
	return true;
}

void ns_slot_seal(struct ns_slot *l)
{
	if (l->la->label_len == LABEL_V12_LEN)
		ns_sum_seal(sum(l));
}

bool ns_slot_sealed(const struct ns_slot *l)
{
	struct ns_slot copy = *l;

	return l->la->label_len != LABEL_V12_LEN || ns_sum_holds(sum(&copy));
}

/* What no writer fills stays as it was or becomes zero; behind the end of a text there is nothing. */
static bool unused_kept(const struct ns_slot *l, const uint8_t *bytes)
{
	const struct layout *rows = layout(l);

	for (uint32_t i = 0; i < rows->nr; i++) {
		const struct field *f = &rows->fields[i];
		const uint8_t *p = bytes + f->off, *end = f->kind == KIND_TEXT ? memchr(p, 0, f->width) : NULL;

		if (end && !span_zero_bytes(end, (size_t)(p + f->width - end)))
			return false;
		for (uint32_t k = 0; strncmp(f->name, "reserved", 8) == 0 && k < f->width; k++)
			if (p[k] && p[k] != l->was[f->off + k])
				return false;
	}
	return true;
}

static bool fits(const void *ctx, const uint8_t *bytes)
{
	const struct ns_slot *l = ctx;
	struct label_slot c;
	uint64_t end;

	label_slot_take(bytes, l->la->label_len, l->s->idx, &c);
	return c.kind == l->s->kind && label_slot_holds(&c, l->la->label_len) && c.label.rawsize && c.label.dpa % 4096 == 0 &&
	       c.label.rawsize % 4096 == 0 && !__builtin_add_overflow(c.label.dpa, c.label.rawsize, &end) &&
	       (l->la->at == 0 || end <= l->la->at) && (c.kind != LABEL_NVDIMM || (c.label.isetcookie && c.label.lbasize <= 8192)) &&
	       unused_kept(l, bytes);
}

bool ns_slot_fits(const struct ns_slot *l)
{
	return fits(l, l->bytes);
}

bool ns_slot_word(struct ns_slot *l, uint32_t *at)
{
	return l->la->label_len == LABEL_V12_LEN && ns_sum_word(sum(l), fits, l, at);
}

struct step *ns_slot_put(const struct ns_slot *l, const struct finding *f, enum remedy_class class, const char *says, const char *why,
			 struct plan *plan)
{
	uint64_t at = l->s->node->at;
	struct step *s = plan_edited(plan, f, l->la->image, at, l->la->label_len) ? NULL : plan_step(plan, f, class, says);

	if (s)
		plan_put_rows(plan, s, l->la->image, at, layout(l), l->bytes, why);
	return s;
}
