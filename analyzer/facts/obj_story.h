/* What the lanes of a pmemobj pool say: who was doing what when it ended, and what was done before. */
#ifndef ANALYZER_FACTS_OBJ_STORY_H
#define ANALYZER_FACTS_OBJ_STORY_H

#include "analyzer/facts/story.h"

/*
 * past: also looks back into stale entries that can still be proved. NULL: no pmemobj pool, or no
 * memory.
 */
struct story *obj_story(struct arena *a, const struct model *m, bool past);

#endif
