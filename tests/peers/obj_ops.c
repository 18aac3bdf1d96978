/*
 * Operations of libpmemobj, each to be cut off anywhere.
 *	obj_ops list            names them
 *	obj_ops POOL make OP    a pool in which OP can be done
 *	obj_ops POOL run OP     does it; under crash_shim it may die; prints the calls counted
 *	obj_ops POOL crash OP   both, and is content when it died
 *	obj_ops POOL open       opens and closes: the library recovers
 */
#include <libpmemobj.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAYOUT "ops"
enum { POOL_LEN = 24 << 20, OBJECTS = 160, BIG = 300000, SMALL = 100, HUGE_LEN = 3000000, TYPE = 7 };

/* crash_shim's, when it is there */
static void arm(void)
{
	void (*f)(void) = (void (*)(void))(uintptr_t)dlsym(RTLD_DEFAULT, "crash_arm");

	if (f)
		f();
}

static long disarm(void)
{
	long (*f)(void) = (long (*)(void))(uintptr_t)dlsym(RTLD_DEFAULT, "crash_disarm");

	return f ? f() : 0;
}

struct element {
	uint64_t value;
	struct {
		PMEMoid next, prev;
	} link;
	char rest[40];
};

struct head {
	PMEMoid first;
	PMEMmutex lock;
};

struct root {
	uint64_t counter;
	PMEMoid a, b, c, big;
	PMEMoid many[OBJECTS];
	struct head one, two;
	char text[4096];
};

static void must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "obj_ops: %s: %s\n", what, pmemobj_errormsg());
		exit(1);
	}
}

static struct root *root_of(PMEMobjpool *pop)
{
	return pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
}

static void fill(PMEMobjpool *pop, PMEMoid *oid, size_t len, uint64_t type)
{
	must(pmemobj_alloc(pop, oid, len, type, NULL, NULL) == 0, "alloc");
	pmemobj_memset(pop, pmemobj_direct(*oid), (int)type, len, 0);
}

/* Something before: neighbours in use and free, in runs and in chunks, some runs left empty. */
static void common(PMEMobjpool *pop)
{
	static const size_t sizes[] = { 100, 400, 1000, 3000, 9000, 40000, 300000 };
	struct root *r = root_of(pop);
	PMEMoid gone[7][3];

	for (int i = 0; i < 7; i++)
		for (int j = 0; j < 3; j++)
			fill(pop, &gone[i][j], sizes[i], (uint64_t)i + 1);
	fill(pop, &r->a, SMALL, TYPE);
	fill(pop, &r->b, HUGE_LEN, TYPE);
	fill(pop, &r->big, BIG, TYPE);
	for (int i = 0; i < 7; i++)
		for (int j = i % 3; j < 3; j++)
			pmemobj_free(&gone[i][j]);
}

static void bare(PMEMobjpool *pop)
{
	(void)pop;
}

static void alloc_small(PMEMobjpool *pop)
{
	must(pmemobj_alloc(pop, &root_of(pop)->c, SMALL, TYPE, NULL, NULL) == 0, "alloc");
}

static void alloc_zero(PMEMobjpool *pop)
{
	must(pmemobj_zalloc(pop, &root_of(pop)->c, 500, TYPE) == 0, "zalloc");
}

static void alloc_run(PMEMobjpool *pop)
{
	must(pmemobj_alloc(pop, &root_of(pop)->c, 20000, TYPE, NULL, NULL) == 0, "alloc");
}

static void alloc_huge(PMEMobjpool *pop)
{
	must(pmemobj_alloc(pop, &root_of(pop)->c, HUGE_LEN, TYPE, NULL, NULL) == 0, "alloc");
}

static void free_small(PMEMobjpool *pop)
{
	pmemobj_free(&root_of(pop)->a);
}

static void free_huge(PMEMobjpool *pop)
{
	pmemobj_free(&root_of(pop)->b);
}

static void realloc_small(PMEMobjpool *pop)
{
	must(pmemobj_realloc(pop, &root_of(pop)->a, 2000, TYPE) == 0, "realloc");
}

