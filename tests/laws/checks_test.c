/* What must hold for every check: a stable id of its own, words for people, a source. */
#include "tests/laws/checks.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

static bool id_well_formed(const char *id)
{
	int dots = 0;

	for (const char *p = id; *p; p++) {
		if (*p != '.' && *p != '-' && !islower((unsigned char)*p) && !isdigit((unsigned char)*p))
			return false;
		dots += *p == '.';
	}
	return dots == 2 && id[0] != '.' && id[strlen(id) - 1] != '.';
}

static bool said(const char *text)
{
	return text && *text && strchr(text, '\n') == NULL;
}

Test(checks, have_an_id_of_their_own)
{
	OVER_CHECKS(c) {
		cr_expect(id_well_formed(c->id), "%s is not format.structure.fault", c->id);
		cr_expect(check_find(c->id) == c, "%s stands for two checks", c->id);
	}
}

static size_t turn(const struct check *of)
{
	size_t n = 0;

	OVER_CHECKS(c) {
		if (c == of)
			return n;
		n++;
	}
	return n;
}

/* Else what the first has found could not silence the second. */
Test(checks, run_after_what_explains_them)
{
	OVER_CHECKS(c) {
		const struct check *first = c->after ? check_find(c->after) : NULL;

		cr_expect(c->after == NULL || first != NULL, "%s comes after %s, which is none", c->id, c->after);
		cr_expect(first == NULL || turn(first) < turn(c), "%s runs before %s", c->id, c->after);
	}
}

Test(checks, are_explained)
{
	OVER_CHECKS(c) {
		cr_expect(said(c->says) && said(c->means) && said(c->remedy) && said(c->source), "%s", c->id);
		cr_expect(said(c->covers), "%s names no row of the references", c->id);
		cr_expect(c->says && c->says[strlen(c->says) - 1] != '.', "%s: says is a clause, no sentence", c->id);
		cr_expect_not_null(c->verify, "%s", c->id);
	}
}
