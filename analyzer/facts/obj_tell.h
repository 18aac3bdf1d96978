/* What the account of a pmemobj heap found, told in the model's tree: how full it is, and of what. */
#ifndef ANALYZER_FACTS_OBJ_TELL_H
#define ANALYZER_FACTS_OBJ_TELL_H

#include "analyzer/facts/facts.h"
#include "formats/model.h"

/* Adds to the heap's nodes what facts know by now. Called once a model. */
void obj_tell(struct arena *a, const struct model *m, const struct facts *f);

#endif
