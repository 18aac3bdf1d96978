/* What a new pool does not have of the one that it was made of; losses.schema.json tells each word. */
#ifndef REPORT_JSON_LOSSES_H
#define REPORT_JSON_LOSSES_H

#include "analyzer/repair/salvage.h"
#include "report/json/writer.h"

/* r: of the evidence. False: writing failed, or memory ran out. */
bool json_losses(const struct salvage *s, const struct result *r, const struct redact *redact, FILE *f);

#endif
