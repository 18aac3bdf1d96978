/*
 * obj_secret POOL WORD: WORD in user bytes of every kind: in objects small and large, in one that was freed, in the root;
 * in what a committed transaction and the one under way changed. Killed inside of that.
 */
#include <libpmemobj.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 16, LARGE = 600000, LENGTHS = 4 };

struct root {
	PMEMoid slot[SLOTS];
	char text[4096];
};

static void fill(char *to, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < len; i++)
		to[i] = word[i % n];
}

int main(int argc, char **argv)
{
	static const size_t lengths[LENGTHS] = { 40, 300, 5000, LARGE };
	PMEMobjpool *pop = argc == 3 ? pmemobj_open(argv[1], "many") : NULL;

	if (pop == NULL) {
		fprintf(stderr, "obj_secret POOL WORD: %s\n", argc == 3 ? pmemobj_errormsg() : "two words");
		return 1;
	}
	struct root *r = pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
	for (size_t i = 0; i < SLOTS; i++) {
		size_t len = lengths[i % LENGTHS];

		if (pmemobj_alloc(pop, &r->slot[i], len, 1 + i % LENGTHS, NULL, NULL) != 0)
			return 1;
		fill(pmemobj_direct(r->slot[i]), len, argv[2]);
		pmemobj_persist(pop, pmemobj_direct(r->slot[i]), len);
	}
	for (size_t i = 0; i < LENGTHS; i++)
		pmemobj_free(&r->slot[i]);
	TX_BEGIN(pop) {
		pmemobj_tx_add_range_direct(r->text, sizeof(r->text));
		fill(r->text, sizeof(r->text), argv[2]);
	} TX_END
	TX_BEGIN(pop) { /* many ranges: the log goes on in an object */
		for (size_t i = LENGTHS; i < SLOTS; i++)
			pmemobj_tx_add_range(r->slot[i], 0, 40);
		pmemobj_tx_add_range_direct(r->text, sizeof(r->text));
		memset(r->text, 'x', sizeof(r->text));
		pmemobj_persist(pop, r->text, sizeof(r->text));
		kill(getpid(), SIGKILL);
	} TX_END
	return 1;
}
