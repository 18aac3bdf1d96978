#include "report/html/tables.h"

#include "report/json/parts.h"

#include <stdlib.h>

enum {
	ROWS_MAX = 1024,      /* of one table */
	LEN_MAX = 400 * 1024, /* bytes, all tables: a fifth of the page */
};

static bool put_rows(struct json *j, const struct node *n)
{
	void *host = malloc(n->layout->host_size);

	if (host == NULL)
		return false;
	json_open_array(j, "rows");
	for (uint64_t i = 0; i < n->count && i < ROWS_MAX && ftell(j->f) < LEN_MAX; i++)
		if (node_element(n, i, host))
			json_fields(j, NULL, n->layout, host);
		else
			json_nothing(j, NULL);
	json_close_array(j);
	free(host);
	return true;
}

bool html_tables(const struct result *r, const struct redact *rd, FILE *out)
{
	struct json j = { .f = out, .redact = rd };
	bool good = true;

	json_open_array(&j, NULL);
	for (const struct node *n = r->model.root; n && good;) {
		if (n->count && n->layout && n->state == NODE_READ && ftell(out) < LEN_MAX) {
			json_open_object(&j, NULL);
			json_path(&j, "path", n);
			good = put_rows(&j, n);
			json_close_object(&j);
		}
		if (n->child) {
			n = n->child;
			continue;
		}
		while (n != r->model.root && n->next == NULL)
			n = n->parent;
		n = n == r->model.root ? NULL : n->next;
	}
	json_close_array(&j);
	return json_end(&j) && good;
}
