/* The sections of the page, in its order. Each puts nothing where it has nothing to say. */
#ifndef REPORT_HTML_SECTIONS_H
#define REPORT_HTML_SECTIONS_H

#include "report/html/put.h"

void html_verdict_put(FILE *out, const json_t *doc);   /* sentence, next step, counts, recovery */
void html_findings_put(FILE *out, const json_t *doc);  /* and what was not checked */
void html_story_put(FILE *out, const json_t *doc);     /* what was happening, what the library would do */
void html_replicas_put(FILE *out, const json_t *doc);  /* side by side */
void html_plan_put(FILE *out, const json_t *doc);
void html_sources_put(FILE *out, const json_t *doc);   /* provenance */
void html_glossary_put(FILE *out);

/* <section id=id><h2>title</h2>; hint may be NULL. */
void html_section_open(FILE *out, const char *id, const char *title, const char *hint);
/* A table that may scroll sideways, and becomes a list of cards where there is no room for columns. */
void html_table_open(FILE *out, const char *label, const char *const *heads, size_t nr);
void html_table_close(FILE *out);
/* "ok", "note", "warning" or "error": how a verdict, or a finding of a severity, is shown; NULL is a note. */
const char *html_verdict_tone(const char *verdict);
const char *html_severity_tone(const char *severity);
/* A cell that says how bad it is: a word with a tone. */
void html_put_tone(FILE *out, const char *tone, const char *word);
/* A link to a structure's place in the tree. */
void html_put_path(FILE *out, const char *path);
/* "part1.img, byte 0x1000, 64 bytes"; the first place, and how many more there are. */
void html_put_evidence(FILE *out, const json_t *doc, const json_t *evidence);

#endif
