#include "report/batch/crew.h"

#include "report/batch/done.h"
#include "report/batch/runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
enum { GRACE = 10, TICK_MS = 200, QUEUE_MAX = 4 }; /* seconds for those at work when asked to stop; images at a seat */

struct task {
	struct batch_image image;
	char *aside;
	bool alone;              /* in a process of its own, not by a runner */
};

/* A place for one process, and the images it has to do: the first is at work. */
struct seat {
	struct batch_runner runner; /* pid 0: nobody sits here; socket -1: a process of one image */
	struct task queue[QUEUE_MAX];
	unsigned nr;
	unsigned handed;         /* of these, to the runner that sits here */
	unsigned taken;          /* images that it was handed in its life */
	uint64_t began, due;     /* of the first, nanoseconds of the monotonic clock; 0: it has not begun */
	bool ended;              /* by us: it was over its time, or we have to stop */
};

enum status batch_crew_open(struct batch_crew *c, unsigned nr, struct problem *p)
{
	sigset_t set;

	c->nr = nr;
	c->seats = calloc(nr, sizeof(*c->seats));
	c->polled = calloc(nr + 1, sizeof(*c->polled));
	c->told = mmap(NULL, nr * sizeof(*c->told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->told == MAP_FAILED)
		c->told = NULL;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (c->seats == NULL || c->polled == NULL || c->told == NULL || c->signals < 0)
		return problem_set(p, STATUS_NOMEM, "no memory for %u workers: %s", nr, strerror(errno));
	return STATUS_OK;
}

void batch_crew_close(struct batch_crew *c)
{
	if (c->told)
		munmap(c->told, c->nr * sizeof(*c->told));
	if (c->signals >= 0)
		close(c->signals);
	free(c->seats);
	free(c->polled);
}

/* By signal: what the worker ran into, or who ended it. */
static enum batch_end end_of(int sig, bool by_us)
{
	if (by_us || sig == SIGXCPU)
		return BATCH_TIMED_OUT;
	if (sig == SIGXFSZ)
		return BATCH_TOO_LONG;
	return sig == SIGKILL || sig == SIGTERM || sig == SIGINT || sig == SIGHUP ? BATCH_KILLED : BATCH_CRASHED;
}

/* What a worker says, when it is one of the things that can be said. */
static bool understood(const struct batch_told *told, struct batch_outcome *o)
{
	if (told->verdict >= BATCH_VERDICTS || told->status > STATUS_INTERRUPTED)
		return false;
	o->verdict = (enum batch_verdict)told->verdict;
	o->status = (enum status)told->status;
	o->exit = (enum exit_status)told->exit;
	o->written = told->written == 1;
	if (o->status == STATUS_LIMIT || o->status == STATUS_NOMEM)
		o->end = BATCH_BOUNDED;
	/* a bound that was met is met again; what the system refused may be granted another time */
	o->retry = o->status == STATUS_IO || o->status == STATUS_INTERRUPTED;
	return true;
}

static struct batch_outcome outcome_of_worker(const struct batch_crew *c, const struct seat *s, int wait_status)
{
	struct batch_outcome o = { .end = BATCH_EXITED, .verdict = BATCH_UNREAD, .exit = EXIT_FAILED, .status = STATUS_IO };

