/* The JSON report, as report/json/schema.json describes it. */
#ifndef REPORT_JSON_JSON_H
#define REPORT_JSON_JSON_H

#include "report/report.h"

#define JSON_SCHEMA_VERSION "1.0"

/* One document. STATUS_IO: writing failed; STATUS_NOMEM. */
enum status json_report(const struct result *r, const struct report_options *o, FILE *f);

/*
 * JSON Lines: a head (all but findings, model and layouts) with "record": "report", then each finding
 * with "record": "finding". One line each.
 */
enum status json_lines(const struct result *r, const struct report_options *o, FILE *f);

/* The whole list of checks and more, or one check (NULL: all). */
enum status json_checks(const struct check *only, const struct check_table *more, FILE *f);

/* A node and what is below it, by itself. */
enum status json_node(const struct node *n, const struct redact *rd, FILE *f);
/* Elements [first, first + nr) of an array node. */
enum status json_elements(const struct node *array, uint64_t first, uint64_t nr, const struct redact *rd, FILE *f);

#endif