static void realloc_huge(PMEMobjpool *pop)
{
	must(pmemobj_realloc(pop, &root_of(pop)->a, HUGE_LEN, TYPE) == 0, "realloc");
	must(pmemobj_realloc(pop, &root_of(pop)->b, SMALL, TYPE) == 0, "realloc");
}

static void root_first(PMEMobjpool *pop)
{
	must(!OID_IS_NULL(pmemobj_root(pop, 200)), "root");
}

static void root_small(PMEMobjpool *pop)
{
	must(!OID_IS_NULL(pmemobj_root(pop, 100)), "root");
}

static void root_grow(PMEMobjpool *pop)
{
	must(!OID_IS_NULL(pmemobj_root(pop, 20000)), "root");
}

static PMEMoid insert(PMEMobjpool *pop, struct head *h, int before)
{
	return pmemobj_list_insert_new(pop, offsetof(struct element, link), h, OID_NULL, before, sizeof(struct element),
				       TYPE, NULL, NULL);
}

static void lists(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);

	common(pop);
	for (int i = 0; i < 4; i++)
		must(!OID_IS_NULL(insert(pop, &r->one, i % 2)), "list");
	must(!OID_IS_NULL(insert(pop, &r->two, 1)), "list");
}

static void list_insert(PMEMobjpool *pop)
{
	must(!OID_IS_NULL(insert(pop, &root_of(pop)->one, POBJ_LIST_DEST_HEAD)), "insert");
	must(!OID_IS_NULL(insert(pop, &root_of(pop)->one, POBJ_LIST_DEST_TAIL)), "insert");
}

static void list_move(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);
	size_t off = offsetof(struct element, link);

	must(pmemobj_list_move(pop, off, &r->one, off, &r->two, OID_NULL, 1, r->one.first) == 0, "move");
	must(pmemobj_list_move(pop, off, &r->two, off, &r->one, OID_NULL, 0, r->two.first) == 0, "move");
}

static void list_remove(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);
	size_t off = offsetof(struct element, link);

	must(pmemobj_list_remove(pop, off, &r->one, r->one.first, 1) == 0, "remove");
	must(pmemobj_list_remove(pop, off, &r->one, r->one.first, 0) == 0, "remove");
}

static void tx_body(PMEMobjpool *pop, size_t len, int aborts)
{
	struct root *r = root_of(pop);

	TX_BEGIN(pop) {
		pmemobj_tx_add_range_direct(&r->counter, sizeof(r->counter));
		r->counter++;
		pmemobj_tx_add_range_direct(&r->c, sizeof(r->c));
		r->c = pmemobj_tx_alloc(1000, TYPE);
		memset(pmemobj_direct(r->c), 1, 1000);
		if (len) {
			pmemobj_tx_add_range(r->big, 0, len);
			memset(pmemobj_direct(r->big), 0x5a, len);
		}
		pmemobj_tx_add_range_direct(&r->a, sizeof(r->a));
		pmemobj_tx_free(r->a);
		r->a = OID_NULL;
		if (aborts)
			pmemobj_tx_abort(0);
	} TX_END
}

static void tx_commit(PMEMobjpool *pop)
{
	tx_body(pop, 0, 0);
}

static void tx_abort(PMEMobjpool *pop)
{
	tx_body(pop, 0, 1);
}

static void tx_one_extension(PMEMobjpool *pop)
{
	tx_body(pop, 5000, 0);
}

static void tx_long(PMEMobjpool *pop)
{
	tx_body(pop, BIG, 0);
}

static void tx_long_abort(PMEMobjpool *pop)
{
	tx_body(pop, BIG, 1);
}

/* A pool in which a long transaction has left its first extension. */
static void residue(PMEMobjpool *pop)
{
	common(pop);
	tx_long(pop);
	fill(pop, &root_of(pop)->a, SMALL, TYPE);
}

/* More changes at commit than the lane's redo log has room for. */
static void tx_many(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);

	TX_BEGIN(pop) {
		for (int i = 0; i < OBJECTS / 2; i++) {
			pmemobj_tx_add_range_direct(&r->many[i], sizeof(r->many[i]));
			r->many[i] = pmemobj_tx_alloc((size_t)(100 + 17 * i), TYPE);
		}
		for (int i = OBJECTS / 2; i < OBJECTS; i++) {
			pmemobj_tx_add_range_direct(&r->many[i], sizeof(r->many[i]));
			pmemobj_tx_free(r->many[i]);
			r->many[i] = OID_NULL;
		}
	} TX_END
}

