/*
 * obj_graph POOL [DAMAGE]: from the root a list of 1000 objects of type 1, each with a text of type 2; ten
 * objects of type 3 that nothing refers to, one of them to itself; and a huge object that refers to a text
 * at its very end. DAMAGE: freed, inside, nowhere: what pointer the first object of the list gets besides.
 */
#include <libpmemobj.h>

#include <stdio.h>
#include <string.h>

enum { NODES = 1000, LOST = 10, HUGE_LEN = 3 << 20 };

struct node {
	PMEMoid next, text, odd;
	char room[40];
};
struct root {
	PMEMoid first, huge;
};

static void *made(PMEMobjpool *pop, PMEMoid *oid, size_t len, uint64_t type)
{
	return pmemobj_zalloc(pop, oid, len, type) ? NULL : pmemobj_direct(*oid);
}

int main(int argc, char **argv)
{
	PMEMobjpool *pop = argc < 2 ? NULL : pmemobj_create(argv[1], "graph", 32 << 20, 0600);
	const char *damage = argc > 2 ? argv[2] : "";
	PMEMoid lost, gone;

	if (pop == NULL)
		return 1;
	PMEMoid top = pmemobj_root(pop, sizeof(struct root));
	struct root *root = pmemobj_direct(top);
	for (int i = 0; i < NODES; i++) {
		PMEMoid oid;
		struct node *n = made(pop, &oid, sizeof(*n), 1);

		if (n == NULL || made(pop, &n->text, 100 + (size_t)i, 2) == NULL)
			return 1;
		n->next = root->first;
		root->first = oid;
	}
	for (int i = 0; i < LOST; i++) {
		PMEMoid *self = made(pop, &lost, 200, 3);

		if (self == NULL)
			return 1;
		if (i == 0)
			*self = lost;
	}
	char *huge = made(pop, &root->huge, HUGE_LEN, 4);
	size_t usable = pmemobj_alloc_usable_size(root->huge);
	if (huge == NULL || made(pop, (PMEMoid *)(huge + usable - sizeof(PMEMoid)), 64, 2) == NULL ||
	    made(pop, &gone, 300, 5) == NULL)
		return 1;
	struct node *first = pmemobj_direct(root->first);
	if (strcmp(damage, "freed") == 0)
		first->odd = gone;
	if (strcmp(damage, "inside") == 0)
		first->odd = (PMEMoid){ top.pool_uuid_lo, first->text.off + 8 };
	if (strcmp(damage, "nowhere") == 0)
		first->odd = (PMEMoid){ top.pool_uuid_lo, 0x2000 };
	pmemobj_free(&gone);
	pmemobj_persist(pop, first, sizeof(*first));
	pmemobj_close(pop);
	return 0;
}
