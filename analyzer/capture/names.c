#include "analyzer/capture/names.h"

#include <stdlib.h>
#include <string.h>

static bool add(struct capture_names *n, const char *token, const char *name)
{
	struct capture_name *e = ARENA_NEW(n->arena, struct capture_name);

	if (e == NULL || token == NULL || name == NULL)
		return false;
	*e = (struct capture_name){ token, name, NULL };
	if (n->last)
		n->last->next = e;
	else
		n->first = e;
	n->last = e;
	return true;
}

/* In place. */
static bool unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		p++;
		if (*p != 't' && *p != 'n' && *p != '\\')
			return false;
		*to++ = *p == 't' ? '\t' : *p == 'n' ? '\n' : '\\';
	}
	*to = '\0';
	return true;
}

bool names_read(struct capture_names *n, struct arena *a, const char *text)
{
	*n = (struct capture_names){ .arena = a };
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = arena_copy(a, text, len), *tab = line ? strchr(line, '\t') : NULL;

		if (tab == NULL)
			return false;
		*tab = '\0';
		if (!unescape(tab + 1) || !add(n, line, tab + 1))
			return false;
		text += len + (text[len] == '\n');
	}
	return true;
}

void names_text(const struct capture_names *n, struct text *out)
{
	for (const struct capture_name *e = n->first; e; e = e->next) {
		text_format(out, "%s\t", e->token);
		for (const char *p = e->name; *p; p++) {
			if (*p == '\t' || *p == '\n' || *p == '\\')
				text_format(out, "\\%c", *p == '\t' ? 't' : *p == '\n' ? 'n' : '\\');
			else
				text_add(out, p, 1);
		}
		text_add(out, "\n", 1);
	}
}

const char *names_token(struct capture_names *n, const char *noun, const char *name)
{
	unsigned long nr = 1;
	size_t len = strlen(noun);

	for (const struct capture_name *e = n->first; e; e = e->next) {
		bool of_noun = strncmp(e->token, noun, len) == 0 && e->token[len] == '-';

		if (of_noun && strcmp(e->name, name) == 0)
			return e->token;
		if (of_noun && strtoul(e->token + len + 1, NULL, 10) >= nr)
			nr = strtoul(e->token + len + 1, NULL, 10) + 1;
	}
	const char *token = arena_printf(n->arena, "%s-%lu", noun, nr), *copy = arena_text(n->arena, name);
	return token && copy && add(n, token, copy) ? token : NULL;
}
