#include "formats/pool/poolset.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define H "PMEMPOOLSET\n"

static struct arena *arena;

static void up(void)
{
	arena = arena_open((size_t)256 << 20);
}

static void down(void)
{
	arena_close(arena);
}

static struct poolset *parse_bytes(const char *text, size_t len)
{
	return poolset_parse(arena, (struct span){ (const uint8_t *)text, NULL, 0, len });
}

static struct poolset *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

/* What PMDK would have stopped at: the fault with the lowest line number. */
static enum poolset_fault first_fault(const struct poolset *s, uint32_t *number)
{
	for (const struct poolset_line *l = s->lines; l; l = l->next)
		if (l->fault != POOLSET_OK && (s->whole_number == 0 || l->number < s->whole_number)) {
			*number = l->number;
			return l->fault;
		}
	*number = s->whole_number;
	return s->whole;
}

/*
 * Each text was given to pmempool_check_init of PMDK 1.12.1; reason and line are what it said.
 * SIZE_RANGE, NOHDRS and BOTH_OPTIONS pass its parser and fail later.
 */
static const struct {
	const char *text;
	enum poolset_fault fault;
	uint32_t line;
} stock[] = {
	{ H "AUTO x\n", POOLSET_PATH, 2 },
	{ H "auto /p/x\n", POOLSET_SIZE, 2 },
	{ H "  \n", POOLSET_TOKEN, 2 },
	{ H " # c\n2M /p/x\n", POOLSET_TOKEN, 2 },
	{ H "2M /p/x\n\r", POOLSET_TOKEN, 3 },
	{ H "2M /p/x\r", POOLSET_OK, 0 },
	{ H "2M /p/x\r\r\n", POOLSET_OK, 0 },
	{ "PMEMPOOLSET\r\n\r\n# a\r\n2M /p/x\r\nOPTION SINGLEHDR\r\n", POOLSET_OK, 0 },
	{ H "2M /p/x\n2M /p/x\n", POOLSET_OK, 0 },
	{ H "2M /p/x#y\n", POOLSET_OK, 0 },
	{ H "2M#a /p/x\n", POOLSET_TOKEN, 2 },
	{ H " \t 2M\t \t/p/x \t\n", POOLSET_OK, 0 },
	{ "PMEMPOOLSET \n2M /p/x\n", POOLSET_SIGNATURE, 1 },
	{ "PMEMPOOLSET\r", POOLSET_SIGNATURE, 1 },
	{ "PMEMPOOLSET\r\n", POOLSET_NO_PARTS, 2 },
	{ "PMEMPOOLSET", POOLSET_SIGNATURE, 1 },
	{ "PMEMPOOLSETX\n", POOLSET_SIGNATURE, 1 },
	{ H "2M /p/x", POOLSET_OK, 0 },
	{ H "", POOLSET_NO_PARTS, 2 },
	{ H "2M /p/x\nREPLICA", POOLSET_REPLICA_EMPTY, 4 },
	{ H "2M\n", POOLSET_TOKEN, 2 },
	{ H "2M /p/x\nOPTION\n", POOLSET_OPTION_MISSING, 3 },
	{ H " OPTION SINGLEHDR\n", POOLSET_PATH, 2 },
	{ "PMEMPOOLSET\r\n2M /p/x\r\nREPLICA\r\n2M /p/y\r\n", POOLSET_OK, 0 },
	{ H "OPTION FOO\n", POOLSET_OPTION_UNKNOWN, 2 },
	{ H "OPTIONSINGLEHDR\n2M /p/x\n", POOLSET_OK, 0 },
	{ H "OPTIONFOO\n", POOLSET_OPTION_UNKNOWN, 2 },
	{ H "OPTION SINGLEHDR#NOHDRS\n2M /p/x\n", POOLSET_OK, 0 },
	{ H "OPTION#SINGLEHDR\n", POOLSET_OPTION_MISSING, 2 },
	{ H "OPTION singlehdr\n", POOLSET_OPTION_UNKNOWN, 2 },
	{ H "OPTION NOHDRS\n2M /p/x\n", POOLSET_NOHDRS, 0 },
	{ H "OPTION SINGLEHDR FOO\n", POOLSET_OPTION_UNKNOWN, 2 },
	{ H "OPTION\tSINGLEHDR\t \n2M /p/x\n", POOLSET_OK, 0 },
	{ H "OPTION SINGLEHDR NOHDRS\n2M /p/x\n", POOLSET_BOTH_OPTIONS, 0 },
	{ H "2M x\n", POOLSET_PATH, 2 },
	{ H "2Q x\n", POOLSET_PATH, 2 },
	{ H "2M /p/x\nREPLICA h d\n2Q /p/y\n", POOLSET_REMOTE_PARTS, 4 },
	{ H "REPLICA h d\nREPLICA\n2M /p/y\n", POOLSET_REPLICA_EMPTY, 3 },
	{ H "2M /p/x\nREPLICA h d\n", POOLSET_OK, 0 },
	{ H "REPLICA h d\n", POOLSET_REPLICA_EMPTY, 3 },
	{ H "2M /p/x\nREPLICA h d\n2M /p/y\n", POOLSET_REMOTE_PARTS, 4 },
	{ H "2M /p/x\nREPLICA h d\nREPLICA\n2M /p/y\n", POOLSET_OK, 0 },
	{ H "2M /p/x\nREPLICA h /d\n", POOLSET_DESCRIPTOR, 3 },
	{ H "REPLICA h /d\n", POOLSET_DESCRIPTOR, 2 },
	{ H "REPLICA h\n", POOLSET_REMOTE_ADDRESS, 2 },
	{ H "2M /p/x\nREPLICA \n2M /p/y\n", POOLSET_REMOTE_ADDRESS, 3 },
	{ H "2M /p/x\nREPLICA # c\n", POOLSET_REMOTE_ADDRESS, 3 },
	{ H "2M /p/x\nREPLICA\n", POOLSET_REPLICA_EMPTY, 4 },
	{ H "REPLICA\n2M /p/x\n", POOLSET_NO_PARTS, 2 },
	{ H "2M /p/x\nREPLICA# c\n2M /p/y\n", POOLSET_OK, 0 },
	{ H "2M /p/x\nREPLICA host\n", POOLSET_REMOTE_ADDRESS, 3 },
	{ H "2M /p/x\n REPLICA\n2M /p/y\n", POOLSET_TOKEN, 3 },
	{ H "2M /p/x\n REPLICA h d\n", POOLSET_TOKEN, 3 },
	{ H "2M /p/x\nREPLICA\th\td\n", POOLSET_OK, 0 },
	{ H "2M /p/x\nREPLICA h a b\n", POOLSET_TOKEN, 3 },
	{ H "2M /p/x\nREPLICA h /a b\n", POOLSET_TOKEN, 3 },
	{ H "2M /p/x\nREPLICA\nREPLICA\n2M /p/y\n", POOLSET_REPLICA_EMPTY, 4 },
	{ H "2M /p/x\nREPLICA\vh d\n", POOLSET_REPLICA_WORD, 3 },
	{ H "2M /p/x\nREPLICAX\n", POOLSET_REPLICA_WORD, 3 },
	{ H "REPLICAX\n", POOLSET_REPLICA_WORD, 2 },
	{ H "0 /p/x\n", POOLSET_SIZE, 2 },
	{ H "10X /p/x\n", POOLSET_SIZE, 2 },
	{ H "123456789012345678901 /p/x\n", POOLSET_SIZE_RANGE, 2 },
	{ H "123456789012345678901M /p/x\n", POOLSET_SIZE_RANGE, 2 },
	{ H "9223372036854775808 /p/x\n", POOLSET_SIZE_RANGE, 2 },
	{ H "2097152B /p/x\n", POOLSET_OK, 0 },
	{ H "1E /p/x\n", POOLSET_SIZE, 2 },
	{ H "10KB /p/x\n", POOLSET_SIZE, 2 },
	{ H "2048KiB /p/x\n", POOLSET_OK, 0 },
	{ H "2MiBx /p/x\n", POOLSET_SIZE, 2 },
	{ H "1PB /p/x\n", POOLSET_OK, 0 },
	{ H "10.5M /p/x\n", POOLSET_SIZE, 2 },
	{ H "\f2M /p/x\n", POOLSET_OK, 0 },
	{ H "0xA00000 /p/x\n", POOLSET_SIZE, 2 },
	{ H "10240k /p/x\n", POOLSET_SIZE, 2 },
	{ H "4000kB /p/x\n", POOLSET_OK, 0 },
	{ H "1Kaaaaaaaaaaaaaaaa /p/x\n", POOLSET_SIZE, 2 },
	{ H "10m /p/x\n", POOLSET_SIZE, 2 },
	{ H "-10M /p/x\n", POOLSET_SIZE_RANGE, 2 },
	{ H "-0 /p/x\n", POOLSET_SIZE, 2 },
	{ H "02M /p/x\n", POOLSET_OK, 0 },
	{ H "- /p/x\n", POOLSET_SIZE, 2 },
	{ H "+2M /p/x\n", POOLSET_OK, 0 },
	{ H "--2M /p/x\n", POOLSET_SIZE, 2 },
	{ H "2\vM /p/x\n", POOLSET_OK, 0 },
	{ H "2M\v /p/x\n", POOLSET_OK, 0 },
	{ H "2M\vq /p/x\n", POOLSET_OK, 0 },
	{ H "16384P /p/x\n", POOLSET_SIZE, 2 },
	{ H "16385P /p/x\n", POOLSET_OK, 0 },
	{ H "\t\n", POOLSET_TOKEN, 2 },
	{ H "2M /p/x y\n", POOLSET_TOKEN, 2 },
	{ H "foo bar\n", POOLSET_PATH, 2 },
	{ H "foo /bar\n", POOLSET_SIZE, 2 },
};

