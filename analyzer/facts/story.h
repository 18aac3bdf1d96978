/*
 * What was happening at the crash, whatever the format: who was doing what, how far it had come,
 * which bytes were about to change. Reports tell this and know no format.
 */
#ifndef ANALYZER_FACTS_STORY_H
#define ANALYZER_FACTS_STORY_H

#include "formats/model.h"

/* A place that an activity had changed, or was about to change. */
struct change {
	const char *what;        /* whose bytes these are, in words: "object of type 3 at 0x3c0550, byte 16" */
	const struct node *node; /* the structure they belong to, or NULL */
	struct image *image;     /* what `at` counts in */
	uint64_t at, len;        /* bytes */
	const uint8_t *before, *after; /* shown bytes each, arena memory; NULL: not known */
	uint32_t shown;          /* bytes kept of before and after, from the start: at most CHANGE_SHOWN */
	bool user_data;          /* the bytes are the application's: redaction hides them */
	struct change *next;
};
enum { CHANGE_SHOWN = 256, CHANGES_KEPT = 64 };

enum activity_state {
	ACTIVITY_FORWARD, /* decided: the library finishes it at its next open */
	ACTIVITY_BACK,    /* not decided: the library takes it back at its next open */
	ACTIVITY_TORN,    /* its log was being written: the library ignores it */
	ACTIVITY_UNSURE,  /* damaged: what the library would do with it is told in `outcome` */
	ACTIVITY_PAST,    /* over; its traces can still be proved, and tell what was before */
	ACTIVITY_STATES,
};

struct activity {
	enum activity_state state;
	const char *actor;   /* "lane 3" */
	const char *stage;   /* one of a short list a format has: "transaction, commit" */
	const char *says;    /* what it was doing, a sentence or two */
	const char *outcome; /* what the library would do with it at open; NULL: nothing */
	const struct node *node;
	struct change *first, *last; /* the first CHANGES_KEPT */
	uint64_t changes_nr;         /* all */
	struct activity *next;
};

struct story {
	struct activity *first, *last;
	uint64_t nr[ACTIVITY_STATES];
	uint64_t actors, idle; /* lanes there are; of these, without anything pending */
	const char *summary;   /* a sentence; NULL: nothing was going on */
};

#endif
