/* A pmemlog descriptor: two words follow from the format and the files, the third only from the data. */
#ifndef ANALYZER_REPAIR_LOG_H
#define ANALYZER_REPAIR_LOG_H

#include "analyzer/repair/plan.h"

void log_repair_bounds(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void log_repair_write(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void log_repair_unused(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