TestSuite(poolset, .init = up, .fini = down);

Test(poolset, says_what_stock_says)
{
	for (size_t i = 0; i < sizeof(stock) / sizeof(stock[0]); i++) {
		struct poolset *s = parse(stock[i].text);
		uint32_t line = 0;

		cr_assert_not_null(s);
		enum poolset_fault f = first_fault(s, &line);
		cr_expect_eq(f, stock[i].fault, "%s: got '%s'", stock[i].text,
			     poolset_fault_text(f));
		cr_expect_eq(line, stock[i].line, "%s: line %u", stock[i].text, line);
		cr_expect_eq(s->faults == 0, stock[i].fault == POOLSET_OK, "%s", stock[i].text);
	}
}

Test(poolset, keeps_replicas_parts_and_places)
{
	struct poolset *s = parse(H "# master\n10M   /mnt/a/r0p0\n9000000B /mnt/a/r0p1   # odd\n"
				    "8M\t/mnt/a/r0p2\n\nREPLICA\n12M /mnt/b/r1p0\nOPTION SINGLEHDR\n"
				    "AUTO /dev/dax0.0\nREPLICA me@host rel.set");

	cr_assert_eq(s->faults, 0);
	cr_assert_eq(s->replicas_nr, 3);
	cr_assert(s->singlehdr && !s->nohdrs);
	struct poolset_replica *r = s->replicas;
	cr_assert_eq(r->nr, 3);
	cr_assert_null(r->line);
	cr_assert_eq(r->parts[0]->size, 10u << 20);
	cr_assert_eq(r->parts[1]->size, 9000000u);
	cr_assert_str_eq(r->parts[1]->path, "/mnt/a/r0p1");
	cr_assert_str_eq(r->parts[2]->path, "/mnt/a/r0p2");
	cr_assert_eq(r->parts[0]->number, 3);
	cr_assert_eq(r->parts[0]->at, 21);
	cr_assert_eq(r->parts[0]->len, strlen("10M   /mnt/a/r0p0"));
	r = r->next;
	cr_assert_eq(r->nr, 2);
	cr_assert_eq(r->line->number, 7);
	cr_assert(r->parts[1]->is_auto);
	cr_assert_eq(r->parts[1]->size, 0);
	r = r->next;
	cr_assert(r->remote);
	cr_assert_str_eq(r->node, "me@host");
	cr_assert_str_eq(r->descriptor, "rel.set");
	cr_assert_eq(r->nr, 0);
}

