/* The one list of commands. */
#include "report/cli/command.h"
#include "report/cli/verbs.h"

#include <stdint.h>
#include <string.h>

const struct command *const commands[] = {
	&command_analyze,
	&command_check,
	&command_show,
	&command_diff,
	&command_report,
	&command_explain,
	&command_extract,
	&command_capture,
	&command_repair,
	&command_apply,
	&command_undo,
	&command_batch,
	&command_sync,
	&command_transform,
	&command_feature,
	&command_rm,
	&command_generate, /* hidden: the last */
};
const size_t commands_nr = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < commands_nr; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

const struct option_table *command_table(const struct command *c, size_t i)
{
	size_t nr = 0;

	while (nr < TABLES_MAX && c->tables[nr])
		nr++;
	return i < nr ? c->tables[i] : i == nr ? &option_common : NULL;
}

const struct option_row *command_option(const struct command *c, size_t i)
{
	const struct option_table *t;

	for (size_t n = 0; (t = command_table(c, n)) != NULL; n++) {
		if (i < t->nr)
			return &t->rows[i];
		i -= t->nr;
	}
	return NULL;
}

enum { WORD_MAX = 63 };

/* Edits (a letter more, less, other, or two swapped) that make one of the other. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	if (la > WORD_MAX || lb > WORD_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= la; i++)
		for (size_t j = 0; j <= lb; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[la][lb];
}

const char *command_nearest(const char *word, const char *(*next)(const void *ctx, size_t i), const void *ctx)
{
	size_t least = strlen(word) / 3 + 2;
	const char *best = NULL, *candidate;

	for (size_t i = 0; (candidate = next(ctx, i)) != NULL; i++) {
		bool starts = strlen(word) > 2 && strncmp(candidate, word, strlen(word)) == 0;
		size_t d = starts ? 0 : distance(word, candidate);

		if (d < least) {
			least = d;
			best = candidate;
		}
	}
	return best;
}
