#include "report/html/href.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void put_link(FILE *out, const char *path)
{
	for (; *path; path++)
		if (isalnum((unsigned char)*path) || strchr("-_./~", *path))
			putc(*path, out);
		else
			fprintf(out, "%%%02X", (unsigned)(unsigned char)*path);
}

void html_put_href(FILE *out, const char *path, const char *dir)
{
	char *to = realpath(path, NULL), *from = realpath(dir, NULL);
	size_t i = 0, shared = 0;

	if (to && from) {
		for (; to[i] && to[i] == from[i]; i++)
			if (to[i] == '/')
				shared = i + 1;
		if (from[i] == '\0' && to[i] == '/')
			shared = i + 1;
		for (const char *up = from + (shared < strlen(from) ? shared : strlen(from)); *up;) {
			fputs("../", out);
			up += strcspn(up, "/");
			up += *up == '/';
		}
		fputs("./", out);
		put_link(out, to + shared);
	}
	free(to);
	free(from);
}
