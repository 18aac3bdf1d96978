#include "report/cli/manual.h"

#include "analyzer/check.h"
#include "report/batch/job.h"
#include "report/cli/command.h"
#include "report/outcome.h"

#include <ctype.h>
#include <string.h>

/* Text without marks of scdoc. */
static void text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (strchr("_*\\`#|<>[]~", *s))
			putc('\\', f);
		putc(*s, f);
	}
}

static void option(FILE *f, const struct option_row *o)
{
	if (o->letter)
		fprintf(f, "*-%c*, ", o->letter);
	fprintf(f, "*--%s*", o->name);
	if (o->arg) {
		fputs(" _", f);
		text(f, o->arg);
		putc('_', f);
	}
	fputs("\n\t", f);
	text(f, o->help);
	fputs("\n\n", f);
}

/* The first command tells the options that others share. */
static bool told_with_first(const struct command *c, const struct option_table *t)
{
	for (size_t i = 0; c != commands[0] && i < TABLES_MAX; i++)
		if (commands[0]->tables[i] == t)
			return true;
	return false;
}

static void command(FILE *f, const struct command *c)
{
	const struct option_table *t;

	fprintf(f, "# PMEMSCOPE ");
	for (const char *p = c->name; *p; p++)
		putc(toupper((unsigned char)*p), f);
	fprintf(f, "\n\n*pmemscope %s* [options] ", c->name);
	text(f, c->args);
	fputs("\n\n", f);
	text(f, c->about);
	fputs("\n\n", f);
	for (size_t i = 0; i < TABLES_MAX && (t = c->tables[i]) != NULL; i++) {
		if (told_with_first(c, t)) {
			text(f, t->title);
			fprintf(f, ": the options of *pmemscope %s*.\n\n", commands[0]->name);
			continue;
		}
		text(f, t->title);
		fputs(":\n\n", f);
		for (size_t n = 0; n < t->nr; n++)
			option(f, &t->rows[n]);
	}
}

void manual_commands(FILE *f)
{
	for (size_t i = 0; i < commands_nr; i++)
		if (!commands[i]->hidden)
			command(f, commands[i]);
	fputs("# COMMON OPTIONS\n\n", f);
	for (size_t n = 0; n < option_common.nr; n++)
		option(f, &option_common.rows[n]);
}

static void item(FILE *f, const char *name, const char *value)
{
	if (value == NULL)
		return;
	fprintf(f, "\t_%s_: ", name);
	text(f, value);
	fputs("\n\n", f);
}

static void checks(FILE *f, const struct check_table *table)
{
	for (size_t i = 0; i < table->nr; i++) {
		const struct check *c = &table->checks[i];

		putc('*', f);
		text(f, c->id);
		fprintf(f, "* (%s)\n\t", outcome_severity(c->severity));
		text(f, c->says);
		fputs("\n\n", f);
		item(f, "means", c->means);
		item(f, "do next", c->remedy);
		item(f, "source", c->source);
	}
}

void manual_findings(FILE *f)
{
	for (size_t t = 0; t < check_tables_nr; t++)
		checks(f, check_tables[t]);
	checks(f, &batch_end_checks);
}