Test(poolset, sizes_are_those_of_the_units)
{
	static const struct {
		const char *text;
		uint64_t size;
	} sizes[] = {
		{ H "3 /x", 3 },
		{ H "3B /x", 3 },
		{ H "3K /x", 3072 },
		{ H "3KiB /x", 3072 },
		{ H "3kB /x", 3000 },
		{ H "3MB /x", 3000000 },
		{ H "3MiB /x", 3u << 20 },
		{ H "3GB /x", 3000000000u },
		{ H "3G /x", UINT64_C(3) << 30 },
		{ H "3TB /x", UINT64_C(3000000000000) },
		{ H "3T /x", UINT64_C(3) << 40 },
		{ H "3PB /x", UINT64_C(3000000000000000) },
		{ H "3PiB /x", UINT64_C(3) << 50 },
		{ H "-10M /x", UINT64_C(18446744073699065856) },
		{ H "123456789012345678901 /x", UINT64_MAX },
		{ H "16385P /x", UINT64_C(1) << 50 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		cr_expect_eq(parse(sizes[i].text)->lines->size, sizes[i].size, "%s", sizes[i].text);
}

Test(poolset, goes_on_after_faults)
{
	struct poolset *s = parse("PMEMPOOLSETX\n10Q /a\n2M b\nnonsense\nREPLICAX\nREPLICA\n4M /c\n");

	cr_assert_eq(s->whole, POOLSET_SIGNATURE);
	cr_assert_eq(s->faults, 5);
	cr_assert_eq(s->replicas_nr, 2);
	cr_assert_eq(s->replicas->nr, 2);
	cr_assert_eq(s->replicas->parts[0]->fault, POOLSET_SIZE);
	cr_assert_eq(s->replicas->parts[0]->fault_at, 13);
	cr_assert_eq(s->replicas->parts[1]->fault, POOLSET_PATH);
	cr_assert_str_eq(s->replicas->parts[1]->path, "b");
	cr_assert_eq(s->replicas->next->nr, 1);
	cr_assert_str_eq(s->replicas->next->parts[0]->path, "/c");
}

Test(poolset, nul_and_lost_bytes_are_bad_tokens_at_their_place)
{
	static const char nul[] = H "2M /a\0b\n2M /c # \0\n";
	struct poolset *s = parse_bytes(nul, sizeof(nul) - 1);

	cr_assert_eq(s->faults, 1);
	cr_assert_eq(s->lines->fault, POOLSET_TOKEN);
	cr_assert_eq(s->lines->fault_at, strlen(H "2M /a"));
	cr_assert_eq(s->replicas->nr, 1);
	cr_assert_not(s->lost);

	static const char text[] = H "2M /a\n2M /b\n";
	uint8_t lost[sizeof(text) - 1] = { 0 };
	lost[sizeof(lost) - 2] = 1;
	s = poolset_parse(arena, (struct span){ (const uint8_t *)text, lost, 0, sizeof(lost) });
	cr_assert(s->lost);
	cr_assert_eq(s->faults, 1);
	cr_assert_eq(s->replicas->nr, 1);
}

Test(poolset, survives_any_cut_and_any_byte)
{
	static const char text[] = H "10M /a/b\nREPLICA\n8M /c # d\nOPTION SINGLEHDR\nREPLICA h d\n";
	size_t len = sizeof(text) - 1;

	for (size_t n = 0; n <= len; n++) {
		char *own = malloc(n ? n : 1); /* its own block, so that a step outside is seen */
		memcpy(own, text, n);
		cr_assert_not_null(parse_bytes(own, n));
		for (size_t i = 0; i < n; i++) {
			static const char put[] = "\0\n\r #\xff";

			for (size_t k = 0; k < sizeof(put) - 1; k++) {
				own[i] = put[k];
				cr_assert_not_null(parse_bytes(own, n));
			}
			own[i] = text[i];
		}
		/* the arena keeps copies only, but lines point nowhere into own */
		free(own);
		if (n % 8 == 0) {
			arena_close(arena);
			arena = arena_open((size_t)256 << 20);
		}
	}
}

Test(poolset, long_lines_and_many_lines_are_bounded)
{
	size_t len = (size_t)4 << 20;
	char *big = malloc(len);

	memset(big, 'a', len);
	memcpy(big, H "2M /", 16);
	struct poolset *s = parse_bytes(big, len);
	cr_assert_not_null(s);
	cr_assert_eq(s->faults, 0);
	cr_assert_eq(strlen(s->replicas->parts[0]->path), len - 15);

	memcpy(big, H, 12);
	for (size_t i = 12; i + 1 < len; i += 2)
		memcpy(big + i, "x\n", 2);
	s = parse_bytes(big, len);
	cr_assert_not_null(s);
	cr_assert_geq(s->faults, POOLSET_LINES_MAX);
	cr_assert_eq(s->dropped, (len - 12) / 2 - POOLSET_LINES_MAX);
	free(big);
}

Test(poolset, is_told_by_eleven_bytes)
{
	struct span s = { (const uint8_t *)"PMEMPOOLSETX", NULL, 0, 12 };

	cr_assert(poolset_is(s));
	s.len = 10;
	cr_assert_not(poolset_is(s));
	s = (struct span){ (const uint8_t *)"pmempoolset\n", NULL, 0, 12 };
	cr_assert_not(poolset_is(s));
}
