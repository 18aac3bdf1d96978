/*
 * Fills a pmemobj pool the way an application does, and ends as told:
 *	obj_use close POOL   closed cleanly
 *	obj_use open POOL    killed while open, nothing going on
 *	obj_use tx POOL      killed inside a transaction that has changed, added and freed
 *	obj_use hold POOL    says "open", and closes it when standard input ends
 */
#include <libpmemobj.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 64, NAME_LEN = 48 };
enum { TYPE_ITEM = 7, TYPE_TEXT = 8, TYPE_LARGE = 9 };

struct item {
	PMEMoid next, text;
	uint64_t number;
};

struct root {
	PMEMoid slot[SLOTS];
	PMEMoid list;
	uint64_t counter;
	char name[NAME_LEN];
};

static int failed(const char *what)
{
	fprintf(stderr, "obj_use: %s: %s\n", what, pmemobj_errormsg());
	return 1;
}

static int text_make(PMEMobjpool *pop, void *p, void *arg)
{
	const char *s = arg;

	pmemobj_memcpy_persist(pop, p, s, strlen(s) + 1);
	return 0;
}

/* Small and large objects, some freed again, some grown; a list made in transactions. */
static int fill(PMEMobjpool *pop, struct root *root)
{
	static const size_t sizes[] = { 1, 40, 64, 100, 300, 1000, 3000, 9000, 60000, 300000 };
	char name[NAME_LEN];

	for (unsigned i = 0; i < SLOTS; i++) {
		size_t size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];

		if (size < 100000) {
			snprintf(name, sizeof(name), "object %u", i);
			if (pmemobj_alloc(pop, &root->slot[i], size + sizeof(name), TYPE_TEXT, text_make, name))
				return failed("alloc");
		} else if (i < SLOTS / 2 && pmemobj_zalloc(pop, &root->slot[i], size, TYPE_LARGE)) {
			return failed("zalloc");
		}
	}
	for (unsigned i = 0; i < SLOTS; i += 3)
		pmemobj_free(&root->slot[i]);
	if (pmemobj_realloc(pop, &root->slot[4], 2000, TYPE_TEXT))
		return failed("realloc");
	for (uint64_t n = 0; n < 20; n++) {
		TX_BEGIN(pop) {
			PMEMoid oid = pmemobj_tx_zalloc(sizeof(struct item), TYPE_ITEM);
			struct item *item = pmemobj_direct(oid);

			pmemobj_tx_add_range_direct(root, sizeof(*root));
			item->number = n;
			item->next = root->list;
			item->text = pmemobj_tx_strdup("a line", TYPE_TEXT);
			root->list = oid;
			root->counter++;
			if (n == 11)
				pmemobj_tx_abort(0);
		} TX_END
	}
	return 0;
}

static void die(void)
{
	raise(SIGKILL);
}

static void killed_in_a_transaction(PMEMobjpool *pop, struct root *root)
{
	TX_BEGIN(pop) {
		pmemobj_tx_add_range_direct(root, sizeof(*root));
		root->counter = 4711;
		snprintf(root->name, sizeof(root->name), "half written");
		pmemobj_tx_free(root->slot[7]);
		root->slot[7] = pmemobj_tx_zalloc(500, TYPE_TEXT);
		struct item *item = pmemobj_direct(root->list);
		pmemobj_tx_add_range_direct(item, sizeof(*item));
		item->number = 9999;
		pmemobj_persist(pop, root, sizeof(*root));
		pmemobj_persist(pop, item, sizeof(*item));
		die();
	} TX_END
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: obj_use close|open|tx|hold POOL\n");
		return 2;
	}
	PMEMobjpool *pop = pmemobj_open(argv[2], NULL);
	if (pop == NULL)
		return failed(argv[2]);
	PMEMoid oid = pmemobj_root(pop, sizeof(struct root));
	struct root *root = pmemobj_direct(oid);
	if (root == NULL || fill(pop, root))
		return 1;
	if (strcmp(argv[1], "tx") == 0)
		killed_in_a_transaction(pop, root);
	if (strcmp(argv[1], "open") == 0)
		die();
	if (strcmp(argv[1], "hold") == 0) {
		puts("open");
		fflush(stdout);
		while (getchar() != EOF)
			;
	}
	pmemobj_close(pop);
	return 0;
}
