/* Help, made from the tables of commands. */
#ifndef REPORT_CLI_HELP_H
#define REPORT_CLI_HELP_H

#include "report/cli/command.h"

#include <stdio.h>

void help_all(FILE *f);
void help_command(const struct command *c, FILE *f);
void help_version(FILE *f);

#endif