	o.microseconds = (batch_now() - s->began) / 1000;
	if (WIFSIGNALED(wait_status)) {
		o.signal = WTERMSIG(wait_status);
		o.end = end_of(o.signal, s->ended);
		o.retry = o.end == BATCH_KILLED;
	} else if (WEXITSTATUS(wait_status) != 0 || !understood(&c->told[s - c->seats], &o)) {
		o.retry = true; /* it could not begin, or its reports could not be written */
	}
	return o;
}

/* Reports are kept when they are whole: an empty one, and what a dead worker left, go. */
static void tidy(const char *aside, bool whole)
{
	for (int i = 0; i < BATCH_PAPERS; i++) {
		char path[4096];
		struct stat st;

		if (snprintf(path, sizeof(path), "%s/%s", aside, batch_paper_names[i]) < (int)sizeof(path) &&
		    (!whole || (stat(path, &st) == 0 && st.st_size == 0)))
			unlink(path);
	}
}

static void put(struct batch_crew *c, struct task *s, const struct batch_outcome *o)
{
	struct problem p = { STATUS_OK, "" };

	tidy(s->aside, (o->end == BATCH_EXITED || o->end == BATCH_BOUNDED) && o->status != STATUS_INTERRUPTED);
	if (!batch_done_write(s->aside, &s->image, c->job, o)) {
		problem_set(&p, STATUS_IO, "%s: %s", s->aside, strerror(errno));
		batch_results_drop(s->aside);
	} else if (batch_results_place(c->results, s->image.id, s->aside, &p)) {
		batch_tally_add(c->tally, o->verdict, o->exit, o);
		return;
	}
	c->tally->faulty++;
	c->say(p.text);
}

static void drop(struct batch_crew *c, struct seat *s, unsigned i)
{
	batch_image_free(&s->queue[i].image);
	free(s->queue[i].aside);
	s->nr--;
	memmove(&s->queue[i], &s->queue[i + 1], (s->nr - i) * sizeof(s->queue[0]));
	s->handed -= i < s->handed;
	if (i == 0)
		s->began = s->due = 0;
	c->busy--;
}

static void drop_unfinished(struct batch_crew *c, struct seat *s, unsigned i)
{
	batch_results_drop(s->queue[i].aside);
	drop(c, s, i);
}

/* Nobody sits there any more; the process is waited for where it was not yet. */
static void vacate(struct seat *s, bool waited)
{
	if (s->runner.socket >= 0)
		close(s->runner.socket);
	if (!waited) {
		kill(s->runner.pid, SIGKILL);
		waitpid(s->runner.pid, NULL, 0);
	}
	s->runner = (struct batch_runner){ 0, -1 };
	s->handed = s->taken = 0;
	s->ended = false;
}

/* The first image in a process of its own. False: none can be started. */
static bool alone(struct batch_crew *c, struct seat *s)
{
	struct batch_work work = { .job = c->job, .image = &s->queue[0].image, .sandbox = &c->sandbox, .aside = s->queue[0].aside,
				   .told = &c->told[s - c->seats], .parent = getpid() };

	memset(work.told, 0xff, sizeof(*work.told)); /* no verdict */
	s->runner = (struct batch_runner){ fork(), -1 };
	if (s->runner.pid == 0)
		batch_worker(&work);
	if (s->runner.pid > 0)
		return true;
	c->say(strerror(errno));
	s->runner.pid = 0;
	return false;
}

/* Hands the runner what it may take. False: it takes none. */
static bool hand(struct batch_crew *c, struct seat *s)
{
	if (s->runner.pid && s->handed == 0 && s->taken == BATCH_RUNNER_IMAGES)
		vacate(s, false);
	if (s->runner.pid == 0 && !batch_runner_start(&s->runner, c->job, &c->sandbox)) {
		s->runner = (struct batch_runner){ 0, -1 };
		return false;
	}
	for (; s->handed < s->nr && !s->queue[s->handed].alone && s->taken < BATCH_RUNNER_IMAGES; s->taken++, s->handed++)
		if (!batch_runner_give(&s->runner, &s->queue[s->handed].image, s->queue[s->handed].aside))
			break;
	return s->handed > 0;
}

/* Sees to it that the first image of the seat is at work, and its clock runs. */
static void work(struct batch_crew *c, struct seat *s)
{
	bool at_work = false;

	while (s->nr && !at_work) {
		if (s->runner.pid && s->runner.socket < 0)
			return; /* in a process of its own */
		if (!s->queue[0].alone && hand(c, s)) {
			at_work = true;
		} else if (!s->queue[0].alone) {
			tidy(s->queue[0].aside, false);
			s->queue[0].alone = true;
		} else {
			if (s->runner.pid)
				vacate(s, false);
			at_work = alone(c, s);
			if (!at_work) {
				c->tally->faulty++;
				drop_unfinished(c, s, 0);
			}
		}
	}
	if (s->nr && s->due == 0) {
		s->began = batch_now();
		s->due = s->began + (c->job->seconds + 1) * SECOND;
	}
}

/* What a runner cannot do, or did not survive, is done alone: from the start, with a new clock. */
static void alone_after_all(struct batch_crew *c, struct seat *s)
{
	if (c->stop) {
		drop_unfinished(c, s, 0);
		return;
	}
	tidy(s->queue[0].aside, false);
	s->queue[0].alone = true;
	s->began = s->due = 0;
}

/* A process is gone that was not told to. */
static void gone(struct batch_crew *c, struct seat *s, int wait_status)
{
	bool runner = s->runner.socket >= 0, ended = s->ended;
	struct batch_outcome o = outcome_of_worker(c, s, wait_status);

	vacate(s, true);
	if (s->nr && ended && c->stop) {
		drop_unfinished(c, s, 0); /* it was not its fault: the next run does it */
	} else if (s->nr && runner && !ended) {
		alone_after_all(c, s);
	} else if (s->nr) {
		put(c, &s->queue[0], &o);
		drop(c, s, 0);
	}
	work(c, s);
}

static void reap(struct batch_crew *c)
{
	for (unsigned i = 0; i < c->nr; i++) {
		struct seat *s = &c->seats[i];
		int status;

		if (s->runner.pid && waitpid(s->runner.pid, &status, WNOHANG) > 0)
			gone(c, s, status);
	}
}

/* A runner has looked at its image, perhaps at several. */
static void heard(struct batch_crew *c, struct seat *s)
{
	struct batch_told told;

	while (s->runner.pid && s->handed && batch_runner_hear(&s->runner, &told)) {
		struct batch_outcome o = { .end = BATCH_EXITED };

		if (!told.remarkable && understood(&told, &o)) {
			o.microseconds = (batch_now() - s->began) / 1000;
			put(c, &s->queue[0], &o);
			drop(c, s, 0);
			s->began = batch_now();
			s->due = s->nr ? s->began + (c->job->seconds + 1) * SECOND : 0;
		} else {
			vacate(s, false);
			alone_after_all(c, s);
		}
	}
	work(c, s);
}

/* What waits at a seat is left to the next run; what is at work has a while to end. */
static void asked(struct batch_crew *c)
{
	c->stop_by = batch_now() + (c->stop ? 0 : GRACE * SECOND); /* the second time there is no grace */
	c->stop = true;
	for (unsigned i = 0; i < c->nr; i++)
		while (c->seats[i].nr > 1)
			drop_unfinished(c, &c->seats[i], c->seats[i].nr - 1);
}

static void signals_take(struct batch_crew *c)
{
	struct signalfd_siginfo si;
	bool child = false;

	while (read(c->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGUSR1)
			batch_tally_line(c->tally);
		else if (si.ssi_signo == SIGCHLD)
			child = true;
		else
			asked(c);
	}
	if (child)
		reap(c);
}

static void clocks(struct batch_crew *c)
{
	uint64_t now = batch_now();

	for (unsigned i = 0; i < c->nr; i++) {
		struct seat *s = &c->seats[i];

		if (s->nr && s->runner.pid && !s->ended && (now >= s->due || (c->stop && now >= c->stop_by))) {
			s->ended = true;
			kill(s->runner.pid, SIGKILL);
		}
	}
}

/* An empty seat takes over what waits behind an image that is done alone. */
static void share(struct batch_crew *c, struct seat *empty)
{
	for (unsigned i = 0; i < c->nr; i++) {
		struct seat *s = &c->seats[i];

		if (s->nr < 2 || s->handed)
			continue;
		empty->queue[0] = s->queue[--s->nr];
		empty->nr = 1;
		work(c, empty);
		return;
	}
}

static void wait_some(struct batch_crew *c)
{
	c->polled[0] = (struct pollfd){ .fd = c->signals, .events = POLLIN };
	for (unsigned i = 0; i < c->nr; i++)
		c->polled[i + 1] = (struct pollfd){ .fd = c->seats[i].handed ? c->seats[i].runner.socket : -1, .events = POLLIN };
	batch_tally_tick(c->tally);
	poll(c->polled, c->nr + 1, TICK_MS);
	for (unsigned i = 0; i < c->nr; i++)
		if (c->polled[i + 1].revents & POLLIN)
			heard(c, &c->seats[i]);
	if (c->polled[0].revents)
		signals_take(c);
	clocks(c);
	for (unsigned i = 0; i < c->nr; i++)
		if (c->seats[i].nr == 0)
			share(c, &c->seats[i]);
}

bool batch_crew_ready(struct batch_crew *c)
{
	signals_take(c);
	return !c->stop;
}

/* The one with the least to do, behind no image that is done alone; for such an image itself, an empty one. */
static struct seat *seat_for(struct batch_crew *c, bool alone)
{
	struct seat *best = NULL;

	for (unsigned i = 0; i < c->nr; i++) {
		struct seat *s = &c->seats[i];
		bool room = s->nr == 0 || (!alone && s->nr < QUEUE_MAX && !s->queue[0].alone);

		if (room && (best == NULL || s->nr < best->nr))
			best = s;
	}
	return best;
}

enum status batch_crew_begin(struct batch_crew *c, struct batch_image *im, struct problem *p)
{
	bool by_itself = !batch_runner_takes(im, c->job);
	struct seat *s;
	char *aside;

	while ((s = seat_for(c, by_itself)) == NULL && !c->stop)
		wait_some(c);
	if (c->stop)
		return STATUS_INTERRUPTED;
	aside = batch_results_aside(c->results, im->id, p);
	if (aside == NULL)
		return p->status;
	s->queue[s->nr++] = (struct task){ .image = *im, .aside = aside, .alone = by_itself };
	*im = (struct batch_image){ .source = NULL };
	c->busy++;
	work(c, s);
	return STATUS_OK;
}

void batch_crew_drain(struct batch_crew *c)
{
	while (c->busy)
		wait_some(c);
	for (unsigned i = 0; i < c->nr; i++)
		if (c->seats[i].runner.pid)
			vacate(&c->seats[i], false);
}
