/*
 * SARIF 2.1.0: the findings as results of a static analysis, for the tools that read these. Checks are
 * rules, files and what is peeled out of them are nested artifacts, places are byte regions.
 */
#ifndef REPORT_SARIF_SARIF_H
#define REPORT_SARIF_SARIF_H

#include "analyzer/compare.h"
#include "report/report.h"

/* What stands before the first run, between two, and behind the last. */
#define SARIF_BEFORE \
	"{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": \"2.1.0\", \"runs\": [\n"
#define SARIF_BETWEEN ",\n"
#define SARIF_AFTER "]}\n"

/* One run. */
enum status sarif_run(const struct result *r, const struct report_options *o, FILE *f);
/* A whole log of that run alone. */
enum status sarif_log(const struct result *r, const struct report_options *o, FILE *f);
/*
 * A whole log with one run: of b, with a as its baseline. Each result has a baselineState: new, unchanged, or absent
 * when it was found in a alone.
 */
enum status sarif_diff(const struct result *a, const struct result *b, const struct comparison *cmp,
		       const struct report_options *o, FILE *f);

#endif
