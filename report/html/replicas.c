#include "report/html/sections.h"

#include <string.h>

enum { COLUMNS = 12 }; /* parts side by side; more are told, not shown */

static const json_t *node_at(const json_t *node, const char *path)
{
	const char *own = html_string(node, "path");
	size_t i, len = own ? strlen(own) : 0;
	const json_t *c;

	if (own == NULL || strcmp(own, path) == 0)
		return own ? node : NULL;
	if (len && (strncmp(path, own, len) != 0 || path[len] != '.'))
		return NULL;
	json_array_foreach(json_object_get(node, "children"), i, c) {
		const json_t *found = node_at(c, path);

		if (found)
			return found;
	}
	return NULL;
}

static const json_t *child_of(const json_t *node, const char *name)
{
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(node, "children"), i, c)
		if (html_string(c, "name") && strcmp(html_string(c, "name"), name) == 0)
			return json_object_get(c, "fields") ? c : NULL;
	return NULL;
}

/* How many cells say the same as the cell at idx. */
static size_t agreeing(const json_t *const *cells, size_t nr, size_t idx)
{
	size_t same = 0;

	for (size_t i = 0; i < nr; i++)
		same += json_equal(cells[i], cells[idx]) || cells[i] == cells[idx];
	return same;
}

static void put_cells(FILE *out, const json_t *field, const json_t *const *cells, size_t nr, bool differ)
{
	size_t most = 0;

	for (size_t i = 0; i < nr; i++)
		most = agreeing(cells, nr, i) > most ? agreeing(cells, nr, i) : most;
	fprintf(out, "<tr%s><th scope=\"row\">", differ ? " class=\"differs\"" : "");
	html_put_text(out, html_string(field, "name"));
	fputs("</th>", out);
	for (size_t i = 0; i < nr; i++) {
		bool odd = differ && (agreeing(cells, nr, i) < most || most == 1 || 2 * most == nr);

		fputs(odd ? "<td class=\"odd\"><mark>" : "<td>", out);
		if (cells[i])
			html_put_value(out, cells[i]);
		else
			fputs("\xe2\x80\x94", out);
		fputs(odd ? "</mark></td>" : "</td>", out);
	}
	fputs("</tr>\n", out);
}

/* The fields of the child called name of every part, those that differ or those that do not. */
static size_t put_rows(FILE *out, const json_t *layout, const json_t *const *nodes, size_t nr, bool differ)
{
	const json_t *field;
	size_t i, rows = 0;

	json_array_foreach(json_object_get(layout, "fields"), i, field) {
		const json_t *cells[COLUMNS];
		const char *name = html_string(field, "name");
		bool pad = html_string(field, "kind") && strcmp(html_string(field, "kind"), "pad") == 0, any = false;

		for (size_t n = 0; n < nr; n++) {
			cells[n] = json_object_get(json_object_get(nodes[n], "fields"), name ? name : "");
			any = any || cells[n];
		}
		if ((agreeing(cells, nr, 0) != nr) != differ || (pad && !any))
			continue;
		rows++;
		if (out)
			put_cells(out, field, cells, nr, differ);
	}
	return rows;
}

static void put_head(FILE *out, const char *const *paths, size_t nr, const char *name)
{
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"", out);
	html_put_text(out, name);
	fputs(" side by side\"><table class=\"sides\"><thead><tr><th scope=\"col\">field</th>", out);
	for (size_t i = 0; i < nr; i++) {
		fputs("<th scope=\"col\">", out);
		html_put_path(out, paths[i]);
		fputs("</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
}

static void put_structure(FILE *out, const json_t *doc, const char *name, const json_t *const *parts,
			  const char *const *paths, size_t nr)
{
	const json_t *nodes[COLUMNS];
	const char *of[COLUMNS];
	size_t have = 0;

	for (size_t i = 0; i < nr; i++) {
		const json_t *n = child_of(parts[i], name);

		if (n == NULL)
			continue;
		of[have] = paths[i];
		nodes[have++] = n;
	}
	const char *layout_name = have ? html_string(nodes[0], "layout") : NULL;
	const json_t *layout = json_object_get(json_object_get(doc, "layouts"), layout_name ? layout_name : "");
	if (have < 2 || layout == NULL)
		return;
	size_t differ = put_rows(NULL, layout, nodes, have, true), same = put_rows(NULL, layout, nodes, have, false);
	fputs("<h3>", out);
	html_put_text(out, name);
	fprintf(out, "</h3>\n<p>%zu %s, %zu the same everywhere.</p>\n", differ,
		differ == 1 ? "field differs" : "fields differ", same);
	if (differ) {
		put_head(out, of, have, name);
		put_rows(out, layout, nodes, have, true);
		fputs("</tbody></table></div>\n", out);
	}
	if (same) {
		fputs("<details><summary>Fields that are the same</summary>\n", out);
		put_head(out, of, have, name);
		put_rows(out, layout, nodes, have, false);
		fputs("</tbody></table></div></details>\n", out);
	}
}

void html_replicas_put(FILE *out, const json_t *doc)
{
	const json_t *pool = json_object_get(doc, "pool"), *model = json_object_get(doc, "model"), *r, *p, *c;
	const json_t *parts[COLUMNS];
	const char *paths[COLUMNS];
	size_t i, j, nr = 0, all = 0;

	json_array_foreach(json_object_get(pool, "replicas"), i, r)
		json_array_foreach(json_object_get(r, "parts"), j, p) {
			const json_t *n = html_string(p, "path") ? node_at(model, html_string(p, "path")) : NULL;

			all += n != NULL;
			if (n && nr < COLUMNS) {
				paths[nr] = html_string(p, "path");
				parts[nr++] = n;
			}
		}
	if (nr < 2)
		return;
	html_section_open(out, "replicas", "Parts and replicas side by side",
			  "What differs is above; marked cells say something else than most, or nobody agrees.");
	if (all > nr)
		fprintf(out, "<p class=\"cut\">The first %zu of %zu parts are shown.</p>\n", nr, all);
	json_array_foreach(json_object_get(parts[0], "children"), i, c)
		if (html_string(c, "layout"))
			put_structure(out, doc, html_string(c, "name"), parts, paths, nr);
	fputs("</section>\n", out);
}
