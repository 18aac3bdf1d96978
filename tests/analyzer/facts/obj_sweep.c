/*
 * obj_sweep NR [OPERATION...]: kills a libpmemobj program at NR of its calls for durability (0: at each
 * of them, twice: before the call, and half-way through it), in every operation of
 * tests/peers/obj_ops.c, lets the library recover one copy of what is left, and foresees the recovery
 * of another. Both have to be the same bytes, but for those that recovery tells as unforeseen and those
 * that every open changes.
 */
#include "analyzer/facts/obj_recovery.h"
#include "formats/image/memory.h"
#include "formats/obj/descr.h"
#include "formats/obj/obj.h"
#include "formats/pool/hdr.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DIED = 99, STEP = 65536, TOLD = 8 };

static char dir[64];

struct score {
	unsigned long points, equal, needed, alarms;
};

struct bytes {
	uint8_t *p;
	size_t len;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *path(const char *name)
{
	char *p;

	if (asprintf(&p, "%s/%s", dir, name) < 0)
		die("asprintf");
	return p;
}

/* Runs obj_ops; its first line as a number goes to *said. Returns its exit status. */
static int ops(const char *env, const char *args, long *said)
{
	const char *peers = getenv("PEERS");
	char cmd[1024], line[64] = "";

	snprintf(cmd, sizeof(cmd), "%s %s/obj_ops %s", env, peers ? peers : ".", args);
	FILE *p = popen(cmd, "r");
	if (p == NULL)
		die(cmd);
	if (fgets(line, sizeof(line), p) && said)
		*said = atol(line);
	int st = pclose(p);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		die(to);
	while ((n = copy_file_range(in, NULL, out, NULL, 1 << 30, 0)) > 0)
		;
	if (n < 0)
		die(to);
	close(in);
	close(out);
}

static struct bytes map(const char *file)
{
	struct stat st;
	int fd = open(file, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		die(file);
	struct bytes b = { mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0), (size_t)st.st_size };
	close(fd);
	if (b.p == MAP_FAILED)
		die(file);
	return b;
}

static bool excused(const struct recovery *r, uint64_t at)
{
	const uint64_t run_id = OBJ_WORDS_AT + OBJ_WORD_RUN_ID;

	if ((at >= POOL_HDR_SDS_OFF && at < POOL_HDR_LEN) || (at >= OBJ_RUNTIME_AT && at < 0x2000))
		return true;
	if (r->after == NULL && at >= run_id && at < run_id + 8)
		return true;
	for (const struct unforeseen *u = r->unforeseen; u; u = u->next)
		if (at - u->at < u->len)
			return true;
	return false;
}

/* The number of bytes that differ without excuse; the first few are told. */
static unsigned long compare(const struct recovery *r, struct image *found, struct bytes peer, const char *what)
{
	static uint8_t ours[STEP], lost[STEP];
	struct image *im = r->after ? r->after : found;
	unsigned long wrong = 0;

	for (uint64_t at = 0; at < peer.len; at += STEP) {
		size_t n = peer.len - at < STEP ? (size_t)(peer.len - at) : STEP;

		if (!image_read(im, at, n, ours, lost))
			die("image_read");
		if (memcmp(ours, peer.p + at, n) == 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (ours[i] != peer.p[at + i] && !excused(r, at + i) && wrong++ < TOLD)
				printf("  %s: 0x%" PRIx64 ": 0x%02x foreseen, 0x%02x found\n", what, at + i, ours[i],
				       peer.p[at + i]);
	}
	return wrong;
}

/* A crash is no damage: what may be said of it are notes. User buffers are a defect of the library's. */
static unsigned long alarms(const struct model *m, const char *what)
{
	struct findings *fs = findings_open(m->arena, 4);
	unsigned long nr = 0;

	if (fs == NULL)
		die("findings_open");
	checks_run(m, fs, NULL, NULL);
	for (const struct finding *f = fs->first; f; f = f->next)
		if (f->severity != NOTE && strcmp(f->by->id, "obj.undo.user-buffer")) {
			printf("  %s: %s: %s %s\n", what, f->by->id, node_path(m->arena, f->node), f->detail ? f->detail : "");
			nr++;
		}
	return nr;
}

static void judge(const char *what, const char *crashed, const char *recovered, struct score *t)
{
	struct bytes found = map(crashed), peer = map(recovered);
	struct arena *a = arena_open((size_t)256 << 20);
	struct image *im = memory_open(a, "crashed", found.p, found.len, NULL);
	struct model m = { .arena = a, .root = node_group(a, NULL, ""), .logical = im };

	m.obj = obj_decode(a, m.root, im, found.len, 6, 4096, found.p + 24);
	struct recovery *r = m.obj ? obj_recovery(a, &m) : NULL;
	if (r == NULL)
		die("obj_recovery");
	t->points++;
	t->needed += r->needed;
	t->alarms += alarms(&m, what);
	if (r->refused)
		printf("  %s: foreseen: %s\n", what, r->refused);
	else
		t->equal += compare(r, im, peer, what) == 0;
	arena_close(a);
	munmap(found.p, found.len);
	munmap(peer.p, peer.len);
}

static void point(const char *op, long n, bool torn, struct score *t)
{
	char *base = path("base"), *crashed = path("crashed"), *recovered = path("recovered"), what[128], args[512],
	     env[512];

	snprintf(what, sizeof(what), "%s at call %ld%s", op, n, torn ? ", torn" : "");
	snprintf(args, sizeof(args), "%s run %s", crashed, op);
	snprintf(env, sizeof(env), "CRASH_AT=%ld %s LD_PRELOAD=%s/crash_shim.so", n, torn ? "CRASH_TORN=1" : "",
		 getenv("PEERS"));
	copy(base, crashed);
	int st = ops(env, args, NULL);
	if (st != DIED && st != 0)
		die(what);
	copy(crashed, recovered);
	snprintf(args, sizeof(args), "%s open", recovered);
	if (ops("", args, NULL))
		die(what);
	judge(what, crashed, recovered, t);
	free(base);
	free(crashed);
	free(recovered);
}

static void sweep(const char *op, long nr, struct score *all)
{
	char *base = path("base"), *whole = path("whole"), args[512], env[512];
	struct score t = { 0 };
	long calls = 0;

	(void)unlink(base);
	snprintf(args, sizeof(args), "%s make %s", base, op);
	if (ops("", args, NULL))
		die(op);
	copy(base, whole);
	snprintf(args, sizeof(args), "%s run %s", whole, op);
	snprintf(env, sizeof(env), "LD_PRELOAD=%s/crash_shim.so", getenv("PEERS"));
	if (ops(env, args, &calls) || calls == 0)
		die(op);
	for (long n = 1; nr == 0 && n <= calls; n++) {
		point(op, n, false, &t);
		point(op, n, true, &t);
	}
	for (long i = 0; i < nr; i++) /* from the middles of nr equal parts */
		point(op, (2 * i + 1) * calls / (2 * nr) + 1, i % 2 == 1, &t);
	printf("%-18s %5ld calls  %5lu points  %5lu with something to recover  %5lu equal  %lu false alarms\n", op, calls, t.points,
	       t.needed, t.equal, t.alarms);
	fflush(stdout);
	all->points += t.points;
	all->equal += t.equal;
	all->needed += t.needed;
	all->alarms += t.alarms;
	free(base);
	free(whole);
}

int main(int argc, char **argv)
{
	long nr = argc > 1 ? atol(argv[1]) : -1;
	struct score all = { 0 };
	char cmd[512], name[64];

	/* in memory where that is possible: the library syncs at every open */
	snprintf(dir, sizeof(dir), "%s/pmemscope-sweep-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (nr < 0 || getenv("PEERS") == NULL || mkdtemp(dir) == NULL) {
		fprintf(stderr, "usage: PEERS=DIR obj_sweep NR [OPERATION...]\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		sweep(argv[i], nr, &all);
	snprintf(cmd, sizeof(cmd), "%s/obj_ops list", getenv("PEERS"));
	FILE *p = argc > 2 ? NULL : popen(cmd, "r");
	while (p && fscanf(p, "%63s", name) == 1)
		sweep(name, nr, &all);
	if (p)
		pclose(p);
	printf("%lu points, %lu with something to recover, %lu equal, %lu false alarms\n", all.points, all.needed, all.equal,
	       all.alarms);
	static const char *const files[] = { "base", "crashed", "recovered", "whole" };
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *gone = path(files[i]);

		(void)unlink(gone);
		free(gone);
	}
	(void)rmdir(dir);
	return all.points == 0 || all.equal != all.points || all.alarms;
}