static void many(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);

	common(pop);
	for (int i = OBJECTS / 2; i < OBJECTS; i++)
		fill(pop, &r->many[i], (size_t)(50 + 11 * i), TYPE);
}

static void tx_nested(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);

	TX_BEGIN(pop) {
		pmemobj_tx_add_range_direct(r->text, 1000);
		memset(r->text, 'a', 1000);
		TX_BEGIN(pop) {
			pmemobj_tx_add_range_direct(r->text + 500, 3000);
			memset(r->text + 500, 'b', 3000);
			r->c = pmemobj_tx_zalloc(HUGE_LEN, TYPE);
		} TX_END
		pmemobj_tx_free(r->b);
	} TX_END
}

static void publish(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);
	struct pobj_action act[OBJECTS + 70];
	int nr = 0;

	for (int i = 0; i < 60; i++)
		r->many[i] = pmemobj_reserve(pop, &act[nr++], 120, TYPE);
	pmemobj_reserve(pop, &act[nr++], HUGE_LEN, TYPE);
	for (uint64_t i = 0; i < 60; i++)
		pmemobj_set_value(pop, &act[nr++], (uint64_t *)(void *)r->text + i, i);
	pmemobj_defer_free(pop, r->a, &act[nr++]);
	pmemobj_defer_free(pop, r->b, &act[nr++]);
	must(pmemobj_publish(pop, act, (size_t)nr) == 0, "publish");
}

static void classes(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);
	struct pobj_alloc_class_desc d = { .unit_size = 1024, .alignment = 512, .units_per_block = 100,
					   .header_type = POBJ_HEADER_NONE };

	must(pmemobj_ctl_set(pop, "heap.alloc_class.new.desc", &d) == 0, "class");
	for (int i = 0; i < 3; i++)
		must(pmemobj_xalloc(pop, &r->many[i], 1024, 0, POBJ_CLASS_ID(d.class_id), NULL, NULL) == 0, "xalloc");
	pmemobj_free(&r->many[1]);
}

/* The application lends its own memory to the logs. */
static void user_logs(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);

	TX_BEGIN(pop) {
		pmemobj_tx_log_append_buffer(TX_LOG_TYPE_SNAPSHOT, pmemobj_direct(r->many[0]), 20000);
		pmemobj_tx_log_append_buffer(TX_LOG_TYPE_INTENT, pmemobj_direct(r->many[1]), 20000);
		pmemobj_tx_add_range(r->big, 0, 10000);
		memset(pmemobj_direct(r->big), 0x33, 10000);
		for (int i = 2; i < 70; i++)
			r->many[i] = pmemobj_tx_alloc(200, TYPE);
	} TX_END
}

static void user_buffers(PMEMobjpool *pop)
{
	common(pop);
	fill(pop, &root_of(pop)->many[0], 20000, TYPE);
	fill(pop, &root_of(pop)->many[1], 20000, TYPE);
}

static void *worker(void *arg)
{
	PMEMobjpool *pop = arg;
	static _Atomic int next;
	struct root *r = root_of(pop);
	int me = next++;

	for (int round = 0; round < 3; round++)
		TX_BEGIN(pop) {
			PMEMoid *mine = &r->many[me * 4 + round];

			pmemobj_tx_add_range_direct(mine, sizeof(*mine));
			*mine = pmemobj_tx_alloc((size_t)(200 + 700 * me), TYPE);
			pmemobj_tx_add_range_direct(r->text + me * 1000, 900);
			memset(r->text + me * 1000, me + round, 900);
		} TX_END
	pmemobj_free(&r->many[me * 4]);
	return NULL;
}

static void threads(PMEMobjpool *pop)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		must(pthread_create(&t[i], NULL, worker, pop) == 0, "thread");
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

