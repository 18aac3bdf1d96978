#include "report/batch/shard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static bool number(const char *text, const char *end_at, uint32_t *out)
{
	char *end;

	errno = 0;
	unsigned long v = text ? strtoul(text, &end, 10) : 0;
	if (text == NULL || *text < '0' || *text > '9' || errno || v > UINT32_MAX || (end_at ? *end != *end_at : *end != '\0'))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool given(const char *text, struct batch_shard *out, struct problem *p)
{
	const char *slash = text;

	while (*slash && *slash != '/')
		slash++;
	if (*slash && number(text, "/", &out->idx) && number(slash + 1, NULL, &out->nr) && out->idx < out->nr)
		return true;
	problem_set(p, STATUS_USAGE, "--shard wants I/N, with I from 0 to N - 1, not '%s'", text);
	return false;
}

static bool slurm(struct batch_shard *out, struct problem *p)
{
	uint32_t id, least = 0, step = 1, count;

	if (!number(getenv("SLURM_ARRAY_TASK_ID"), NULL, &id) || !number(getenv("SLURM_ARRAY_TASK_COUNT"), NULL, &count) ||
	    (getenv("SLURM_ARRAY_TASK_MIN") && !number(getenv("SLURM_ARRAY_TASK_MIN"), NULL, &least)) ||
	    (getenv("SLURM_ARRAY_TASK_STEP") && !number(getenv("SLURM_ARRAY_TASK_STEP"), NULL, &step)) || step == 0 || id < least ||
	    (id - least) % step || (id - least) / step >= count) {
		problem_set(p, STATUS_USAGE, "the Slurm array's variables do not name a shard; use an array like 0-7, or say --shard I/N");
		return false;
	}
	*out = (struct batch_shard){ (id - least) / step, count };
	return true;
}

static bool kubernetes(struct batch_shard *out, struct problem *p)
{
	if (number(getenv("JOB_COMPLETION_INDEX"), NULL, &out->idx) && number(getenv("PMEMSCOPE_SHARDS"), NULL, &out->nr) &&
	    out->idx < out->nr)
		return true;
	problem_set(p, STATUS_USAGE, "JOB_COMPLETION_INDEX is set: put the Job's completions into PMEMSCOPE_SHARDS, or say --shard I/N");
	return false;
}

bool batch_shard_find(const char *text, struct batch_shard *out, const char **from, struct problem *p)
{
	*out = (struct batch_shard){ 0, 1 };
	*from = NULL;
	if (text)
		return given(text, out, p);
	if (getenv("SLURM_ARRAY_TASK_ID")) {
		*from = "of the Slurm array";
		return slurm(out, p);
	}
	if (getenv("JOB_COMPLETION_INDEX")) {
		*from = "of the Kubernetes Indexed Job";
		return kubernetes(out, p);
	}
	return true;
}
