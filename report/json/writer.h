/*
 * JSON as a stream: nothing is kept but the depth, so a report of any size needs the memory of one
 * value. Keys are ours; text from evidence is escaped here and nowhere else.
 */
#ifndef REPORT_JSON_WRITER_H
#define REPORT_JSON_WRITER_H

#include "report/redact.h"

#include <stdio.h>

struct json {
	FILE *f;
	const struct redact *redact;
	unsigned depth, lines; /* deeper than lines, values share a line; 0: all stands on one */
	bool more;             /* the next value needs a comma before it */
	struct buf told, escaped;
};

/* key: NULL inside an array. Numbers above 2^53 - 1 are told in hex, as a string. */
void json_open_object(struct json *j, const char *key);
void json_close_object(struct json *j);
void json_open_array(struct json *j, const char *key);
void json_close_array(struct json *j);
/* Starts the next value on a line of its own, however deep it stands. */
void json_line(struct json *j);
void json_number(struct json *j, const char *key, uint64_t v);
void json_hex(struct json *j, const char *key, uint64_t v, unsigned digits);
void json_bool(struct json *j, const char *key, bool v);
void json_nothing(struct json *j, const char *key);
/* Words of ours: ASCII, from a table. */
void json_word(struct json *j, const char *key, const char *word);
/* A value that passes the filter: text when it is UTF-8, else {"hex": ...}. */
void json_told(struct json *j, const char *key, enum told what, const char *text, size_t len);
/* As json_told for a sentence or a name that may be missing: then there is no key. */
void json_sentence(struct json *j, const char *key, const char *text);
void json_name(struct json *j, const char *key, const char *text);
/* Bytes as {"hex": ...}. */
void json_bytes(struct json *j, const char *key, enum told what, const uint8_t *bytes, size_t len);
void json_redacted(struct json *j, const char *key, const char *what, size_t len);
/* Ends the document. False: writing failed, or memory ran out. */
bool json_end(struct json *j);

#endif
