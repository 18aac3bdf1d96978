/*
 * A structure's bytes beside what they mean: a row for each field, cut into lines. Offsets count in
 * the file that a person can open. Runs of zeros are folded; bytes that could not be read are "??",
 * those that the filter leaves out "..".
 */
#ifndef REPORT_HEXVIEW_HEXVIEW_H
#define REPORT_HEXVIEW_HEXVIEW_H

#include "formats/base/node.h"
#include "report/text/page.h"

/* n has a place. Data without inner structure is the application's: shown only when asked for. */
void hexview_node(struct page *p, const struct node *n, uint64_t max);
/* Element i of an array node. */
void hexview_element(struct page *p, const struct node *array, uint64_t i);

#endif
