#include "report/batch/runner.h"

#include "formats/image/bad.h"
#include "formats/image/side.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* The image's file, and the papers of what is not remarkable. */
enum { GIVEN = 1 + BATCH_PAPER_SARIF };
/* Bytes that one image's memory leaves for the next, so that the kernel need not give and clear them anew. */
enum { KEPT_MAX = 16 << 20 };

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(GIVEN * sizeof(int))];
};

/* The next image's name and files. False: there is none. */
static bool receive(int socket, char path[BATCH_RUNNER_PATH_MAX + 1], int fds[GIVEN])
{
	struct iovec text = { path, BATCH_RUNNER_PATH_MAX };
	union control control;
	struct msghdr msg = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	if (c == NULL || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(GIVEN * sizeof(int)))
		return false;
	memcpy(fds, CMSG_DATA(c), GIVEN * sizeof(int));
	path[n] = '\0';
	return true;
}

/* False: a report could not be written. */
static bool look(const struct batch_job *job, const char *path, const int fds[GIVEN], struct batch_told *told)
{
	struct intake_given given = { path, fds[0] };
	struct analyze_options o = *job->analyze;
	FILE *papers[BATCH_PAPERS] = { NULL };
	struct result r;
	bool good = true;

	for (int i = 0; i < GIVEN - 1; i++) {
		papers[i] = fdopen(fds[i + 1], "w");
		good = good && papers[i];
	}
	o.intake.given = &given;
	analyze(path, &o, &r);
	*told = batch_papers_told(&r, job);
	good = good && (told->remarkable || batch_papers_write(papers, &r, job, NULL, told));
	analyze_close(&r);
	close(fds[0]);
	return batch_papers_close(papers) && good;
}

static _Noreturn void serve(int socket, const struct batch_job *job, const struct batch_sandbox *sandbox, pid_t parent)
{
	int keep[2] = { sandbox->rules.nothing, socket }, fds[GIVEN];
	char path[BATCH_RUNNER_PATH_MAX + 1];
	struct batch_told told;

	if (keep[0] > keep[1]) {
		keep[0] = socket;
		keep[1] = sandbox->rules.nothing;
	}
	if (!batch_worker_born(parent, keep, 2, job, false) || !batch_sandbox_enter(sandbox, sandbox->rules.nothing) ||
	    !batch_sandbox_shut(sandbox))
		_exit(1);
	mallopt(M_TRIM_THRESHOLD, KEPT_MAX);
	mallopt(M_MMAP_THRESHOLD, KEPT_MAX / 4);
	while (receive(socket, path, fds) && look(job, path, fds, &told))
		if (send(socket, &told, sizeof(told), MSG_NOSIGNAL) != (ssize_t)sizeof(told) || told.remarkable)
			break;
	_exit(0);
}

bool batch_runner_start(struct batch_runner *l, const struct batch_job *job, const struct batch_sandbox *sandbox)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	*l = (struct batch_runner){ .pid = fork(), .socket = pair[0] };
	if (l->pid == 0)
		serve(pair[1], job, sandbox, parent);
	close(pair[1]);
	if (l->pid < 0)
		close(pair[0]);
	return l->pid > 0;
}

/* A mapfile, or another file that tells of this one: the analysis looks for it, and a runner opens nothing. */
static bool told_of(const char *path)
{
	char side[BATCH_RUNNER_PATH_MAX + 16];

	for (size_t i = 0; i < SIDE_ENDINGS; i++) {
		snprintf(side, sizeof(side), "%s%s", path, side_endings[i].text);
		if (access(side, F_OK) == 0)
			return true;
	}
	snprintf(side, sizeof(side), "%s%s", path, BAD_LIST_ENDING);
	return access(side, F_OK) == 0;
}

bool batch_runner_takes(const struct batch_image *im, const struct batch_job *job)
{
	return !job->fresh && job->pages != BATCH_PAGES_ALL && im->nr == 1 && strcmp(im->source, im->files[0].path) == 0 &&
	       strlen(im->source) <= BATCH_RUNNER_PATH_MAX && !told_of(im->source);
}

static bool give(const struct batch_runner *l, const char *path, const int fds[GIVEN])
{
	struct iovec text = { (void *)(uintptr_t)path, strlen(path) };
	union control control;
	struct msghdr msg = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	memset(&control, 0, sizeof(control));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(GIVEN * sizeof(int));
	memcpy(CMSG_DATA(c), fds, GIVEN * sizeof(int));
	return sendmsg(l->socket, &msg, MSG_NOSIGNAL) == (ssize_t)text.iov_len;
}

bool batch_runner_give(const struct batch_runner *l, const struct batch_image *im, const char *aside)
{
	int fds[GIVEN] = { open(im->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) };
	bool good = fds[0] >= 0;

	for (int i = 1; i < GIVEN; i++) {
		fds[i] = good ? batch_paper_create(aside, (enum batch_paper)(i - 1)) : -1;
		good = fds[i] >= 0;
	}
	good = good && give(l, im->source, fds);
	for (int i = 0; i < GIVEN; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return good;
}

bool batch_runner_hear(const struct batch_runner *l, struct batch_told *out)
{
	return recv(l->socket, out, sizeof(*out), MSG_DONTWAIT) == (ssize_t)sizeof(*out);
}
