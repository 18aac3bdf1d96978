/* All checks there are. */
#ifndef TESTS_LAWS_CHECKS_H
#define TESTS_LAWS_CHECKS_H

#include "analyzer/check.h"

#define OVER_CHECKS(c)                                                \
	for (size_t t_ = 0; t_ < check_tables_nr; t_++)               \
		for (const struct check *c = check_tables[t_]->checks; \
		     c < check_tables[t_]->checks + check_tables[t_]->nr; c++)

#endif
