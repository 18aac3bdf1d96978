#include "formats/image/dax.h"

#include "tests/formats/image/scratch.h"

TestSuite(dax, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

enum { ALIGN = 2 << 20 };

/* Any file that can be mapped will do; a device is read in tests/vm/device.sh. */
static struct image *opened(const char *name, uint64_t size, struct intake *in)
{
	struct source *src = source_add(&in->sources, in->arena, name, "pool", "given");
	int fd = open(scratch_path(name), O_RDONLY);

	cr_assert(src && fd >= 0 && source_layer(src, in->arena, "dax-device", NULL, size));
	struct image *im = dax_open(fd, size, ALIGN, src);
	cr_assert_not_null(im);
	return im;
}

Test(dax, a_mapping_is_read_like_a_file)
{
	struct intake in = scratch_intake();

	scratch_sh("head -c 70M /dev/urandom > f"); /* more than is mapped at a time */
	struct image *im = opened("f", 70 << 20, &in);
	scratch_same(im, "f");
	cr_assert_eq(in.sources.first->unread.total, 0);
	image_close(im);
	scratch_close(&in);
}

Test(dax, a_page_that_faults_is_lost_and_raises_no_signal)
{
	struct intake in = scratch_intake();
	static uint8_t buf[1 << 20], lost[1 << 20];

	scratch_sh("head -c 4M /dev/urandom > f");
	struct image *im = opened("f", 4 << 20, &in);
	cr_assert_eq(truncate(scratch_path("f"), (1 << 20) + 5000), 0);
	cr_assert(image_read(im, (1 << 20) - 1000, sizeof(buf), buf, lost));
	/* the page that the file ends in is there, with zeros behind the end */
	cr_assert(lost[1000 + 8191] == 0 && lost[1000 + 8192] == 1 && lost[sizeof(buf) - 1] == 1);
	const struct range_list *l = &in.sources.first->unread;
	cr_assert(l->nr == 1 && l->first->at == (1 << 20) + 8192 && l->total == sizeof(buf) - 1000 - 8192);
	image_close(im);
	scratch_close(&in);
}
