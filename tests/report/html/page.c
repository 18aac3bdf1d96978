/* html_page REPORT.json: the page of a report that is JSON already, on standard output. */
#include "report/html/html.h"

int main(int argc, char **argv)
{
	json_error_t e;
	json_t *doc = json_load_file(argc == 2 ? argv[1] : "", 0, &e), *tables = json_array();
	enum status st = STATUS_USAGE;

	if (doc)
		st = html_render(doc, tables, stdout);
	else
		fprintf(stderr, "html_page: %s\n", e.text);
	json_decref(doc);
	json_decref(tables);
	return st == STATUS_OK ? 0 : 1;
}
