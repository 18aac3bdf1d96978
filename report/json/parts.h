/* The pieces that the documents of this room are made of. */
#ifndef REPORT_JSON_PARTS_H
#define REPORT_JSON_PARTS_H

#include "report/json/writer.h"
#include "report/place.h"
#include "report/report.h"

void json_path(struct json *j, const char *key, const struct node *n);
void json_evidence(struct json *j, const char *key, struct place p);
void json_finding(struct json *j, const struct finding *f);
void json_findings(struct json *j, const char *key, const struct findings *fs);
void json_counts(struct json *j, const char *key, const struct findings *fs); /* by severity */
void json_time(struct json *j, const char *key, uint64_t seconds);

void json_sources(struct json *j, const struct result *r, const struct report_options *o);
void json_pool(struct json *j, const struct result *r);
void json_activities(struct json *j, const struct story *s);
void json_map(struct json *j, const struct map *m);
void json_recovery(struct json *j, const struct recovery *rec);
/* rep may be NULL: then there are no steps. */
void json_plan(struct json *j, const struct result *r, const struct repair *rep);
void json_check(struct json *j, const char *key, const struct check *c);
/* The checks that the report names, in the order of the tables; to be freed. NULL without memory. */
const struct check **json_checks_list(const struct result *r, size_t *nr);
/* The same as an object, by id. False without memory. */
bool json_checks_named(struct json *j, const struct result *r);

void json_model(struct json *j, const char *key, const struct node *root);
/* The fields of a decoded structure, as an object. */
void json_fields(struct json *j, const char *key, const struct layout *l, const void *host);
/* One of them, and what was made out of several. Padding that is zero is not told. */
void json_field(struct json *j, const char *key, const struct field *f, const void *host);
void json_fact(struct json *j, const char *key, const struct fact *f);
/* The layouts that nodes below root have. False without memory. */
bool json_layouts(struct json *j, const struct node *root);

#endif
