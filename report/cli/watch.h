/*
 * One thread looks after signals and progress, so that no handler ever runs in the middle of our work.
 * SIGINT and SIGTERM ask the work to stop, and end the program when it does not within two seconds, or
 * at a second one; SIGUSR1 prints a line.
 */
#ifndef REPORT_CLI_WATCH_H
#define REPORT_CLI_WATCH_H

#include "report/cli/cli.h"

/* Blocks the signals; to be called before any other thread is there. */
void watch_signals(void);
/* False, with a message. */
bool watch_start(const struct cli *c);
void watch_stop(void);
/* Takes the progress off the terminal until there is new one: before something is printed. */
void watch_hide(void);
/* For intake_options.progress: false once a signal asked to stop. */
bool watch_progress(void *ctx, const char *what, uint64_t done, uint64_t total);
bool watch_asked_to_stop(void);

#endif
