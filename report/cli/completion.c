#include "report/cli/completion.h"

#include "analyzer/check.h"
#include "report/cli/command.h"

#include <string.h>

static void check_ids(FILE *f)
{
	for (size_t t = 0; t < check_tables_nr; t++)
		for (size_t i = 0; i < check_tables[t]->nr; i++)
			fprintf(f, "%s%s", t || i ? " " : "", check_tables[t]->checks[i].id);
}

/* What stands behind an option, as a compgen call; NULL: nothing that can be listed. */
static void bash_argument(FILE *f, const struct option_row *o)
{
	switch (o->kind) {
	case ARG_FILE:
		fputs("compgen -f -- \"$cur\"", f);
		break;
	case ARG_DIR:
		fputs("compgen -d -- \"$cur\"", f);
		break;
	case ARG_CHECK:
		fputs("compgen -W \"$_pmemscope_checks\" -- \"$cur\"", f);
		break;
	default:
		fprintf(f, "compgen -W '%s' -- \"$cur\"", o->words ? o->words : "");
	}
}

static void bash_command(FILE *f, const struct command *c)
{
	const struct option_row *o;

	fprintf(f, "\t%s)\n\t\tcase $prev in\n", c->name);
	for (size_t i = 0; (o = command_option(c, i)) != NULL; i++) {
		if (o->kind == ARG_NONE)
			continue;
		fprintf(f, "\t\t--%s) _pmemscope_reply \"$(", o->name);
		bash_argument(f, o);
		fputs(")\"; return ;;\n", f);
	}
	fputs("\t\tesac\n\t\toptions='", f);
	for (size_t i = 0; (o = command_option(c, i)) != NULL; i++)
		fprintf(f, "%s--%s", i ? " " : "", o->name);
	fprintf(f, "'\n\t\twords='%s'\n\t\t;;\n", c->sources ? "" : strcmp(c->args, "[ID]") == 0 ? "checks" : "none");
}

void completion_bash(FILE *f)
{
	fputs("# bash completion of pmemscope; made from its table of commands\n_pmemscope_checks='", f);
	check_ids(f);
	fputs("'\n\n_pmemscope_reply()\n{\n\tlocal IFS=$'\\n'\n\tCOMPREPLY=($1)\n}\n\n"
	      "_pmemscope()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options words\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\t_pmemscope_reply \"$(compgen -W '",
	      f);
	for (size_t i = 0; i < commands_nr; i++)
		if (!commands[i]->hidden)
			fprintf(f, "%s ", commands[i]->name);
	fputs("--help --version' -- \"$cur\")\"\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n", f);
	for (size_t i = 0; i < commands_nr; i++)
		if (!commands[i]->hidden)
			bash_command(f, commands[i]);
	fputs("\tesac\n"
	      "\tcase $cur in\n"
	      "\t-*) _pmemscope_reply \"$(compgen -W \"$options\" -- \"$cur\")\" ;;\n"
	      "\t*)\n"
	      "\t\tcase $words in\n"
	      "\t\tchecks) _pmemscope_reply \"$(compgen -W \"$_pmemscope_checks\" -- \"$cur\")\" ;;\n"
	      "\t\tnone) ;;\n"
	      "\t\t*) _pmemscope_reply \"$(compgen -f -- \"$cur\")\" ;;\n"
	      "\t\tesac\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "}\ncomplete -o filenames -F _pmemscope pmemscope\n",
	      f);
}

/* Inside '...', and inside [...] of an _arguments spec. */
static void zsh_text(FILE *f, const char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", f);
		else if (strchr("[]:\\", *text))
			fprintf(f, "\\%c", *text);
		else
			putc(*text, f);
}

static void zsh_option(FILE *f, const struct option_row *o)
{
	fprintf(f, "\t\t\t'--%s%s[", o->name, o->arg ? "=" : "");
	zsh_text(f, o->help);
	putc(']', f);
	if (o->arg) {
		putc(':', f);
		zsh_text(f, o->arg);
		putc(':', f);
	}
	switch (o->kind) {
	case ARG_FILE:
		fputs("_files", f);
		break;
	case ARG_DIR:
		fputs("_files -/", f);
		break;
	case ARG_CHECK:
		fputs("($checks)", f);
		break;
	case ARG_WORD:
		if (o->words)
			fprintf(f, "(%s)", o->words);
		break;
	case ARG_NONE:
		break;
	}
	fputs("' \\\n", f);
}

static void zsh_command(FILE *f, const struct command *c)
{
	const struct option_row *o;

	fprintf(f, "\t%s)\n\t\t_arguments -s -S \\\n", c->name);
	for (size_t i = 0; (o = command_option(c, i)) != NULL; i++)
		zsh_option(f, o);
	fprintf(f, "\t\t\t'*:%s:%s'\n\t\t;;\n", c->sources ? "source" : "argument",
		c->sources ? "_files" : strcmp(c->args, "[ID]") == 0 ? "($checks)" : "");
}

void completion_zsh(FILE *f)
{
	fputs("#compdef pmemscope\n# made from its table of commands\n_pmemscope()\n{\n\tlocal -a commands\n\tlocal checks='", f);
	check_ids(f);
	fputs("'\n\tcommands=(\n", f);
	for (size_t i = 0; i < commands_nr; i++)
		if (!commands[i]->hidden) {
			fprintf(f, "\t\t'%s:", commands[i]->name);
			zsh_text(f, commands[i]->summary);
			fputs("'\n", f);
		}
	fputs("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	      "\tlocal verb=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $verb in\n",
	      f);
	for (size_t i = 0; i < commands_nr; i++)
		if (!commands[i]->hidden)
			zsh_command(f, commands[i]);
	fputs("\tesac\n}\n_pmemscope \"$@\"\n", f);
}
