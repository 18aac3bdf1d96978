#include "analyzer/verdict.h"

#include "analyzer/facts/ending.h"

#include <inttypes.h>
#include <string.h>

static bool all_safe(const struct findings *fs)
{
	uint64_t kept = 0;

	for (const struct finding *f = fs->first; f; f = f->next) {
		if (f->severity == NOTE)
			continue;
		kept++;
		if (f->repair != REPAIR_SAFE)
			return false;
	}
	return kept == fs->nr[ERROR] + fs->nr[WARNING]; /* what was only counted is not known to be safe */
}

void verdict_make(struct result *r)
{
	const struct findings *fs = r->findings;
	uint64_t bad = fs ? fs->nr[ERROR] + fs->nr[WARNING] : 0;
	bool open = r->ending == ENDING_OPEN || r->ending == ENDING_TORN || r->ending == ENDING_OTHER_DEVICE;

	if (r->model.format == NULL || strcmp(r->model.format, "unknown") == 0) {
		r->verdict = "not a pool";
		r->sentence = "Nothing here is a pool of PMDK, a set file or a BTT.";
		r->next_step = "Give the pool file, the set file, or the directory that holds the parts.";
		return;
	}
	if (bad == 0 && r->ending != ENDING_ADR_FAILED) {
		r->verdict = open ? "recoverable" : "clean";
		r->sentence = open ? ending_text(r->ending)
			    : fs && fs->unchecked_nr
				    ? arena_printf(r->arena, "Nothing wrong was found; %" PRIu64 " checks could not look.",
						   fs->unchecked_nr)
				    : "Nothing wrong was found.";
		r->next_step = open ? ending_advice(r->ending) : "Nothing to do.";
		return;
	}
	bool safe = bad && all_safe(fs) && r->ending != ENDING_ADR_FAILED;
	r->verdict = safe ? "recoverable" : "damaged";
	r->sentence = arena_printf(r->arena, "%" PRIu64 " errors and %" PRIu64 " warnings.%s%s", fs ? fs->nr[ERROR] : 0,
				   fs ? fs->nr[WARNING] : 0, open || r->ending == ENDING_ADR_FAILED ? " " : "",
				   open || r->ending == ENDING_ADR_FAILED ? ending_text(r->ending) : "");
	r->next_step = r->ending == ENDING_ADR_FAILED ? ending_advice(r->ending)
		     : fs && fs->first && fs->first->by->remedy ? fs->first->by->remedy
							       : "Look at the findings.";
}
