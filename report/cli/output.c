#include "report/cli/output.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Those not yet renamed: a signal removes them. */
static struct output *pending;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void enlist(struct output *o)
{
	pthread_mutex_lock(&lock);
	o->next = pending;
	pending = o;
	pthread_mutex_unlock(&lock);
}

static void strike(struct output *o)
{
	pthread_mutex_lock(&lock);
	for (struct output **at = &pending; *at; at = &(*at)->next)
		if (*at == o) {
			*at = o->next;
			break;
		}
	pthread_mutex_unlock(&lock);
}

void output_drop_all(void)
{
	pthread_mutex_lock(&lock);
	for (struct output *o = pending; o; o = o->next)
		unlink(o->aside);
	pending = NULL;
	pthread_mutex_unlock(&lock);
}

static bool fail(const struct cli *c, const char *path, const char *what)
{
	cli_error(c, EXIT_FAILED, "%s: %s: %s; nothing was written there", path, what, strerror(errno));
	return false;
}

bool output_open(const struct cli *c, struct output *o, const char *path)
{
	struct stat st;

	*o = (struct output){ .path = path };
	if (strcmp(path, "-") == 0) {
		o->f = stdout;
		return true;
	}
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return fail(c, path, "cannot be written");
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		o->f = fopen(path, "we");
		return o->f ? true : fail(c, path, "cannot be opened");
	}
	if (asprintf(&o->aside, "%s.XXXXXX", path) < 0) {
		o->aside = NULL;
		return fail(c, path, "no memory");
	}
	int fd = mkstemp(o->aside);
	if (fd < 0) {
		bool bad = fail(c, path, "cannot be written");

		free(o->aside);
		o->aside = NULL;
		return bad;
	}
	enlist(o);
	mode_t mask = umask(0);
	umask(mask);
	if (fchmod(fd, 0666 & ~mask) != 0 || (o->f = fdopen(fd, "w")) == NULL) {
		bool bad = fail(c, path, "cannot be written");

		close(fd);
		output_close(c, o, false);
		return bad;
	}
	return true;
}

bool output_close(const struct cli *c, struct output *o, bool good)
{
	bool wrote = good;

	if (o->f == stdout) {
		o->f = NULL;
		return good;
	}
	if (o->f && (fclose(o->f) != 0) && good)
		wrote = fail(c, o->path, "cannot be written");
	o->f = NULL;
	if (o->aside) {
		strike(o);
		if (wrote && rename(o->aside, o->path) != 0)
			wrote = fail(c, o->path, "cannot be renamed to");
		if (!wrote)
			unlink(o->aside);
		free(o->aside);
		o->aside = NULL;
	}
	return wrote;
}
