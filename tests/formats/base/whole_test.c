#include "formats/base/whole.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Test(whole, what_was_written_is_read_and_the_end_of_the_file_is_told_apart)
{
	FILE *f = tmpfile();
	char buf[8] = "";

	cr_assert_not_null(f);
	cr_assert(whole_write(fileno(f), "abcdef", 6, 10));
	cr_assert(whole_read(fileno(f), buf, 6, 10));
	cr_expect_arr_eq(buf, "abcdef", 6);
	errno = EBADF;
	cr_expect_not(whole_read(fileno(f), buf, 8, 14));
	cr_expect_eq(errno, 0);
	cr_expect_arr_eq(buf, "ef", 2);
	fclose(f);
	cr_expect_not(whole_read(-1, buf, 1, 0));
	cr_expect_eq(errno, EBADF);
	cr_expect_not(whole_write(-1, buf, 1, 0));
	cr_expect_eq(errno, EBADF);
}
