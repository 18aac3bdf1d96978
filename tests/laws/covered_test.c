/*
 * Every check is tripped by a case of the corpus; every row of the format references has a check, or
 * a reason why there is none.
 */
#include "tests/laws/checks.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *source_path(const char *name, char path[4096])
{
	const char *root = getenv("SOURCE");

	snprintf(path, 4096, "%s/%s", root ? root : ".", name);
	return path;
}

/* rows.txt: "ROW" alone, or "ROW - why there is no check". */
static json_t *rows_read(void)
{
	char path[4096], line[512];
	FILE *f = fopen(source_path("tests/laws/rows.txt", path), "r");
	json_t *rows = json_object();

	cr_assert_not_null(f, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		char row[32];

		if (line[0] == '#' || sscanf(line, "%31s", row) != 1)
			continue;
		cr_expect_null(json_object_get(rows, row), "%s stands twice", row);
		json_object_set_new(rows, row, json_string(strstr(line, " - ") ? "none" : "check"));
	}
	fclose(f);
	cr_assert(json_object_size(rows) > 100);
	return rows;
}

Test(rows, of_the_references_have_a_check_or_a_reason)
{
	json_t *rows = rows_read(), *v;
	const char *row;

	json_object_foreach(rows, row, v) {
		bool reason = strcmp(json_string_value(v), "none") == 0;

		cr_expect(reason != (check_covering(row) != NULL), "%s: %s", row,
			  reason ? "a check covers it, and rows.txt says why there is none" : "no check covers it");
	}
	OVER_CHECKS(c) {
		char *words = strdup(c->covers ? c->covers : ""), *save;

		for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
			cr_expect_not_null(json_object_get(rows, w), "%s covers %s, which is no row", c->id, w);
		free(words);
	}
	json_decref(rows);
}

/* The set of ids that the cases of the corpus expect. */
static json_t *tripped_read(size_t *controls)
{
	char path[4096];
	json_t *ids = json_object();
	glob_t g;

	cr_assert_eq(glob(source_path("corpus/*/*/expect.json", path), 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		json_t *expect = json_load_file(g.gl_pathv[i], JSON_REJECT_DUPLICATES, NULL);
		json_t *findings = json_object_get(expect, "findings"), *f;
		size_t at;

		cr_expect(json_is_array(findings), "%s", g.gl_pathv[i]);
		*controls += json_array_size(findings) == 0;
		json_array_foreach(findings, at, f) {
			const char *id = json_string_value(json_object_get(f, "id"));

			cr_expect(id && check_find(id), "%s expects %s", g.gl_pathv[i], id ? id : "a finding without id");
			if (id)
				json_object_set_new(ids, id, json_true());
		}
		json_decref(expect);
	}
	globfree(&g);
	return ids;
}

Test(checks, are_tripped_by_a_case)
{
	size_t controls = 0;
	json_t *ids = tripped_read(&controls);

	OVER_CHECKS(c)
		cr_expect_not_null(json_object_get(ids, c->id), "%s: no case of the corpus trips it", c->id);
	cr_expect(controls >= 10, "%zu cases of undamaged pools", controls);
	json_decref(ids);
}
