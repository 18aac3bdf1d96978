/*
 * Makes a pmemobj pool for the benchmark: pool FILE SIZE FILL SEED. FILL bytes of objects, linked from
 * the root as an application would: a table of customers, their orders, and documents, so that the pool
 * compresses as real data do (text, numbers that rise, identifiers that are random).
 */
#include <libpmemobj.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADS = 1024, DOCUMENT_MAX = 24576 };

struct customer {
	PMEMoid next, orders;
	uint64_t id, since;
	char name[48], street[64], mail[64];
	double balance;
};

struct order {
	PMEMoid next;
	uint64_t id, when;
	uint32_t items, flags;
	struct { uint32_t article, count; uint64_t price; } item[12];
};

struct document {
	PMEMoid next;
	uint64_t id;
	uint32_t len, kind;
	char text[];
};

struct root { PMEMoid customers[HEADS], documents[HEADS]; uint64_t used; };

static uint64_t state;

/* The same pool for the same seed (splitmix64). */
static uint64_t any(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static const char *word(void)
{
	static const char *const syllable[] = { "an", "ber", "co", "den", "el", "fro", "gi", "hal", "in", "jo",
						"ka", "lo", "mer", "ne", "or", "pul", "qui", "ra", "ste", "tor",
						"un", "ver", "wil", "xen", "yor", "zim" };
	static char text[4][24];
	static unsigned i;
	uint64_t r = any() & any(); /* common words are common */
	char *p = text[i++ % 4];

	*p = '\0';
	for (unsigned n = 0; n < 1 + (r >> 60) % 3; n++, r >>= 6)
		strcat(p, syllable[r % 26]);
	return p;
}

static uint64_t fill_text(char *to, size_t len)
{
	size_t n = 0;

	while (n + 32 < len)
		n += (size_t)snprintf(to + n, len - n, "%s%s", word(), any() % 11 ? " " : ".\n");
	memset(to + n, 0, len - n);
	return n;
}

static void die(const char *what)
{
	fprintf(stderr, "pool: %s: %s\n", what, pmemobj_errormsg());
	exit(1);
}

static void *add(PMEMobjpool *pop, PMEMoid *head, size_t len, uint64_t type)
{
	PMEMoid next = *head;

	if (pmemobj_alloc(pop, head, len, type, NULL, NULL) != 0)
		die("alloc");
	void *p = pmemobj_direct(*head);
	memset(p, 0, len);
	memcpy(p, &next, sizeof(next));
	return p;
}

static uint64_t add_customer(PMEMobjpool *pop, struct root *r, uint64_t id)
{
	struct customer *c = add(pop, &r->customers[any() % HEADS], sizeof(*c), 1);
	uint64_t orders = any() % 8;

	c->id = id;
	c->since = 1400000000 + id * 7;
	snprintf(c->name, sizeof(c->name), "%s %s", word(), word());
	snprintf(c->street, sizeof(c->street), "%s street %u", word(), (unsigned)(any() % 200));
	snprintf(c->mail, sizeof(c->mail), "%s.%s@%s.example", word(), word(), word());
	c->balance = (double)(any() % 100000) / 100;
	for (uint64_t i = 0; i < orders; i++) {
		struct order *o = add(pop, &c->orders, sizeof(*o), 2);
		o->id = any();
		o->when = c->since + i * 86400 + any() % 3600;
		o->items = (uint32_t)(any() % 12);
		for (uint32_t k = 0; k < o->items; k++) {
			o->item[k].article = (uint32_t)(any() % 50000);
			o->item[k].count = 1 + (uint32_t)(any() % 5);
			o->item[k].price = any() % 10000;
		}
	}
	return sizeof(*c) + orders * sizeof(struct order);
}

static uint64_t add_document(PMEMobjpool *pop, struct root *r, uint64_t id)
{
	size_t len = 256 + any() % DOCUMENT_MAX;
	struct document *d = add(pop, &r->documents[any() % HEADS], sizeof(*d) + len, 3);

	d->id = id;
	d->kind = (uint32_t)(any() % 5);
	d->len = (uint32_t)fill_text(d->text, len);
	return sizeof(*d) + len;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: pool FILE SIZE FILL SEED (bytes)\n");
		return 16;
	}
	uint64_t fill = strtoull(argv[3], NULL, 0);
	state = strtoull(argv[4], NULL, 0);
	PMEMobjpool *pop = pmemobj_create(argv[1], "first-light", strtoull(argv[2], NULL, 0), 0600);
	if (pop == NULL)
		die(argv[1]);
	struct root *r = pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
	if (r == NULL)
		die("root");
	for (uint64_t done = 0, id = 1; done < fill; id++)
		done += id % 8 ? add_customer(pop, r, id) : add_document(pop, r, id);
	pmemobj_persist(pop, r, sizeof(*r));
	pmemobj_close(pop);
	return 0;
}
