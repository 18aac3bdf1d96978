#include "analyzer/facts/obj_sim.h"

#include "formats/image/overlay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STEP = 4096 };

void obj_sim_step(struct obj_sim *s, const struct node *n, const char *fmt, ...)
{
	struct recovery_step *step = ARENA_NEW(s->arena, struct recovery_step);
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (step == NULL)
		return;
	step->says = arena_text(s->arena, text);
	step->node = n;
	if (s->out->last)
		s->out->last->next = step;
	else
		s->out->first = step;
	s->out->last = step;
	s->out->steps_nr++;
}

void obj_sim_refuse(struct obj_sim *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (s->stopped)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->out->refused = arena_text(s->arena, text);
	s->stopped = true;
}

void obj_sim_unforeseen(struct obj_sim *s, uint64_t at, uint64_t len, const char *why)
{
	struct unforeseen *u = ARENA_NEW(s->arena, struct unforeseen);

	if (u == NULL)
		return;
	*u = (struct unforeseen){ at, len, why, s->out->unforeseen };
	s->out->unforeseen = u;
}

bool obj_sim_get(struct obj_sim *s, uint64_t at, uint64_t *v)
{
	return obj_ulog_word(s->after, at, v);
}

static bool inside(struct obj_sim *s, const struct node *n, uint64_t at, uint64_t len)
{
	if (s->stopped)
		return false;
	if (at <= s->pool->size && len <= s->pool->size - at)
		return true;
	obj_sim_refuse(s, "it crashes while opening the pool: %s tells it to store at 0x%" PRIx64
		       ", outside of the pool", n ? node_path(s->arena, n) : "a log", at);
	return false;
}

bool obj_sim_put(struct obj_sim *s, const struct node *n, uint64_t at, uint64_t v)
{
	uint8_t b[8];

	span_put_le(b, 8, v);
	return inside(s, n, at, 8) && overlay_write(s->after, at, b, 8);
}

bool obj_sim_copy(struct obj_sim *s, const struct node *n, uint64_t from, uint64_t to, uint64_t len)
{
	uint8_t buf[STEP], lost[STEP];

	if (!inside(s, n, to, len))
		return false;
	for (uint64_t off = 0; off < len;) {
		size_t nr = len - off < STEP ? (size_t)(len - off) : STEP;

		if (!image_read(s->after, from + off, nr, buf, lost) || !overlay_write(s->after, to + off, buf, nr))
			return false;
		off += nr;
	}
	return true;
}

bool obj_sim_fill(struct obj_sim *s, const struct node *n, uint64_t at, uint8_t byte, uint64_t len)
{
	uint8_t buf[STEP];

	memset(buf, byte, sizeof(buf));
	if (!inside(s, n, at, len))
		return false;
	for (uint64_t off = 0; off < len;) {
		size_t nr = len - off < STEP ? (size_t)(len - off) : STEP;

		if (!overlay_write(s->after, at + off, buf, nr))
			return false;
		off += nr;
	}
	return true;
}
