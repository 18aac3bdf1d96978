#include "report/cli/help.h"

#include "report/text/page.h"

#include <stdlib.h>
#include <string.h>

static struct page page_of(FILE *f)
{
	const char *columns = getenv("COLUMNS");
	long w = columns ? strtol(columns, NULL, 10) : 0;

	return (struct page){ .f = f, .width = w >= PAGE_NARROWEST && w < PAGE_WIDEST ? (unsigned)w : PAGE_WIDTH };
}

void help_version(FILE *f)
{
	fprintf(f, "pmemscope %s\n", PMEMSCOPE_VERSION);
}

void help_all(FILE *f)
{
	struct page p = page_of(f);

	page_line(&p, 0, "usage: pmemscope COMMAND [options] SOURCE...");
	page_gap(&p);
	page_text(&p, 0, "Analyses persistent-memory pools of PMDK offline: pool files, set files, directories of parts, raw "
		"captures and devices, also compressed.");
	page_gap(&p);
	for (size_t i = 0; i < commands_nr; i++)
		if (!commands[i]->hidden)
			page_term(&p, 2, 14, commands[i]->name, commands[i]->summary);
	page_gap(&p);
	page_text(&p, 0, "pmemscope COMMAND --help tells the options of one. Start with: pmemscope analyze FILE");
	page_gap(&p);
	page_text(&p, 0, "Exit status: 0 clean, 1 problems corrected, 4 problems left, 8 our own work failed, 16 wrong usage, "
		"32 interrupted, 64 not a pool or not supported.");
}

void help_command(const struct command *c, FILE *f)
{
	struct page p = page_of(f);
	const struct option_table *t;
	char term[96];

	page_text(&p, 0, "usage: pmemscope %s [options] %s", c->name, c->args);
	page_gap(&p);
	page_paragraphs(&p, 0, c->about);
	for (size_t i = 0; (t = command_table(c, i)) != NULL; i++) {
		page_gap(&p);
		page_text(&p, 0, "%s:", t->title);
		for (size_t n = 0; n < t->nr; n++) {
			const struct option_row *o = &t->rows[n];

			char letter[5] = { '-', o->letter, ',', ' ', '\0' };

			snprintf(term, sizeof(term), "%s--%s%s%s", o->letter ? letter : "    ", o->name, o->arg ? " " : "",
				 o->arg ? o->arg : "");
			page_term(&p, 2, 26, term, o->help);
		}
	}
}
