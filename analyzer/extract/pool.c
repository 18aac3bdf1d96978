/* The address space of a pool, as its parts make it together. */
#include "analyzer/extract/kinds.h"

#include "formats/pool/set.h"

bool extract_pool(struct arena *a, const struct model *m, enum extract_when when, uint32_t nr,
		  struct extract_content *out)
{
	(void)a;
	(void)when;
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;)
		for (uint32_t r = 0; at->pool && r < at->pool->nr; r++) {
			const struct pool_replica *rep = at->pool->replicas[r];

			if (rep->logical == NULL || nr-- != 0)
				continue;
			*out = (struct extract_content){ .image = rep->logical, .what = "the address space of a replica",
							 .node = rep->node };
			return true;
		}
	return false;
}
