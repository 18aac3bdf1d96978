#include "report/outcome.h"

enum exit_status outcome_of_status(enum status s)
{
	static const enum exit_status map[] = {
		[STATUS_OK] = EXIT_CLEAN,	   [STATUS_NOMEM] = EXIT_FAILED,
		[STATUS_IO] = EXIT_FAILED,	   [STATUS_LIMIT] = EXIT_FAILED,
		[STATUS_UNSUPPORTED] = EXIT_NO_POOL, [STATUS_USAGE] = EXIT_USAGE,
		[STATUS_INTERRUPTED] = EXIT_INTERRUPTED,
	};

	return map[s];
}

enum exit_status outcome_of(const struct result *r, enum severity fail_on)
{
	if (r->status != STATUS_OK)
		return outcome_of_status(r->status);
	if (r->findings == NULL)
		return EXIT_FAILED;
	for (int s = (int)fail_on; s <= (int)ERROR; s++)
		if (r->findings->nr[s])
			return EXIT_LEFT;
	/* what damages a pool without a finding: its data may be gone, or nothing opens it any more */
	if (r->ending == ENDING_ADR_FAILED || (r->recovery && r->recovery->refused))
		return EXIT_LEFT;
	return EXIT_CLEAN;
}

int outcome_join(int a, int b)
{
	if (a <= (EXIT_CORRECTED | EXIT_LEFT) && b <= (EXIT_CORRECTED | EXIT_LEFT))
		return a | b;
	return a > b ? a : b;
}

const char *outcome_severity(enum severity s)
{
	static const char *const names[] = { [NOTE] = "note", [WARNING] = "warning", [ERROR] = "error" };

	return names[s];
}

const char *outcome_verdict(enum verdict v)
{
	static const char *const names[] = { [CORRUPT] = "corrupt", [CONFLICT] = "conflict",
					     [UNVERIFIED] = "unverified" };

	return names[v];
}

const char *outcome_repair(enum remedy_class c)
{
	static const char *const names[] = { [REPAIR_NONE] = "none", [REPAIR_SAFE] = "safe", [REPAIR_ASK] = "ask",
					     [REPAIR_ADVANCED] = "advanced" };

	return names[c];
}

const char *outcome_status(enum status s)
{
	static const char *const names[] = {
		[STATUS_OK] = "ok",	  [STATUS_NOMEM] = "nomem",	        [STATUS_IO] = "io",
		[STATUS_LIMIT] = "limit", [STATUS_UNSUPPORTED] = "unsupported", [STATUS_USAGE] = "usage",
		[STATUS_INTERRUPTED] = "interrupted",
	};

	return names[s];
}

const char *outcome_ending(enum ending e)
{
	static const char *const names[] = {
		[ENDING_UNKNOWN] = "unknown",		[ENDING_CLOSED] = "closed",
		[ENDING_OPEN] = "open",			[ENDING_ADR_FAILED] = "adr-failed",
		[ENDING_OTHER_DEVICE] = "other-device", [ENDING_UNPROTECTED] = "unprotected",
		[ENDING_TORN] = "torn",
	};

	return names[e];
}

const char *outcome_activity(enum activity_state s)
{
	static const char *const names[ACTIVITY_STATES] = {
		[ACTIVITY_FORWARD] = "forward", [ACTIVITY_BACK] = "back", [ACTIVITY_TORN] = "torn",
		[ACTIVITY_UNSURE] = "unsure",	[ACTIVITY_PAST] = "past",
	};

	return names[s];
}

const char *outcome_node(enum node_state s)
{
	static const char *const names[] = {
		[NODE_READ] = "read",	  [NODE_LOST] = "lost",	  [NODE_OUTSIDE] = "outside",
		[NODE_ABSENT] = "absent", [NODE_GROUP] = "group",
	};

	return names[s];
}

void outcome_repairs(const struct findings *fs, uint64_t nr[4])
{
	for (int i = 0; i < 4; i++)
		nr[i] = 0;
	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next)
		if (f->severity != NOTE)
			nr[f->repair]++;
}

uint64_t outcome_listed(const struct findings *fs, const struct check *by)
{
	uint64_t nr = 0;

	for (const struct finding *f = fs->first; f; f = f->next)
		nr += f->by == by;
	return nr;
}
