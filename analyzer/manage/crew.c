#include "analyzer/manage/crew.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS_MAX = 4 };

struct hand {
	crew_work *work;
	void *ctx;
	uint32_t number;
	pthread_t thread;
};

void crew_open(struct crew *c, const char *doing, uint64_t total, const struct manage_options *o, struct manage_error *e)
{
	*c = (struct crew){ .o = o, .error = e, .doing = doing, .total = total };
	pthread_mutex_init(&c->lock, NULL);
}

void crew_close(struct crew *c)
{
	pthread_mutex_destroy(&c->lock);
}

static void *hand_work(void *ctx)
{
	struct hand *h = ctx;

	h->work(h->ctx, h->number);
	return NULL;
}

void crew_run(struct crew *c, bool alone, crew_work *work, void *ctx)
{
	long cpus = alone ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
	struct hand hands[THREADS_MAX];
	uint32_t started = 0;

	c->threads = cpus < 1 ? 1 : cpus > THREADS_MAX ? THREADS_MAX : (uint32_t)cpus;
	for (uint32_t i = 0; i < c->threads; i++)
		hands[i] = (struct hand){ .work = work, .ctx = ctx, .number = i };
	for (uint32_t i = 1; i < c->threads && pthread_create(&hands[i].thread, NULL, hand_work, &hands[i]) == 0; i++)
		started = i;
	hand_work(&hands[0]);
	for (uint32_t i = 1; i <= started; i++)
		pthread_join(hands[i].thread, NULL);
}

bool crew_fail(struct crew *c, int errnum, const char *fmt, ...)
{
	char text[sizeof(c->error->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&c->lock);
	manage_fail(c->error, errnum, "%s", text);
	pthread_mutex_unlock(&c->lock);
	atomic_store(&c->stop, true);
	return false;
}

bool crew_tell(struct crew *c, uint32_t number)
{
	if (number || c->o->progress == NULL || c->o->progress(c->o->ctx, c->doing, atomic_load(&c->done), c->total))
		return true;
	return crew_fail(c, EINTR, "stopped; nothing was changed");
}

bool crew_stopped(struct crew *c)
{
	return atomic_load(&c->stop);
}
