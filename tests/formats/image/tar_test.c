#include "formats/image/tar.h"

#include "tests/formats/image/scratch.h"

static struct problem pr;

static void setup(void)
{
	pr = (struct problem){ STATUS_OK, "" };
	scratch_make();
	/* a sparse file of 100 MB with data in the middle and at the very end, a hole alone, random bytes,
	 * a long name, a link, an empty file */
	scratch_sh("mkdir d && truncate -s 100M d/sparse && printf deep | dd of=d/sparse bs=1 seek=50000000 "
		   "conv=notrunc status=none && printf end | dd of=d/sparse bs=1 seek=104857597 conv=notrunc "
		   "status=none && truncate -s 9M d/hole && head -c 3000001 /dev/urandom > d/random && "
		   "echo long > d/$(printf 'l%%.0s' $(seq 200)) && ln d/random d/zlink && ln -s random d/soft && "
		   "touch d/empty");
}

TestSuite(tar, .init = setup, .fini = scratch_remove, .timeout = 120);

static void open_as(struct intake *in, const char *name)
{
	*in = scratch_intake();
	cr_assert_eq(intake_open(in, scratch_path(name), "part", "given", &pr), STATUS_OK, "%s", pr.text);
}

static void all_there(struct intake *in)
{
	cr_assert(in->nr == 4 && in->group, "%u items", in->nr);
	scratch_same(scratch_item(in, "random")->image, "d/random");
	scratch_same(scratch_item(in, "hole")->image, "d/hole");
	scratch_same(scratch_item(in, "sparse")->image, "d/sparse");
	for (struct item *it = in->first; it->next; it = it->next)
		cr_assert(strcmp(it->name, it->next->name) < 0, "items come in the order of their names");
}

Test(tar, every_kind_gives_the_same_files_with_their_holes)
{
	static const char *const how[] = {
		"--format=gnu", "--format=pax", "--format=gnu -S", "--format=oldgnu -S",
		"--format=pax -S --sparse-version=1.0", "--format=pax -S --sparse-version=0.1",
		"--format=pax -S --sparse-version=0.0",
	};

	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		scratch_sh("tar %s --sort=name -cf t.tar d", how[i]);
		struct intake in;

		open_as(&in, "t.tar");
		all_there(&in);
		struct image *im = scratch_item(&in, "sparse")->image;
		struct extent e = image_extent(im, 0);
		if (strstr(how[i], "-S"))
			cr_assert(e.kind == EXTENT_HOLE && e.len > 49000000 && e.len <= 50000000, "%s", how[i]);
		struct origin o = image_origin(im, 50000000);
		cr_assert(o.source == scratch_item(&in, "sparse")->source && o.at == 50000000);
		scratch_close(&in);
	}
}

Test(tar, a_compressed_one_is_read_where_it_lies)
{
	static const char *const how[] = {
		"gzip -1",
#ifdef HAVE_ZSTD
		"zstd -q",
#endif
#ifdef HAVE_LZMA
		"xz -0",
#endif
#ifdef HAVE_LZ4
		"lz4 -q",
#endif
	};

	scratch_sh("tar -S -cf t.tar d");
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++)
		for (int overlap = 0; overlap < 2; overlap++) {
			scratch_sh("%s -c < t.tar > t.x", how[i]);
			struct intake in = scratch_intake();
			in.options.overlap = overlap;
			cr_assert_eq(intake_open(&in, scratch_path("t.x"), "part", "given", &pr), STATUS_OK, "%s",
				     pr.text);
			all_there(&in);
			cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
			const struct source *archive = in.sources.first;
			cr_assert_str_eq(archive->role, "archive");
			cr_assert(archive->stored_hashed && archive->decoded_tree_hashed);
			const struct layer *l = scratch_item(&in, "random")->source->layers;
			cr_assert_str_eq(l->kind, "file");
			cr_assert(strncmp(l->next->kind, how[i], strlen(l->next->kind)) == 0);
			cr_assert_str_eq(l->next->next->kind, "tar");
			cr_assert_str_eq(l->next->next->name, "d/random");
			cr_assert(l->next->size == archive->size && l->next->next->size == 3000001);
			scratch_close(&in);
		}
}

Test(tar, what_is_compressed_or_a_tar_inside_is_peeled_too)
{
	scratch_sh("mkdir in && gzip -c d/random > in/random.gz && tar -cf in/t.tar -C d sparse random && "
		   "tar -cf o.tar in && gzip -1 o.tar");
	struct intake in;

	open_as(&in, "o.tar.gz");
	cr_assert_eq(in.nr, 3);
	scratch_same(scratch_item(&in, "random.gz")->image, "d/random");
	scratch_same(scratch_item(&in, "random")->image, "d/random");
	scratch_same(scratch_item(&in, "sparse")->image, "d/sparse");
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	cr_assert(scratch_item(&in, "random.gz")->source->decoded_tree_hashed);
	scratch_close(&in);
}

