/*
 * Real pools in a directory of their own, damaged, planned for, mended, and given to the peer. In a
 * header, since every test is a program of its own.
 */
#ifndef TESTS_ANALYZER_REPAIR_LAB_H
#define TESTS_ANALYZER_REPAIR_LAB_H

#include "analyzer/repair/apply.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lab {
	char dir[64], source[96];
	struct analyze_options options;
	struct result r;
	struct repair rep;
};

/* Runs a command in the lab's directory; its status. */
__attribute__((format(printf, 2, 3))) static inline int lab_shell(const struct lab *l, const char *fmt, ...)
{
	char *command, *all;
	va_list ap;

	va_start(ap, fmt);
	cr_assert_geq(vasprintf(&command, fmt, ap), 0);
	va_end(ap);
	cr_assert_geq(asprintf(&all, "cd %s && %s", l->dir, command), 0);
	int status = system(all);
	free(command);
	free(all);
	return status;
}

/* A fresh directory; source is the file in it that lab_plan analyses. */
static inline struct lab *lab_open(const char *source)
{
	struct lab *l = calloc(1, sizeof(*l));

	strcpy(l->dir, "/tmp/repair_test.XXXXXX");
	cr_assert_not_null(mkdtemp(l->dir));
	snprintf(l->source, sizeof(l->source), "%s/%s", l->dir, source);
	l->options = (struct analyze_options)ANALYZE_OPTIONS;
	return l;
}

static inline void lab_close(struct lab *l)
{
	repair_close(&l->rep);
	analyze_close(&l->r);
	lab_shell(l, "rm -r %s", l->dir);
	free(l);
}

static inline void lab_write(const struct lab *l, const char *file, const void *bytes, size_t len, uint64_t at)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", l->dir, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", path);
	cr_assert_eq(pwrite(fd, bytes, len, (off_t)at), (ssize_t)len);
	close(fd);
}

static inline void lab_plan(struct lab *l, enum remedy_class most)
{
	struct repair_options ro = { .most = most };

	cr_assert_eq(analyze(l->source, &l->options, &l->r), STATUS_OK, "%s", l->r.problem.text);
	cr_assert_eq(repair_plan(&l->r, &l->options, &ro, &l->rep), STATUS_OK, "%s", l->rep.problem.text);
}

/* Findings beyond notes that the plan leaves; what the first is. */
static inline uint64_t lab_left(const struct lab *l, const char **first)
{
	const struct findings *fs = l->rep.analyzed ? l->rep.after.findings : l->r.findings;

	*first = fs->first ? fs->first->by->id : "nothing";
	return fs->nr[ERROR] + fs->nr[WARNING];
}

/* Writes the plan to the files. */
static inline void lab_apply(struct lab *l)
{
	char journal[128];
	struct apply_done done;
	struct problem p = { STATUS_OK, "" };
	struct plan_file *file = plan_file_of(l->r.arena, &l->r, &l->rep);

	snprintf(journal, sizeof(journal), "%s/journal", l->dir);
	struct apply_options o = { .journal = journal };
	cr_assert_eq(apply_plan(file, &o, &done, &p), STATUS_OK, "%s", p.text);
	plan_file_close(file);
}

#endif
