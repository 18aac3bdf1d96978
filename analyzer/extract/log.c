/* The text of a pmemlog pool. */
#include "analyzer/extract/kinds.h"

#include "formats/image/window.h"
#include "formats/log/log.h"

bool extract_log(struct arena *a, const struct model *m, enum extract_when when, uint32_t nr,
		 struct extract_content *out)
{
	(void)when;
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;) {
		const struct log_pool *l = at->log;

		if (l == NULL || nr-- != 0)
			continue;
		*out = (struct extract_content){ .what = "the text of a log", .node = l->node };
		uint64_t from = l->usable ? l->text_at : l->start, end = l->usable ? from + l->text_len : l->size;
		if (!l->usable)
			out->note = "where the log ends is not known: this is the whole data area";
		out->image = from <= end ? window_open(a, "the log's text", l->image, from, end - from) : NULL;
		return out->image != NULL;
	}
	return false;
}
