#include "report/batch/tally.h"

#include "report/buf.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
enum { TELL_EVERY = 200000000 }; /* nanoseconds */

uint64_t batch_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

void batch_tally_start(struct batch_tally *t, bool quiet, int fd)
{
	t->began = t->told = batch_now();
	t->bar = !quiet && isatty(STDERR_FILENO);
	t->quiet = quiet;
	t->fd = fd;
}

void batch_tally_add(struct batch_tally *t, enum batch_verdict v, enum exit_status status, const struct batch_outcome *end)
{
	t->verdicts[v]++;
	/* what was not judged for reasons of its own is a problem as much as what was judged bad */
	t->left += (status & EXIT_LEFT) != 0 || (v == BATCH_UNREAD && (end == NULL || !end->retry));
	t->corrected += (status & EXIT_CORRECTED) != 0;
	if (end == NULL) {
		t->kept++;
		return;
	}
	t->made++;
	t->ended[end->end]++;
	t->retry += end->retry;
	t->mended += end->written;
}

static double rate(const struct batch_tally *t)
{
	double seconds = (double)(batch_now() - t->began) / (double)SECOND;

	return seconds > 0 ? (double)t->made / seconds : 0;
}

/* "3 min 20 s", "45 s". */
static void put_time(struct buf *b, double seconds)
{
	uint64_t s = (uint64_t)(seconds + 0.5);

	if (s >= 3600)
		buf_printf(b, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		buf_printf(b, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		buf_printf(b, "%" PRIu64 " s", s);
}

static void put_rate(struct buf *b, double r)
{
	if (r >= 10 || r == 0)
		buf_printf(b, "%.0f a second", r);
	else
		buf_printf(b, "%.0f a minute", r * 60);
}

/* The manifest's lines are an upper bound: some may be twice there, or of another shard. */
static uint64_t todo(const struct batch_tally *t)
{
	uint64_t seen = t->kept + t->made + t->twice + t->faulty;

	return t->total > seen ? t->total - seen : 0;
}

static void say(const struct batch_tally *t, struct buf *b)
{
	double r = rate(t);

	buf_printf(b, "%" PRIu64, t->kept + t->made);
	if (t->total)
		buf_printf(b, " of %" PRIu64, t->total - t->twice - t->faulty);
	buf_puts(b, " images, ");
	put_rate(b, r);
	if (t->total && r > 0) {
		buf_puts(b, ", ");
		put_time(b, (double)todo(t) / r);
		buf_puts(b, " left");
	}
	for (int v = 0; v <= BATCH_UNREAD; v++)
		if (t->verdicts[v])
			buf_printf(b, ", %" PRIu64 " %s", t->verdicts[v], batch_verdict_names[v]);
}

static void json_line(struct batch_tally *t)
{
	struct buf b = { .p = NULL };
	double r = rate(t);

	buf_printf(&b, "{\"event\": \"progress\", \"what\": \"images\", \"done\": %" PRIu64 ", \"total\": %" PRIu64 ", \"rate\": %.1f",
		   t->kept + t->made, t->total, r);
	if (t->total && r > 0)
		buf_printf(&b, ", \"seconds_left\": %.0f", (double)todo(t) / r);
	for (int v = 0; v < BATCH_VERDICTS; v++)
		buf_printf(&b, "%s\"%s\": %" PRIu64, v ? ", " : ", \"verdicts\": {", batch_verdict_names[v], t->verdicts[v]);
	buf_puts(&b, "}}\n");
	if (write(t->fd, buf_text(&b), b.len) < 0)
		t->fd = -1; /* nobody listens */
	buf_free(&b);
}

void batch_tally_tick(struct batch_tally *t)
{
	uint64_t now = batch_now();

	if ((!t->bar && t->fd < 0) || now - t->told < TELL_EVERY)
		return;
	t->told = now;
	if (t->fd >= 0)
		json_line(t);
	if (t->bar) {
		struct buf b = { .p = NULL };

		say(t, &b);
		fprintf(stderr, "\r\033[K%s", buf_text(&b));
		t->shown = true;
		buf_free(&b);
	}
}

void batch_tally_hide(struct batch_tally *t)
{
	if (t->shown)
		fputs("\r\033[K", stderr);
	t->shown = false;
}

void batch_tally_line(struct batch_tally *t)
{
	struct buf b = { .p = NULL };

	batch_tally_hide(t);
	say(t, &b);
	fprintf(stderr, "pmemscope: %s\n", buf_text(&b));
	buf_free(&b);
}

void batch_tally_end(struct batch_tally *t, FILE *out)
{
	double seconds = (double)(batch_now() - t->began) / (double)SECOND;
	struct buf b = { .p = NULL };
	const char *between = ": ";

	batch_tally_hide(t);
	if (t->fd >= 0)
		json_line(t);
	buf_printf(&b, "%" PRIu64 " image%s", t->kept + t->made, t->kept + t->made == 1 ? "" : "s");
	for (int v = 0; v < BATCH_VERDICTS; v++)
		if (t->verdicts[v]) {
			buf_printf(&b, "%s%" PRIu64 " %s", between, t->verdicts[v], batch_verdict_names[v]);
			between = ", ";
		}
	buf_printf(&b, "\n%" PRIu64 " analysed now", t->made);
	if (t->kept)
		buf_printf(&b, ", %" PRIu64 " known from before", t->kept);
	if (t->twice)
		buf_printf(&b, ", %" PRIu64 " twice in the manifest", t->twice);
	buf_printf(&b, "; %.2f s", seconds);
	if (t->made) {
		buf_puts(&b, ", ");
		put_rate(&b, rate(t));
	}
	buf_puts(&b, "\n");
	fwrite(buf_text(&b), 1, b.len, out);
	if (t->mended)
		fprintf(out, "%" PRIu64 " mended\n", t->mended);
	for (int e = BATCH_CRASHED; e < BATCH_ENDS; e++)
		if (t->ended[e])
			fprintf(out, "%" PRIu64 " with %s\n", t->ended[e], batch_end_check((enum batch_end)e)->id);
	if (t->retry)
		fprintf(out, "%" PRIu64 " without a result that stands: run the same again\n", t->retry);
	buf_free(&b);
}

enum exit_status batch_tally_status(const struct batch_tally *t)
{
	return t->retry || t->faulty ? EXIT_FAILED : (t->left ? EXIT_LEFT : 0) | (t->corrected ? EXIT_CORRECTED : 0);
}
