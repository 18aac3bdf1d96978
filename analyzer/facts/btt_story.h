/* What the lanes of a BTT were doing, by the flog and the map beside it. */
#ifndef ANALYZER_FACTS_BTT_STORY_H
#define ANALYZER_FACTS_BTT_STORY_H

#include "analyzer/facts/story.h"

/* NULL without memory, or when m has no BTT that was ever written. */
struct story *btt_story(struct arena *a, const struct model *m);

#endif
