#include "formats/image/mapfile.h"

#include "tests/formats/image/scratch.h"


static struct problem pr;

static void setup(void)
{
	pr = (struct problem){ STATUS_OK, "" };
	scratch_make();
}

TestSuite(mapfile, .init = setup, .fini = scratch_remove, .timeout = 120);

static bool parse(const char *text, uint64_t size, struct arena *a, struct mapfile *m)
{
	pr = (struct problem){ STATUS_OK, "" };
	return mapfile_parse(a, "F.map", text, strlen(text), size, m, &pr);
}

Test(mapfile, what_is_not_called_read_was_not)
{
	struct arena *a = arena_open(1 << 20);
	struct mapfile m;

	cr_assert(parse("# Mapfile. Created by GNU ddrescue version 1.27\n0x00 + 1\n"
			"0x00000000  0x1000  +\n0x1000 4096 -\n8192 0x1000 +\n0x3000  010000  +\r\n0x5000 0x1000 *\n"
			"0x6000 0x1000 /\n0x7000 0x1000 ?\n# behind a gap\n0x9000 0xffffffffff +\n",
			0xa000, a, &m));
	cr_assert_eq(m.nr, 3);
	cr_assert(m.runs[0].at == 0 && m.runs[0].len == 0x1000);
	cr_assert(m.runs[1].at == 0x2000 && m.runs[1].len == 0x2000, "two that touch are one");
	cr_assert(m.runs[2].at == 0x9000 && m.runs[2].len == 0x1000, "clipped to the file");
	cr_assert_eq(m.lost, 0xa000 - 0x4000);
	cr_assert(m.unnamed == 0x2000 && m.untried == 0x1000 && m.undone == 0x2000);
	cr_assert(m.failed_nr == 2 && m.failed[0].at == 0x1000 && m.failed[0].len == 0x1000);
	cr_assert(m.failed[1].at == 0x5000 && m.failed[1].len == 0x2000);
	arena_close(a);
}

Test(mapfile, is_known_without_the_line_that_says_so)
{
	static const struct { const char *text; bool is; } all[] = {
		{ "# Mapfile. Created by GNU ddrescue version 1.27\n", true }, { "0x0 + 1\n0x0 0x1000 +\n", true },
		{ "# a comment\n\n0x0\t0x1000  -\n", true }, { "", false }, { "# a comment\n", false },
		{ "PMEMPOOLSET\n1G /a\n", false }, { "1000 2000 3000\n", false }, { "0x0 x\n", false },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		cr_assert_eq(mapfile_probe(all[i].text, strlen(all[i].text)), all[i].is, "%s", all[i].text);
}

Test(mapfile, what_is_none_is_refused_with_its_line)
{
	static const struct { const char *text, *says; } all[] = {
		{ "", "no status line" },
		{ "# GNU ddrescue\n", "no status line" },
		{ "0x0 + 1\n0x0 0x10\n", "line 2" },
		{ "0x0 + 1\n\n0x0 0x10 x\n", "line 3" },
		{ "0x0 + 1\n0x10 0x10 +\n0x18 0x10 +\n", "before the end of the one before" },
		{ "0x0 + 1\n0xffffffffffffffff 0x10 +\n", "behind 2^64" },
		{ "0x0 + 1\n0x1ffffffffffffffff 0x10 +\n", "line 2" },
		{ "0x0 + 1\n-1 0x10 +\n", "line 2" },
	};
	struct arena *a = arena_open(1 << 20);
	struct mapfile m;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		cr_assert_not(parse(all[i].text, 4096, a, &m), "%s", all[i].text);
		cr_assert(pr.status == STATUS_UNSUPPORTED && strstr(pr.text, all[i].says), "%s", pr.text);
	}
	arena_close(a);
}

/*
 * ddrescue itself copies a file of which it may read only parts: its own domain map says which, so that
 * the rest stays not tried, as on a disk that fails.
 */
