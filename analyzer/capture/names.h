/*
 * Names and the tokens that stand for them in a capture, both ways: kept by who made the capture, and used
 * again for the next one, so that a name has one token in all of them.
 *
 * The file: a line each, TOKEN, a tab, the name; in it \t, \n and \\ stand for a tab, a line's end and \.
 */
#ifndef ANALYZER_CAPTURE_NAMES_H
#define ANALYZER_CAPTURE_NAMES_H

#include "analyzer/capture/text.h"
#include "formats/base/arena.h"

struct capture_names {
	struct arena *arena;
	struct capture_name {
		const char *token, *name;
		struct capture_name *next;
	} *first, *last;
};

/* text: of such a file, or "". False: it is none. */
bool names_read(struct capture_names *n, struct arena *a, const char *text);
/* The text of such a file. */
void names_text(const struct capture_names *n, struct text *out);
/* The token of name, made when it has none: "NOUN-NUMBER". NULL without memory. */
const char *names_token(struct capture_names *n, const char *noun, const char *name);

#endif
