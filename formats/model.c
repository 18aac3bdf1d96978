#include "formats/model.h"

const struct model *model_next(const struct model *top, const struct model *m)
{
	if (m == NULL)
		return top;
	if (m->inside)
		return m->inside;
	while (m != top && m->next == NULL)
		m = m->up;
	return m == top ? NULL : m->next;
}

const struct model *model_top(const struct model *m)
{
	while (m->up)
		m = m->up;
	return m;
}

bool model_left_out(const struct model *m)
{
	return m->intake && sources_left_out(&m->intake->sources);
}
