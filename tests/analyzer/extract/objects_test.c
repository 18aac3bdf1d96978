/* Objects taken out of a real pool, against the pool's own bytes and the library's list. */
#include "analyzer/extract/objects.h"
#include "tests/formats/obj/lab.h"

struct sink {
	char *bytes, *index;
	size_t len, index_len;
	FILE *out, *table;
};

static bool put(void *ctx, uint64_t at, const void *bytes, size_t len)
{
	struct sink *s = ctx;

	cr_assert_eq((uint64_t)ftell(s->out), at);
	return fwrite(bytes, 1, len, s->out) == len;
}

static bool line(void *ctx, const char *text)
{
	return fputs(text, ((struct sink *)ctx)->table) >= 0;
}

static struct model model_of(struct lab *l)
{
	return (struct model){ .arena = l->arena, .root = l->root, .format = "pmemobj", .logical = l->image,
			       .obj = l->pool };
}

Test(extract_objects, all_with_an_index)
{
	struct lab l = lab_make("obj_mixed", "");
	struct model m = model_of(&l);
	struct sink s = { 0 };
	struct extract_lost lost = { 0 };
	struct extract_sums sums = { 0 };
	struct problem p = { STATUS_OK, "" };
	uint64_t len, seen = 0, user = 0;

	s.out = open_memstream(&s.bytes, &s.len);
	s.table = open_memstream(&s.index, &s.index_len);
	struct extract_writer w = { .bytes = put, .ctx = &s };
	cr_assert_eq(extract_objects(&m, &w, &lost, &sums, line, &s, &len, &p), STATUS_OK, "%s", p.text);
	fclose(s.out);
	fclose(s.table);
	cr_assert_eq(s.len, len);
	cr_assert_eq(sums.lost, 0);
	for (char *at = strchr(s.index, '\n') + 1; *at; at = strchr(at, '\n') + 1, seen++) {
		unsigned long long to, bytes, off, type, block;
		unsigned flags;

		cr_assert_eq(sscanf(at, "%llu %llu 0x%llx %llu 0x%x %llu", &to, &bytes, &off, &type, &flags, &block), 6);
		cr_assert_eq(memcmp(s.bytes + to, l.bytes + off, bytes), 0);
		user += flags == 0;
	}
	for (const char *at = l.said; *at; at = strchr(at, '\n') + 1)
		user--;
	cr_assert_eq(user, 0);
	cr_assert_gt(seen, 40);
	free(s.bytes);
	free(s.index);
	lab_close(&l);
}

Test(extract_objects, one_by_its_name)
{
	struct lab l = lab_make("obj_mixed", "");
	struct model m = model_of(&l);
	struct extract_content c;
	unsigned long long at, len, type;
	char name[64];
	const char *why;

	cr_assert_eq(sscanf(l.said, "%llu %llu %llu", &at, &len, &type), 3);
	snprintf(name, sizeof(name), "%llu", at + len / 2);
	cr_assert(extract_object(l.arena, &m, name, &c, &why), "%s", why);
	cr_assert_eq(c.image->size, len);
	snprintf(name, sizeof(name), "%llu#0", type);
	cr_assert(extract_object(l.arena, &m, name, &c, &why), "%s", why);
	cr_assert_eq(c.image->size, len);
	cr_assert(extract_object(l.arena, &m, "root", &c, &why), "%s", why);
	cr_assert_eq(c.image->size, 400);
	static const char *const none[] = { "4096", "0x302400", "77#0", "1000#9", "rooot", "", "#", "1#", "-1" };
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_assert(!extract_object(l.arena, &m, none[i], &c, &why) && why, "%s", none[i]);
	lab_close(&l);
}
