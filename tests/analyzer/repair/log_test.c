/* Real logs of libpmemlog, their three words damaged: mended, and read to the end by pmempool dump. */
#include "tests/analyzer/repair/lab.h"

static struct lab *log_open(void)
{
	struct lab *l = lab_open("log");

	cr_assert_eq(lab_shell(l, "pmempool create -s 4M log log && \"$PEERS/log_use\" close log && pmempool dump log >before"), 0);
	return l;
}

static void mends(uint64_t at, enum remedy_class most)
{
	static const uint8_t noise[8] = { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5 };
	struct lab *l = log_open();
	const char *first;

	lab_write(l, "log", noise, sizeof(noise), at);
	cr_assert_neq(lab_shell(l, "pmempool dump log >/dev/null 2>&1"), 0, "the peer does not mind");
	lab_plan(l, most);
	cr_assert_eq(lab_left(l, &first), 0, "0x%x: %s is left", (unsigned)at, first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "pmempool dump log >after && cmp before after"), 0, "0x%x: not the same log", (unsigned)at);
	lab_close(l);
}

Test(log, its_words_come_back)
{
	mends(0x1000, REPAIR_SAFE);
	mends(0x1008, REPAIR_SAFE);
	mends(0x1010, REPAIR_ASK); /* the log ends in a byte that is not zero */
}

/* The word itself and the size of the last open, both alike: no pool is that long. */
Test(log, an_end_that_no_pool_has)
{
	static const uint8_t ones[4096] = { [0 ... 4095] = 0xff };
	struct lab *l = log_open();
	const char *first;

	lab_write(l, "log", ones, sizeof(ones), 0x1000);
	lab_plan(l, REPAIR_ASK);
	cr_assert_eq(lab_left(l, &first), 0, "%s is left", first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "pmempool dump log >after && cmp before after"), 0, "not the same log");
	lab_close(l);
}