Test(tar, a_cut_one_gives_what_is_there_and_the_rest_is_lost)
{
	uint8_t buf[8], lost[8];

	scratch_sh("tar --format=gnu -cf t.tar -C d random && truncate -s 1000000 t.tar");
	struct intake in;

	open_as(&in, "t.tar");
	struct item *it = scratch_item(&in, "random");
	cr_assert_eq(it->image->size, 3000001);
	cr_assert(image_read(it->image, 1000000 - 512 - 4, 8, buf, lost));
	cr_assert(lost[3] == 0 && lost[4] == 1);
	cr_assert(it->source->unread.nr == 1 && it->source->unread.first->at == 1000000 - 512);
	cr_assert_eq(it->source->unread.total, 3000001 - (1000000 - 512));
	cr_assert_not_null(in.sources.first->note);
	cr_assert_not_null(strstr(in.sources.first->note, "ends early"));
	scratch_close(&in);
}

Test(tar, a_damaged_header_is_passed_over_and_told)
{
	scratch_sh("printf 'a%%.0s' $(seq 3000) > d/a && printf b > d/b && printf c > d/c && "
		   "tar --format=ustar -cf t.tar -C d a b c");
	scratch_put("t.tar", 512 + 3072 + 10, "XX", 2); /* b's header */
	struct intake in;

	open_as(&in, "t.tar");
	cr_assert_eq(in.nr, 2);
	scratch_same(scratch_item(&in, "a")->image, "d/a");
	scratch_same(scratch_item(&in, "c")->image, "d/c");
	cr_assert_not_null(strstr(in.sources.first->note, "damaged tar headers"));
	scratch_close(&in);
}

Test(tar, names_are_words_and_sizes_are_bounded)
{
	/* a name that would leave the directory, one huge sparse file, a link to itself */
	scratch_sh("mkdir e && cd e && printf x > ok && truncate -s 32T huge 2>/dev/null || truncate -s 8T huge; "
		   "ln -s loop loop; tar -P -S --transform 's,ok,../../../etc/passwd,' -cf ../t.tar ok huge loop");
	struct intake in = scratch_intake();
	in.options.limits.decoded = UINT64_C(1) << 42;
	cr_assert_eq(intake_open(&in, scratch_path("t.tar"), "part", "given", &pr), STATUS_OK, "%s", pr.text);
	cr_assert_eq(in.nr, 1);
	cr_assert_str_eq(in.first->name, "passwd");
	cr_assert_str_eq(in.first->path, scratch_path("t.tar"));
	cr_assert_str_eq(in.first->source->layers->next->name, "../../../etc/passwd");
	cr_assert_not_null(strstr(in.sources.first->note, "1 members of more than"));
	scratch_close(&in);
}

Test(tar, bounds_on_members_and_depth)
{
	scratch_sh("for i in 1 2 3 4 5; do echo $i > d/$i; done; tar -cf t.tar -C d 1 2 3 4 5; tar -cf u.tar t.tar; "
		   "tar -cf v.tar u.tar");
	struct intake in = scratch_intake();
	in.options.limits.members = 3;
	cr_assert_eq(intake_open(&in, scratch_path("t.tar"), "part", "given", &pr), STATUS_OK);
	cr_assert_eq(in.nr, 3);
	cr_assert_not_null(strstr(in.sources.first->note, "more than 3 members"));
	scratch_close(&in);

	in = scratch_intake();
	in.options.limits.depth = 2;
	cr_assert_eq(intake_open(&in, scratch_path("v.tar"), "part", "given", &pr), STATUS_UNSUPPORTED);
	bool told = false;
	for (const struct source *s = in.sources.first; s; s = s->next)
		told |= s->note && strstr(s->note, "more than 2 layers");
	cr_assert(told);
	scratch_close(&in);
}

Test(tar, one_without_files_is_refused)
{
	struct intake in = scratch_intake();

	scratch_sh("tar -cf t.tar -C d empty soft");
	cr_assert_eq(intake_open(&in, scratch_path("t.tar"), "part", "given", &pr), STATUS_UNSUPPORTED);
	cr_assert_not_null(strstr(pr.text, "a tar without a file"));
	scratch_close(&in);
}

Test(tar, what_is_no_tar_is_not_taken_for_one)
{
	uint8_t head[TAR_HEAD_LEN] = { 0 };

	cr_assert_not(tar_probe(head, sizeof(head)));
	memcpy(head, "PMEMOBJ", 8);
	cr_assert_not(tar_probe(head, sizeof(head)));
	memset(head, ' ', sizeof(head));
	cr_assert_not(tar_probe(head, sizeof(head)));
	cr_assert_not(tar_probe(head, 511));
}
