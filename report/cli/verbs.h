/* Every command, each in its cmd_<word>.c. */
#ifndef REPORT_CLI_VERBS_H
#define REPORT_CLI_VERBS_H

#include "report/cli/command.h"

extern const struct command command_analyze;
extern const struct command command_check;
extern const struct command command_show;
extern const struct command command_diff;
extern const struct command command_report;
extern const struct command command_explain;
extern const struct command command_extract;
extern const struct command command_capture;
extern const struct command command_repair;
extern const struct command command_apply;
extern const struct command command_undo;
extern const struct command command_batch;
extern const struct command command_feature;
extern const struct command command_sync;
extern const struct command command_transform;
extern const struct command command_rm;
extern const struct command command_generate;

#endif
