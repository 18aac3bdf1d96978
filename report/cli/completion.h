/* Completion for shells, made from the tables of commands. */
#ifndef REPORT_CLI_COMPLETION_H
#define REPORT_CLI_COMPLETION_H

#include <stdio.h>

void completion_bash(FILE *f);
void completion_zsh(FILE *f);

#endif
