/*
 * All images and findings as one SQLite file, to be asked what they have in common. Numbers are integers;
 * what a report does not tell is NULL. Rows stand in the order of ids, so the same results give the same
 * tables.
 */
#ifndef REPORT_BATCH_DB_H
#define REPORT_BATCH_DB_H

#include "formats/base/status.h"

#include <jansson.h>
#include <stdio.h>

struct batch_db;

/* Creates path, which must not be there. NULL: p says why. */
struct batch_db *batch_db_create(const char *path, struct problem *p);
/* A line of images.jsonl, a line of findings.jsonl. */
bool batch_db_image(struct batch_db *db, const json_t *row);
bool batch_db_finding(struct batch_db *db, const json_t *row);
/* Ends the writing; what was added can be asked for. False: p says why. */
bool batch_db_settle(struct batch_db *db, struct problem *p);
void batch_db_close(struct batch_db *db);

/* Each row of a query; text[i] is NULL for NULL. False ends it. */
typedef bool batch_db_row(void *ctx, const char *const *text);
bool batch_db_ask(struct batch_db *db, const char *query, batch_db_row *row, void *ctx);

#endif
