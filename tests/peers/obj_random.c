/*
 * obj_random POOL SEED OPERATIONS END: a pool with a random but legal history, made by libpmemobj: objects of
 * all sizes and of classes of their own, allocated, freed, grown and shrunk, alone and in transactions that
 * commit or abort, the root grown; closed and opened now and then. END: close, or kill (in a transaction).
 */
#include <libpmemobj.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 512, POOL_LEN = 48 << 20 };

static uint64_t state;
static PMEMobjpool *pop;
static const char *path;
static unsigned class_id[3];

struct root {
	PMEMoid slot[SLOTS];
};

static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static size_t size_of(void)
{
	switch (any(8)) {
	case 0:
		return 1 + any(1 << 20);
	case 1:
		return 1 + any(60000);
	default:
		return 1 + any(2000);
	}
}

static void classes(void)
{
	static const struct pobj_alloc_class_desc descs[3] = {
		{ .unit_size = 96, .units_per_block = 100, .header_type = POBJ_HEADER_NONE },
		{ .unit_size = 1024, .alignment = 1024, .units_per_block = 50, .header_type = POBJ_HEADER_COMPACT },
		{ .unit_size = 256, .units_per_block = 70, .header_type = POBJ_HEADER_LEGACY },
	};

	for (int i = 0; i < 3; i++) {
		struct pobj_alloc_class_desc d = descs[i];

		if (pmemobj_ctl_set(pop, "heap.alloc_class.new.desc", &d))
			exit(1);
		class_id[i] = d.class_id;
	}
}

static struct root *root(void)
{
	return pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
}

static void again(void)
{
	pmemobj_close(pop);
	pop = pmemobj_open(path, "random");
	if (pop == NULL)
		exit(1);
	classes();
}

/* What cannot be had for want of room leaves everything as it was. */
static void alone(struct root *r)
{
	PMEMoid *at = &r->slot[any(SLOTS)];
	unsigned c = (unsigned)any(6);

	if (!OID_IS_NULL(*at) && any(3) == 0)
		pmemobj_realloc(pop, at, size_of(), any(9));
	else if (!OID_IS_NULL(*at))
		pmemobj_free(at);
	else if (c < 3)
		pmemobj_xalloc(pop, at, 60, 0, POBJ_CLASS_ID(class_id[c]) | POBJ_XALLOC_ZERO, NULL, NULL);
	else
		pmemobj_zalloc(pop, at, size_of(), any(100));
}

static void together(struct root *r, int end)
{
	uint64_t n = 1 + any(8);

	TX_BEGIN(pop) {
		for (uint64_t i = 0; i < n; i++) {
			PMEMoid *at = &r->slot[any(SLOTS)];

			TX_ADD_DIRECT(at);
			if (!OID_IS_NULL(*at)) {
				pmemobj_tx_xfree(*at, POBJ_XFREE_NO_ABORT);
				*at = OID_NULL;
			} else {
				*at = pmemobj_tx_xalloc(size_of(), any(100), POBJ_XALLOC_ZERO | POBJ_XALLOC_NO_ABORT);
			}
		}
		if (end)
			_exit(0);
		if (any(4) == 0)
			pmemobj_tx_abort(1);
	} TX_END
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	path = argv[1];
	state = strtoull(argv[2], NULL, 10) * UINT64_C(0x9E3779B97F4A7C15) + 1;
	uint64_t ops = strtoull(argv[3], NULL, 10);
	pop = pmemobj_create(path, "random", POOL_LEN, 0600);
	if (pop == NULL || root() == NULL)
		return 1;
	classes();
	for (uint64_t i = 0; i < ops; i++) {
		if (any(3) == 0)
			together(root(), 0);
		else
			alone(root());
		if (any(500) == 0)
			again();
		if (any(1000) == 0)
			pmemobj_root(pop, sizeof(struct root) + any(100000));
	}
	if (strcmp(argv[4], "kill") == 0)
		together(root(), 1);
	pmemobj_close(pop);
	return 0;
}
