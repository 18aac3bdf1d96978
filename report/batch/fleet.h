/* The page over a fleet: how many of which verdict, what they have in common, and which to look at first. */
#ifndef REPORT_BATCH_FLEET_H
#define REPORT_BATCH_FLEET_H

#include "report/batch/db.h"

enum { BATCH_FLEET_IMAGES = 1000, BATCH_FLEET_CLUSTERS = 200 }; /* listed at most; the page says how many more there are */

/* results: the directory that reports are named from; out: the page's own. */
enum status batch_fleet(struct batch_db *db, const char *results, const char *out, FILE *f);

#endif
