#include "report/batch/results.h"

#include "report/batch/find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STALE_AFTER = 24 * 60 * 60 }; /* seconds: a run on another host is dead when its directory is older */

static enum status refused(struct problem *p, const char *path)
{
	return problem_set(p, STATUS_IO, "%s: %s", path, strerror(errno));
}

static bool dir_make(const char *path)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/* A directory of files, and one level of directories below it. */
static void tree_remove(const char *path, unsigned depth)
{
	DIR *d = opendir(path);

	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		char *inner = NULL;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || asprintf(&inner, "%s/%s", path, e->d_name) < 0)
			continue;
		if (unlink(inner) != 0 && depth)
			tree_remove(inner, depth - 1);
		free(inner);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static void host_name(char host[65])
{
	if (gethostname(host, 64) != 0 || host[0] == '\0' || strchr(host, '/'))
		strcpy(host, "host");
	host[64] = '\0';
}

/* "<host>-<pid>": ours when the host is, dead when there is no such process. */
static bool left_behind(const char *parent, const char *name, const char *host)
{
	const char *dash = strrchr(name, '-');
	struct stat st;
	char *path = NULL;
	bool dead = false;

	if (dash && strlen(host) == (size_t)(dash - name) && strncmp(name, host, strlen(host)) == 0) {
		long pid = strtol(dash + 1, NULL, 10);

		return pid > 0 && pid != getpid() && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
	}
	if (asprintf(&path, "%s/%s", parent, name) > 0 && stat(path, &st) == 0)
		dead = st.st_mtime + STALE_AFTER < time(NULL);
	free(path);
	return dead;
}

static void sweep(const char *parent, const char *host)
{
	DIR *d = opendir(parent);

	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		char *path = NULL;

		if (e->d_name[0] == '.' || !left_behind(parent, e->d_name, host))
			continue;
		if (asprintf(&path, "%s/%s", parent, e->d_name) > 0)
			tree_remove(path, 2);
		free(path);
	}
	if (d)
		closedir(d);
}

/* So that a search for evidence passes by. */
static bool mark(const char *out)
{
	char *path = NULL;
	int fd = asprintf(&path, "%s/" BATCH_FIND_RESULTS, out) > 0 ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
	struct stat st;
	static const char words[] = "{\"document\": \"batch\", \"tool\": \"pmemscope " PMEMSCOPE_VERSION "\"}\n";
	bool good = fd >= 0 && fstat(fd, &st) == 0 && (st.st_size > 0 || write(fd, words, sizeof(words) - 1) > 0);

	if (fd >= 0)
		close(fd);
	free(path);
	return good;
}

enum status batch_results_open(const char *out, struct batch_results *r, struct problem *p)
{
	char host[65], *parent = NULL;

	*r = (struct batch_results){ .out = out };
	host_name(host);
	if (!dir_make(out) || asprintf(&parent, "%s/.aside", out) < 0 || !dir_make(parent) || !mark(out)) {
		free(parent);
		return refused(p, out);
	}
	sweep(parent, host);
	if (asprintf(&r->aside, "%s/%s-%ld", parent, host, (long)getpid()) < 0)
		r->aside = NULL;
	free(parent);
	if (r->aside == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", out);
	tree_remove(r->aside, 2); /* of a dead run whose number has come round */
	return mkdir(r->aside, 0777) == 0 ? STATUS_OK : refused(p, r->aside);
}

void batch_results_close(struct batch_results *r)
{
	if (r->aside)
		tree_remove(r->aside, 2);
	free(r->aside);
	r->aside = NULL;
}

char *batch_results_path(const char *out, const char *id, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%.2s/%s%s%s", out, id, id, *name ? "/" : "", name) < 0 ? NULL : path;
}

char *batch_results_aside(struct batch_results *r, const char *id, struct problem *p)
{
	char *path;

	if (asprintf(&path, "%s/%s", r->aside, id) < 0) {
		problem_set(p, STATUS_NOMEM, "no memory");
		return NULL;
	}
	if (mkdir(path, 0777) == 0)
		return path;
	refused(p, path);
	free(path);
	return NULL;
}

static bool parent_make(struct batch_results *r, const char *id)
{
	char two[3] = { id[0], id[1], '\0' }, *path = NULL;
	uint8_t nr = (uint8_t)strtoul(two, NULL, 16);

	if (!r->made[nr])
		r->made[nr] = asprintf(&path, "%s/%s", r->out, two) > 0 && dir_make(path);
	free(path);
	return r->made[nr];
}

/* The old result steps aside and is removed when the new one stands. */
static bool replace(struct batch_results *r, const char *id, const char *aside, const char *place)
{
	char *old = NULL;
	bool good = asprintf(&old, "%s/%s.old", r->aside, id) > 0 && rename(place, old) == 0 && rename(aside, place) == 0;

	if (old)
		tree_remove(old, 1);
	free(old);
	return good;
}

bool batch_results_place(struct batch_results *r, const char *id, const char *aside, struct problem *p)
{
	char *place = batch_results_path(r->out, id, "");
	bool good = place && parent_make(r, id);

	good = good && (rename(aside, place) == 0 || ((errno == ENOTEMPTY || errno == EEXIST) && replace(r, id, aside, place)));
	if (!good) {
		refused(p, place ? place : aside);
		batch_results_drop(aside);
	}
	free(place);
	return good;
}

void batch_results_drop(const char *aside)
{
	tree_remove(aside, 1);
}
