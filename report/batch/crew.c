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
enum { GRACE = 10, TICK_MS = 200 }; /* seconds for those at work when asked to stop */

struct seat {
	struct batch_runner runner;  /* pid 0: nobody sits here; socket -1: a process of one image */
	bool working;            /* at image; else a runner that waits for one */
	unsigned served;         /* images of this runner */
	struct batch_image image;
	char *aside;
	uint64_t began, due;     /* nanoseconds of the monotonic clock */
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

static void put(struct batch_crew *c, struct seat *s, const struct batch_outcome *o)
{
	struct problem p = { STATUS_OK, "" };

	tidy(s->aside, o->end == BATCH_EXITED && o->status != STATUS_INTERRUPTED);
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

static void rest(struct batch_crew *c, struct seat *s)
{
	batch_image_free(&s->image);
	free(s->aside);
	s->aside = NULL;
	s->working = s->ended = false;
	c->busy--;
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
	s->served = 0;
}

/* The seat's image in a process of its own. False: none can be started. */
static bool alone(struct batch_crew *c, struct seat *s)
{
	struct batch_work work = { .job = c->job, .image = &s->image, .sandbox = &c->sandbox, .aside = s->aside,
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

/* What a runner cannot do, or did not survive, is done alone; from the start, and with a new clock. */
static void alone_after_all(struct batch_crew *c, struct seat *s)
{
	tidy(s->aside, false);
	s->due = batch_now() + (c->job->seconds + 1) * SECOND;
	if (alone(c, s))
		return;
	batch_results_drop(s->aside);
	c->tally->faulty++;
	rest(c, s);
}

/* A process is gone that was not told to. */
static void gone(struct batch_crew *c, struct seat *s, int wait_status)
{
	bool runner = s->runner.socket >= 0;
	struct batch_outcome o = outcome_of_worker(c, s, wait_status);

	vacate(s, true);
	if (!s->working)
		return;
	if (c->stop && s->ended) {
		batch_results_drop(s->aside); /* it was not its fault: the next run does it */
	} else if (runner && !s->ended && !c->stop) {
		alone_after_all(c, s);
		return;
	} else if (runner && !s->ended) {
		batch_results_drop(s->aside);
	} else {
		put(c, s, &o);
	}
	rest(c, s);
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

/* A runner has looked at its image. */
static void heard(struct batch_crew *c, struct seat *s)
{
	struct batch_outcome o = { .end = BATCH_EXITED };
	struct batch_told told;

	if (!batch_runner_hear(&s->runner, &told))
		return; /* it died: its end is told by SIGCHLD */
	bool good = !told.remarkable && understood(&told, &o);
	if (!good || ++s->served == BATCH_RUNNER_IMAGES)
		vacate(s, false);
	if (!good && !c->stop) {
		alone_after_all(c, s);
		return;
	}
	o.microseconds = (batch_now() - s->began) / 1000;
	if (good)
		put(c, s, &o);
	else
		batch_results_drop(s->aside);
	rest(c, s);
}

static void asked(struct batch_crew *c)
{
	/* the second time there is no grace */
	c->stop_by = batch_now() + (c->stop ? 0 : GRACE * SECOND);
	c->stop = true;
}

static void signals_take(struct batch_crew *c)
{
	struct signalfd_siginfo si;

	while (read(c->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGUSR1)
			batch_tally_line(c->tally);
		else if (si.ssi_signo != SIGCHLD)
			asked(c);
	}
}

static void clocks(struct batch_crew *c)
{
	uint64_t now = batch_now();

	for (unsigned i = 0; i < c->nr; i++)
		if (c->seats[i].working && !c->seats[i].ended && (now >= c->seats[i].due || (c->stop && now >= c->stop_by))) {
			c->seats[i].ended = true;
			kill(c->seats[i].runner.pid, SIGKILL);
		}
}

static void wait_some(struct batch_crew *c)
{
	c->polled[0] = (struct pollfd){ .fd = c->signals, .events = POLLIN };
	for (unsigned i = 0; i < c->nr; i++)
		c->polled[i + 1] = (struct pollfd){ .fd = c->seats[i].working ? c->seats[i].runner.socket : -1, .events = POLLIN };
	batch_tally_tick(c->tally);
	poll(c->polled, c->nr + 1, TICK_MS);
	for (unsigned i = 0; i < c->nr; i++)
		if (c->polled[i + 1].revents & POLLIN)
			heard(c, &c->seats[i]);
	if (c->polled[0].revents)
		signals_take(c);
	clocks(c);
	if (c->polled[0].revents)
		reap(c);
}

bool batch_crew_ready(struct batch_crew *c)
{
	while (!c->stop && c->busy == c->nr)
		wait_some(c);
	return !c->stop;
}

/* One with a runner that waits, for what a runner takes; else an empty one; else one whose runner has to go. */
static struct seat *seat_for(struct batch_crew *c, bool runner)
{
	struct seat *empty = NULL, *waiting = NULL;

	for (unsigned i = 0; i < c->nr; i++) {
		struct seat *s = &c->seats[i];

		if (!s->working && s->runner.pid)
			waiting = s;
		else if (!s->working)
			empty = s;
	}
	if (runner && waiting)
		return waiting;
	if (empty == NULL)
		vacate(waiting, false);
	return empty ? empty : waiting;
}

static bool given(struct batch_crew *c, struct seat *s)
{
	if (s->runner.pid == 0 && !batch_runner_start(&s->runner, c->job, &c->sandbox)) {
		s->runner = (struct batch_runner){ 0, -1 };
		return false;
	}
	if (batch_runner_give(&s->runner, &s->image, s->aside))
		return true;
	vacate(s, false);
	tidy(s->aside, false);
	return false;
}

enum status batch_crew_begin(struct batch_crew *c, struct batch_image *im, struct problem *p)
{
	bool runner = batch_runner_takes(im, c->job);
	struct seat *s = seat_for(c, runner);

	s->aside = batch_results_aside(c->results, im->id, p);
	if (s->aside == NULL)
		return p->status;
	s->image = *im;
	*im = (struct batch_image){ .source = NULL };
	s->began = batch_now();
	s->due = s->began + (c->job->seconds + 1) * SECOND;
	s->working = true;
	c->busy++;
	if ((runner && given(c, s)) || alone(c, s))
		return STATUS_OK;
	problem_set(p, STATUS_NOMEM, "no worker can be started: %s", strerror(errno));
	batch_results_drop(s->aside);
	rest(c, s);
	return p->status;
}

void batch_crew_drain(struct batch_crew *c)
{
	while (c->busy)
		wait_some(c);
	for (unsigned i = 0; i < c->nr; i++)
		if (c->seats[i].runner.pid)
			vacate(&c->seats[i], false);
}
