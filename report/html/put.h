/* Words and values of a report as HTML. Everything that comes from evidence goes through here. */
#ifndef REPORT_HTML_PUT_H
#define REPORT_HTML_PUT_H

#include "formats/glossary.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Escaped for text and for quoted attributes; control characters become U+FFFD. NULL puts nothing. */
void html_put_text(FILE *out, const char *s);
/* The same as what follows a "#" in a link. */
void html_put_fragment(FILE *out, const char *s);
/* Text, a number, bytes, or what was redacted, as the report tells them. */
void html_put_value(FILE *out, const json_t *v);
/* At most that many bytes of it, and how many there are. */
void html_put_bytes(FILE *out, const json_t *v, size_t max);
/* 67108864 -> "64 MiB"; what is no round number keeps three digits. */
void html_put_size(FILE *out, const json_t *v);
void html_put_hex(FILE *out, const json_t *v);

/* A number as the report tells them: an integer, or a hex string where it is large. 0 when it is neither. */
uint64_t html_number(const json_t *v);
const char *html_string(const json_t *object, const char *key);
/* "1 error", "2 errors" */
void html_put_count(FILE *out, uint64_t nr, const char *one, const char *many);

/* Prose: terms of the glossary are linked, each once for one seen[]. */
struct html_seen { bool term[GLOSSARY_MAX]; };
void html_put_prose(FILE *out, struct html_seen *seen, const char *s);

#endif
