#include "report/batch/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* For the progress alone: 0 when it cannot be known beforehand. */
static uint64_t lines_count(FILE *f)
{
	char buf[65536];
	uint64_t nr = 0;
	struct stat st;
	size_t n;

	if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		for (char *p = buf; (p = memchr(p, '\n', (size_t)(buf + n - p))) != NULL; p++)
			nr++;
	rewind(f);
	return nr;
}

enum status batch_manifest_open(const char *path, struct batch_manifest *out, struct problem *p)
{
	const char *slash = strrchr(path, '/');

	*out = (struct batch_manifest){ .path = path };
	out->f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (out->f == NULL)
		return problem_set(p, STATUS_IO, "%s: %s; 'pmemscope batch manifest make' makes one", path, strerror(errno));
	out->dir = slash ? strndup(path, (size_t)(slash - path)) : strdup("");
	out->lines = lines_count(out->f);
	return out->dir ? STATUS_OK : problem_set(p, STATUS_NOMEM, "%s: no memory", path);
}

enum status batch_manifest_next(struct batch_manifest *m, struct batch_image *out, struct problem *p)
{
	const char *why;
	ssize_t len;

	*out = (struct batch_image){ .source = NULL };
	do {
		len = getline(&m->line, &m->room, m->f);
		m->at += len >= 0;
	} while (len >= 0 && m->line[strspn(m->line, " \t\r\n")] == '\0');
	if (len < 0)
		return feof(m->f) ? STATUS_OK : problem_set(p, STATUS_IO, "%s: %s", m->path, strerror(errno));
	if (batch_image_read(m->line, (size_t)len, m->dir, out, &why))
		return STATUS_OK;
	return problem_set(p, STATUS_USAGE, "%s: line %" PRIu64 ": %s", m->path, m->at, why);
}

void batch_manifest_close(struct batch_manifest *m)
{
	if (m->f && m->f != stdin)
		fclose(m->f);
	free(m->dir);
	free(m->line);
}
