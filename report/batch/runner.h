/*
 * A runner. To make a process costs more than to judge a small pool that is in order, and most are.
 * It is a process that is handed one image after the other: the file and the papers are opened for it,
 * and it can open none itself, from its first image on. Only what is not remarkable comes out of it: for
 * all else its reports are thrown away, its process ends, and the image has one of its own (worker.h). So
 * a crash, a hang or a bomb costs the runner, and then that one image.
 */
#ifndef REPORT_BATCH_RUNNER_H
#define REPORT_BATCH_RUNNER_H

#include "report/batch/worker.h"

enum { BATCH_RUNNER_IMAGES = 64, BATCH_RUNNER_PATH_MAX = 4000 }; /* before it is replaced; bytes of a source's name */

struct batch_runner { pid_t pid; int socket; };

/* Starts one. False: errno says why. */
bool batch_runner_start(struct batch_runner *l, const struct batch_job *job, const struct batch_sandbox *sandbox);
/* One file, and nothing that only a process of its own does. */
bool batch_runner_takes(const struct batch_image *im, const struct batch_job *job);
/* Hands it the image and the papers in aside. False: it is gone, or a file could not be opened. */
bool batch_runner_give(const struct batch_runner *l, const struct batch_image *im, const char *aside);
/* What it says when its socket can be read. False: it died. */
bool batch_runner_hear(const struct batch_runner *l, struct batch_told *out);

#endif
