/* Every layout of formats/, found by a scan of its headers: gapless, told in words, and reversible. */
#define LAYOUT_HEADERS
#include "tests/laws/layouts.inc"
#undef LAYOUT_HEADERS

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct layout *const all[] = {
#define LAYOUT_OF(name) &name,
#include "tests/laws/layouts.inc"
};
enum { NR = sizeof(all) / sizeof(all[0]) };

static bool is_number(const struct field *f)
{
	return f->rep != REP_RAW;
}

static void row_is_sound(const struct layout *l, const struct field *f, uint32_t off)
{
	cr_expect_eq(f->off, off, "%s.%s begins at %u, the row before ends at %u", l->name, f->name, f->off, off);
	cr_expect(f->width > 0, "%s.%s has no bytes", l->name, f->name);
	cr_expect(!is_number(f) || f->width == 1 || f->width == 2 || f->width == 4 || f->width == 8,
		  "%s.%s is a number of %u bytes", l->name, f->name, f->width);
	cr_expect(f->host <= l->host_size && f->width <= l->host_size - f->host, "%s.%s is outside its struct", l->name,
		  f->name);
	cr_expect(f->doc && *f->doc, "%s.%s is not told in words", l->name, f->name);
	cr_expect((f->kind != KIND_UUID && f->kind != KIND_UUID_BE) || f->width == 16, "%s.%s", l->name, f->name);
	for (const struct name_of *n = f->names; n && n->name; n++)
		cr_expect(f->width == 8 || n->value >> (8 * f->width) == 0, "%s.%s: %s does not fit", l->name, f->name,
			  n->name);
	for (const struct field *g = l->fields; g < f; g++)
		cr_expect_str_neq(g->name, f->name, "%s has two rows of one name", l->name);
}

Test(layouts, have_a_row_for_every_byte)
{
	cr_assert(NR > 5);
	for (size_t i = 0; i < NR; i++) {
		const struct layout *l = all[i];
		uint32_t off = 0;

		cr_expect(l->name && *l->name && l->source && *l->source);
		for (uint32_t r = 0; r < l->nr; r++) {
			row_is_sound(l, &l->fields[r], off);
			off = l->fields[r].off + l->fields[r].width;
		}
		cr_expect_eq(off, l->size, "%s: the rows end at %u, the structure at %u", l->name, off, l->size);
	}
}

Test(layouts, have_names_of_their_own)
{
	for (size_t i = 0; i < NR; i++)
		for (size_t k = 0; k < i; k++)
			cr_expect_str_neq(all[i]->name, all[k]->name);
}

/* A row for every byte also means: whatever the bytes, decoding loses none of them. */
Test(layouts, decode_and_encode_give_the_same_bytes)
{
	uint64_t state = 88172645463325252u;

	for (size_t i = 0; i < NR; i++) {
		const struct layout *l = all[i];
		uint8_t *bytes = malloc(l->size), *back = malloc(l->size), *lost = calloc(1, l->size);
		void *host = calloc(1, l->host_size);

		for (uint32_t b = 0; b < l->size; b++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			bytes[b] = (uint8_t)state;
		}
		memset(back, 0, l->size);
		cr_assert(layout_decode(l, (struct span){ bytes, NULL, 0, l->size }, 0, host));
		layout_encode(l, host, back);
		cr_expect_arr_eq(bytes, back, l->size, "%s", l->name);
		cr_expect_not(layout_decode(l, (struct span){ bytes, NULL, 0, l->size - 1 }, 0, host), "%s", l->name);
		lost[l->size - 1] = 1;
		cr_expect_not(layout_decode(l, (struct span){ bytes, lost, 0, l->size }, 0, host), "%s", l->name);
		free(bytes);
		free(back);
		free(lost);
		free(host);
	}
}
