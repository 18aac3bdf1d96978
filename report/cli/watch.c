#include "report/cli/watch.h"

#include "report/cli/output.h"
#include "report/escape.h"
#include "report/text/page.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 200, BAR_AFTER_TICKS = 3, GRACE_TICKS = 10 };

static struct {
	pthread_t thread;
	bool running, bar, shown;
	int fd; /* -1: no JSON lines */
	atomic_bool stop, done;
	pthread_mutex_t lock;
	char what[256];
	uint64_t at, total;
	bool known, fresh;
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static void signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGALRM); /* from watch_stop: wake up and see */
}

void watch_signals(void)
{
	sigset_t set;

	signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool watch_asked_to_stop(void)
{
	return atomic_load(&watch.stop);
}

bool watch_progress(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	(void)ctx;
	pthread_mutex_lock(&watch.lock);
	snprintf(watch.what, sizeof(watch.what), "%s", what ? what : "");
	watch.at = done;
	watch.total = total;
	watch.known = watch.fresh = true;
	pthread_mutex_unlock(&watch.lock);
	return !watch_asked_to_stop();
}

/* "pool.gz: 1.2 GiB of 4 GiB (30 %)". The lock is held. */
static void say(struct buf *b)
{
	char done[32], total[32];

	if (!watch.known) {
		buf_puts(b, "working");
	} else {
		escape_plain(b, watch.what, strlen(watch.what));
		buf_printf(b, ": %s", page_size(watch.at, done));
		if (watch.total)
			buf_printf(b, " of %s (%" PRIu64 " %%)", page_size(watch.total, total),
				   (uint64_t)((double)watch.at * 100 / (double)watch.total));
	}
}

static void bar(void)
{
	struct buf b = { .p = NULL };

	pthread_mutex_lock(&watch.lock);
	if (watch.known) {
		say(&b);
		fprintf(stderr, "\r\033[K%.*s", 78, buf_text(&b));
		fflush(stderr);
		watch.shown = true;
	}
	pthread_mutex_unlock(&watch.lock);
	buf_free(&b);
}

static void json_line(void)
{
	struct buf b = { .p = NULL };

	pthread_mutex_lock(&watch.lock);
	if (watch.fresh) {
		buf_puts(&b, "{\"event\": \"progress\", \"what\": \"");
		escape_json(&b, watch.what, strlen(watch.what));
		buf_printf(&b, "\", \"done\": %" PRIu64 ", \"total\": %" PRIu64 "}\n", watch.at, watch.total);
		watch.fresh = false;
	}
	pthread_mutex_unlock(&watch.lock);
	if (b.len && write(watch.fd, buf_text(&b), b.len) < 0)
		watch.fd = -1; /* nobody listens */
	buf_free(&b);
}

static void usr1(void)
{
	struct buf b = { .p = NULL };

	pthread_mutex_lock(&watch.lock);
	say(&b);
	fprintf(stderr, "%spmemscope: %s\n", watch.shown ? "\n" : "", buf_text(&b));
	watch.shown = false;
	pthread_mutex_unlock(&watch.lock);
	buf_free(&b);
}

static void *loop(void *arg)
{
	struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
	unsigned ticks = 0, asked = 0;
	sigset_t set;

	(void)arg;
	signals(&set);
	while (!atomic_load(&watch.done)) {
		int sig = sigtimedwait(&set, NULL, &tick);

		if (sig == SIGUSR1) {
			usr1();
		} else if (sig == SIGINT || sig == SIGTERM) {
			if (atomic_exchange(&watch.stop, true))
				asked = GRACE_TICKS;
		} else if (sig < 0 && errno == EAGAIN) {
			ticks++;
			asked += atomic_load(&watch.stop);
		}
		if (asked >= GRACE_TICKS) {
			output_drop_all();
			_exit(EXIT_INTERRUPTED);
		}
		if (watch.bar && ticks >= BAR_AFTER_TICKS && !watch_asked_to_stop())
			bar();
		if (watch.fd >= 0)
			json_line();
	}
	return NULL;
}

bool watch_start(const struct cli *c)
{
	watch.bar = !c->quiet && isatty(STDERR_FILENO);
	watch.fd = c->progress_fd;
	watch.running = pthread_create(&watch.thread, NULL, loop, NULL) == 0;
	if (!watch.running)
		cli_error(c, EXIT_FAILED, "no thread to look after signals: %s", strerror(errno));
	return watch.running;
}

void watch_hide(void)
{
	pthread_mutex_lock(&watch.lock);
	if (watch.shown)
		fputs("\r\033[K", stderr);
	watch.shown = watch.known = false;
	pthread_mutex_unlock(&watch.lock);
}

void watch_stop(void)
{
	if (!watch.running)
		return;
	atomic_store(&watch.done, true);
	pthread_kill(watch.thread, SIGALRM);
	pthread_join(watch.thread, NULL);
	watch.running = false;
	if (watch.fd >= 0)
		json_line();
	watch_hide();
}
