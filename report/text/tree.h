/* The model on a page: as a tree, a structure as a table, elements of an array. */
#ifndef REPORT_TEXT_TREE_H
#define REPORT_TEXT_TREE_H

#include "formats/base/node.h"
#include "report/text/page.h"

enum { TREE_DEPTH_MAX = 64 };

struct tree_limits {
	unsigned depth; /* levels below the node */
	uint64_t alike; /* neighbours of one name, or elements, shown; the rest is counted */
};

/* The node, its facts and fields, and what is below it. */
void tree_node(struct page *p, const struct node *n, struct tree_limits limits);
/* What is below it. */
void tree_below(struct page *p, const struct node *n, struct tree_limits limits);
/* One element of an array node, its fields behind each other. */
void tree_element(struct page *p, const struct node *array, uint64_t i);

#endif
