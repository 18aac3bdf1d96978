/* Every command, each in its cmd_<word>.c. */
#ifndef REPORT_CLI_VERBS_H
#define REPORT_CLI_VERBS_H

#include "report/cli/command.h"

extern const struct command command_analyze, command_check, command_show, command_explain, command_extract,
	command_repair, command_apply, command_undo;

#endif