/* Leaves a long transaction under way; what follows is its recovery. */
static void abandon(PMEMobjpool *pop)
{
	struct root *r = root_of(pop);

	common(pop);
	TX_BEGIN(pop) {
		pmemobj_tx_add_range(r->big, 0, BIG);
		memset(pmemobj_direct(r->big), 0x77, BIG);
		pmemobj_tx_add_range_direct(&r->c, sizeof(r->c));
		r->c = pmemobj_tx_alloc(400000, TYPE);
		_exit(0);
	} TX_END
}

static const struct op {
	const char *name;
	void (*before)(PMEMobjpool *pop);
	void (*act)(PMEMobjpool *pop); /* NULL: opening the pool is the operation */
} ops[] = {
	{ "alloc_small", common, alloc_small },
	{ "alloc_zero", common, alloc_zero },
	{ "alloc_run", common, alloc_run },
	{ "alloc_huge", common, alloc_huge },
	{ "free_small", common, free_small },
	{ "free_huge", common, free_huge },
	{ "realloc_small", common, realloc_small },
	{ "realloc_huge", common, realloc_huge },
	{ "root_first", bare, root_first },
	{ "root_grow", root_small, root_grow },
	{ "list_insert", lists, list_insert },
	{ "list_move", lists, list_move },
	{ "list_remove", lists, list_remove },
	{ "tx_commit", common, tx_commit },
	{ "tx_abort", common, tx_abort },
	{ "tx_one_extension", common, tx_one_extension },
	{ "tx_long", common, tx_long },
	{ "tx_long_abort", common, tx_long_abort },
	{ "tx_residue", residue, tx_commit },
	{ "tx_residue_long", residue, tx_long },
	{ "tx_many", many, tx_many },
	{ "tx_nested", common, tx_nested },
	{ "publish", common, publish },
	{ "classes", common, classes },
	{ "user_logs", user_buffers, user_logs },
	{ "threads", common, threads },
	{ "recovery", abandon, NULL },
};
enum { OPS = sizeof(ops) / sizeof(ops[0]) };

static const struct op *op_find(const char *name)
{
	for (int i = 0; i < OPS; i++)
		if (strcmp(ops[i].name, name) == 0)
			return &ops[i];
	fprintf(stderr, "obj_ops: no operation %s\n", name);
	exit(1);
}

static void run(const struct op *op, const char *path)
{
	if (op->act == NULL)
		arm();
	PMEMobjpool *pop = pmemobj_open(path, LAYOUT);

	must(pop != NULL, path);
	if (op->act) {
		arm();
		op->act(pop);
	}
	printf("%ld\n", disarm());
	pmemobj_close(pop);
}

static void make(const struct op *op, const char *path)
{
	PMEMobjpool *pop = pmemobj_create(path, LAYOUT, POOL_LEN, 0600);

	must(pop != NULL, path);
	op->before(pop);
	pmemobj_close(pop);
}

/* What leaves a pool open must not take us with it. */
static void apart(void (*f)(const struct op *op, const char *path), const struct op *op, const char *path)
{
	pid_t child = fork();

	if (child == 0) {
		f(op, path);
		fflush(stdout);
		_exit(0);
	}
	must(child > 0 && waitpid(child, NULL, 0) == child, "fork");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (int i = 0; i < OPS; i++)
			puts(ops[i].name);
	} else if (argc == 4 && strcmp(argv[2], "make") == 0) {
		make(op_find(argv[3]), argv[1]);
	} else if (argc == 4 && strcmp(argv[2], "run") == 0) {
		run(op_find(argv[3]), argv[1]);
	} else if (argc == 4 && strcmp(argv[2], "crash") == 0) {
		apart(make, op_find(argv[3]), argv[1]);
		apart(run, op_find(argv[3]), argv[1]);
	} else if (argc == 3 && strcmp(argv[2], "open") == 0) {
		PMEMobjpool *pop = pmemobj_open(argv[1], LAYOUT);

		must(pop != NULL, argv[1]);
		pmemobj_close(pop);
	} else {
		fprintf(stderr, "usage: obj_ops list | POOL make OP | POOL run OP | POOL crash OP | POOL open\n");
		return 1;
	}
	return 0;
}