static void rescue(const char *from, const char *to)
{
	scratch_sh("printf '0x0 + 1\\n0x0 0x100000 +\\n0x100000 0x3000 -\\n0x103000 0x80000 +\\n' > domain && "
		   "ddrescue -q --domain-mapfile=domain %s %s %s.map && test -s %s.map", from, to, to, to);
}

Test(mapfile, a_real_one_beside_the_file_makes_ranges_lost)
{
	uint8_t buf[0x4000], lost[0x4000];

	scratch_sh("head -c 2M /dev/urandom > disk");
	rescue("disk", "copy");
	scratch_sh("truncate -s 2M copy");
	struct intake in = scratch_intake();
	cr_assert_eq(intake_open(&in, scratch_path("copy"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	struct image *im = in.first->image;
	cr_assert(image_read(im, 0x100000 - 0x800, sizeof(buf), buf, lost));
	cr_assert(lost[0x7ff] == 0 && lost[0x800] == 1 && lost[0x37ff] == 1 && lost[0x3800] == 0);
	struct extent e = image_extent(im, 0x101000);
	cr_assert(e.kind == EXTENT_LOST && e.len == 0x2000);
	const struct source *src = in.first->source, *map = in.sources.last;
	cr_assert(src->unread.nr == 2 && src->unread.first->at == 0x100000 && src->unread.first->len == 0x3000);
	cr_assert_eq(src->unread.total, 0x3000 + 0x200000 - 0x183000);
	cr_assert_str_eq(map->role, "mapfile");
	cr_assert_str_eq(map->found, "beside the file");
	cr_assert_not_null(strstr(map->note, "were never read"));
	scratch_close(&in);
}

Test(mapfile, a_given_one_is_used_for_the_file_and_must_be_one)
{
	scratch_sh("head -c 2M /dev/urandom > disk");
	rescue("disk", "copy");
	scratch_sh("truncate -s 2M copy; mkdir other; mv copy.map other/m; echo no > no");
	struct intake in = scratch_intake();
	in.options.mapfile = scratch_path("other/m");
	cr_assert_eq(intake_open(&in, scratch_path("copy"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	cr_assert_eq(in.first->source->unread.nr, 2);
	scratch_close(&in);

	in = scratch_intake();
	in.options.mapfile = scratch_path("no");
	cr_assert_eq(intake_open(&in, scratch_path("copy"), "pool", "given", &pr), STATUS_UNSUPPORTED);
	cr_assert_not_null(strstr(pr.text, "is it a ddrescue mapfile?"));
	scratch_close(&in);

	pr = (struct problem){ STATUS_OK, "" };
	in = scratch_intake();
	in.options.mapfile = scratch_path("other/m");
	cr_assert_eq(intake_open(&in, scratch, "pool", "given", &pr), STATUS_USAGE);
	scratch_close(&in);
}

Test(mapfile, in_a_directory_it_is_no_evidence_of_its_own)
{
	scratch_sh("mkdir s && head -c 2M /dev/urandom > disk");
	rescue("disk", "s/copy");
	scratch_sh("echo not a mapfile > s/x.map; echo x > s/x");
	struct intake in = scratch_intake();
	cr_assert_eq(intake_open(&in, scratch_path("s"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	cr_assert_eq(in.nr, 3, "copy, x and x.map");
	cr_assert(scratch_item(&in, "copy")->source->unread.total > 0);
	scratch_close(&in);
}

Test(mapfile, of_a_compressed_copy_it_ends_the_stream)
{
	scratch_sh("head -c 3M /dev/urandom | gzip -1 > disk");
	rescue("disk", "copy");
	scratch_sh("truncate -s $(stat -c %%s disk) copy");
	struct intake in = scratch_intake();
	cr_assert_eq(intake_open(&in, scratch_path("copy"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	const struct source *src = in.first->source;
	cr_assert(src->size > 900000 && src->size < 1048576);
	cr_assert_not_null(strstr(src->note, "stored byte 1048576 of the gzip stream cannot be read"), "%s", src->note);
	cr_assert(src->unread.nr == 0 && src->stored_unread.nr == 2 && !src->stored_hashed);
	scratch_close(&in);
}
