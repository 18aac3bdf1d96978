/*
 * Which part of a manifest is ours. A cluster's engine runs the same command many times and gives each a
 * number; an image belongs to the shard that its id says (batch_image_shard), so nobody has to talk.
 */
#ifndef REPORT_BATCH_SHARD_H
#define REPORT_BATCH_SHARD_H

#include "formats/base/status.h"
#include "report/batch/run.h"

/*
 * text: "I/N" as the user gave it; NULL: from the environment. Slurm: SLURM_ARRAY_TASK_ID, _MIN, _STEP
 * and _COUNT. Kubernetes: JOB_COMPLETION_INDEX, with the Job's completions in PMEMSCOPE_SHARDS. *from says
 * which in words; NULL: not sharded. False: p says what is wrong.
 */
bool batch_shard_find(const char *text, struct batch_shard *out, const char **from, struct problem *p);

#endif
