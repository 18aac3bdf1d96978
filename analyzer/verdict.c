#include "analyzer/verdict.h"

#include "analyzer/facts/ending.h"

#include <inttypes.h>
#include <string.h>

static uint64_t bad(const struct findings *fs)
{
	return fs ? fs->nr[ERROR] + fs->nr[WARNING] : 0;
}

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
	return kept == bad(fs); /* what was only counted is not known to be safe */
}

static const char *count(struct arena *a, const struct findings *fs)
{
	uint64_t e = fs->nr[ERROR], w = fs->nr[WARNING];
	const char *errors = e ? arena_printf(a, "%" PRIu64 " error%s", e, e == 1 ? "" : "s") : "";
	const char *warnings = w ? arena_printf(a, "%" PRIu64 " warning%s", w, w == 1 ? "" : "s") : "";

	return arena_printf(a, "%s%s%s", errors, e && w ? " and " : "", warnings);
}

static void say(struct result *r, const char *verdict, const char *sentence, const char *next_step)
{
	r->verdict = verdict;
	r->sentence = sentence;
	r->next_step = next_step;
}

/* Of what recovery does not touch, and its result is not judged by: headers, set files, further replicas. */
static bool beside_content(const struct finding *f)
{
	static const char *const rooms[] = { "pool.", "poolset.", "obj.replica." };

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (strncmp(f->by->id, rooms[i], strlen(rooms[i])) == 0)
			/* replicas that differ by a write's last bytes are brought in line */
			return f->severity == ERROR || (f->severity == WARNING && strcmp(f->by->id, "pool.replica.data") != 0);
	return false;
}

/* Findings as found that are gone once the library has done its work were no damage. */
static bool recovery_heals(const struct result *r)
{
	const struct recovery *rec = r->recovery;

	for (const struct finding *f = r->findings ? r->findings->first : NULL; f; f = f->next)
		if (beside_content(f))
			return false;
	return rec && rec->needed && rec->refused == NULL && rec->findings && bad(rec->findings) == 0;
}

static const char *remedy_of(const struct findings *fs)
{
	return fs->first && fs->first->by->remedy ? fs->first->by->remedy : "Look at the findings.";
}

static void damaged(struct result *r)
{
	const struct findings *fs = r->findings;
	bool open = r->ending == ENDING_OPEN || r->ending == ENDING_TORN || r->ending == ENDING_OTHER_DEVICE ||
		    r->ending == ENDING_ADR_FAILED;
	bool safe = bad(fs) && all_safe(fs) && r->ending != ENDING_ADR_FAILED;
	const char *found = bad(fs) ? arena_printf(r->arena, "%s found.%s", count(r->arena, fs),
						   safe ? " All of it can be mended from what is stored twice." : "")
				    : "No structure is damaged, but the data may be.";
	const char *refused = r->recovery && r->recovery->refused
				      ? arena_printf(r->arena, " Do not open it: %s.", r->recovery->refused)
				      : "";

	say(r, safe ? "repairable" : "damaged",
	    arena_printf(r->arena, "%s%s%s%s", found, refused, open ? " " : "", open ? ending_text(r->ending) : ""),
	    r->ending == ENDING_ADR_FAILED ? ending_advice(r->ending) : bad(fs) ? remedy_of(fs) : "Look at the findings.");
}

static void whole(struct result *r)
{
	const struct findings *fs = r->findings;
	bool open = r->ending == ENDING_OPEN || r->ending == ENDING_TORN || r->ending == ENDING_OTHER_DEVICE;
	bool pending = r->recovery && r->recovery->needed;

	if (pending) {
		const char *what = r->story && r->story->summary ? r->story->summary : "A write was under way.";

		say(r, "recoverable",
		    arena_printf(r->arena, "Nothing is damaged. %s %s finishes or takes back what was under way.", what,
				 r->recovery->by),
		    open ? ending_advice(r->ending) : "Nothing to do: open it as usual, or on a copy first.");
	} else if (open) {
		say(r, "recoverable", ending_text(r->ending), ending_advice(r->ending));
	} else {
		say(r, "clean",
		    fs && fs->unchecked_nr ? arena_printf(r->arena, "Nothing wrong was found; %" PRIu64 " check%s could not look.",
							  fs->unchecked_nr, fs->unchecked_nr == 1 ? "" : "s")
					   : "Nothing wrong was found.",
		    "Nothing to do.");
	}
}

void verdict_make(struct result *r)
{
	if (r->status != STATUS_OK && r->status != STATUS_UNSUPPORTED) {
		say(r, "unread", r->problem.text, "See the message; what was found so far is in the report.");
	} else if (r->status == STATUS_UNSUPPORTED || strcmp(r->model.format, "unknown") == 0) {
		say(r, "not a pool", r->problem.text[0] ? r->problem.text : "Nothing here is a pool, a set file or a BTT.",
		    "Give the pool file, the set file, the directory that holds the parts, or a capture of a namespace.");
	} else if (r->ending == ENDING_ADR_FAILED || (r->recovery && r->recovery->refused) ||
		   (bad(r->findings) && !recovery_heals(r))) {
		damaged(r);
	} else {
		whole(r);
	}
}
