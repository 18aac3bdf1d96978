#include "formats/image/bad.h"

#include "tests/formats/image/scratch.h"

TestSuite(bad, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

static void listed(const char *text)
{
	FILE *f = fopen(scratch_path("badblocks"), "w");

	cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

Test(bad, what_a_list_leaves_of_a_device)
{
	struct arena *a = arena_open(1 << 20);
	struct bad b;

	/* the region begins at 1 MiB, the device 64 KiB later: the list's first range ends before it, the last is cut */
	listed("0 8\n120 16\n136 2\n200 1\n640 4000\n9000 1\n");
	cr_assert(bad_of_device(a, scratch_path("badblocks"), 1 << 20, (1 << 20) + 65536, 0x50000, &b));
	cr_assert_eq(b.nr, 4);
	cr_assert_eq(b.total, 8 * 512 + 2 * 512 + 512 + (0x50000 - (640 * 512 - 65536)));
	cr_assert_eq(b.good_nr, 2);
	cr_assert(b.good[0].at == 10 * 512 && b.good[0].len == 62 * 512);
	cr_assert(b.good[1].at == 73 * 512 && b.good[1].at + b.good[1].len == 640 * 512 - 65536);
	listed("18446744073709551615 1\n36028797018963967 36028797018963967\n");
	cr_assert(bad_of_device(a, scratch_path("badblocks"), 0, 0, 4096, &b) && b.nr == 0, "numbers that are none");
	cr_assert(bad_of_device(a, scratch_path("missing"), 0, 0, 4096, &b) && b.nr == 0);
	arena_close(a);
}

Test(bad, a_file_on_a_sound_disk_has_none)
{
	struct arena *a = arena_open(1 << 20);
	struct stat st;
	struct bad b;

	listed("a file\n");
	int fd = open(scratch_path("badblocks"), O_RDONLY);
	cr_assert(fd >= 0 && fstat(fd, &st) == 0);
	cr_assert(bad_of_file(a, fd, &st, (uint64_t)st.st_size, &b) && b.nr == 0);
	close(fd);
	arena_close(a);
}
