#include "report/batch/worker.h"

#include "report/batch/mend.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WROTE = 0, FAILED = 1 };
enum { PAGE = 4096, HUGE_PAGE = 2 << 20 }; /* bytes; where pages are of another size there is less of it, or nothing */

/* Under the address sanitizer the shadow counts as data: there a bound on memory would bound nothing else. */
#ifdef __SANITIZE_ADDRESS__
enum { BOUND_MEMORY = false };
#else
enum { BOUND_MEMORY = true };
#endif

static bool limit(int what, uint64_t soft, uint64_t hard)
{
	struct rlimit r = { (rlim_t)soft, (rlim_t)hard };

	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

static bool limits(const struct batch_job *job, bool one_image)
{
	uint64_t cpu = (uint64_t)job->seconds + 1; /* the parent's clock strikes first */
	uint64_t output = one_image && job->mend == BATCH_MEND_COPY ? RLIM_INFINITY : job->output; /* a copy is as long as it is */

	return limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_FSIZE, output, output) &&
	       (!one_image || limit(RLIMIT_CPU, cpu, cpu + 1)) && (!BOUND_MEMORY || limit(RLIMIT_DATA, job->memory, job->memory));
}

/* keep ascends. */
static void close_others(const int *keep, size_t nr)
{
	unsigned from = STDERR_FILENO + 1;

	for (size_t i = 0; i < nr; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	close_range(from, ~0U, 0);
}

bool batch_worker_born(pid_t parent, const int *keep, size_t nr, const struct batch_job *job, bool one_image)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		return false; /* without a parent nobody would take the result */
	close_others(keep, nr);
	return limits(job, one_image);
}

/*
 * Most of what a process of its own costs is its memory being given to it page by page, and copied where it was its parent's.
 * What it allocates from here on lies in a huge page behind the parent's heap, which is given at once, where there are any.
 * A chunk that covers that page is taken and freed: malloc goes on there, and has written nothing into it yet.
 */
static void heap_anew(void)
{
	uintptr_t end = (uintptr_t)sbrk(0), from = (end + PAGE + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);

	mallopt(M_MMAP_THRESHOLD, 4 * HUGE_PAGE);
	mallopt(M_TRIM_THRESHOLD, 8 * HUGE_PAGE);
	mallopt(M_TOP_PAD, HUGE_PAGE);
	if (sbrk((intptr_t)(from - PAGE - end)) != (void *)-1) {
		void *volatile chunk = malloc(HUGE_PAGE + 2 * PAGE); /* volatile: it is for what malloc does, not for its bytes */

		madvise((void *)from, HUGE_PAGE, MADV_HUGEPAGE);
		free(chunk);
	}
}

static void shut(void *ctx)
{
	const struct batch_work *w = ctx;

	if (!batch_sandbox_shut(w->sandbox))
		_exit(FAILED);
}

/* The other files of a set without a set file. */
static const char **beside(const struct batch_image *im, size_t *nr)
{
	const char **list = strcmp(im->kind, "parts") == 0 ? calloc(im->nr, sizeof(*list)) : NULL;

	*nr = 0;
	for (size_t i = 0; list && i < im->nr; i++)
		if (strcmp(im->files[i].path, im->source) != 0)
			list[(*nr)++] = im->files[i].path;
	return list;
}

/* A plan is judged by analysing again, and a set's analysis looks for parts in directories: there nothing is ever all open. */
static bool one_file(const struct batch_image *im)
{
	return strcmp(im->kind, "set") != 0 && strcmp(im->kind, "parts") != 0;
}

/* Nothing is freed: the process ends here. */
void batch_worker(const struct batch_work *w)
{
	struct analyze_options o = *w->job->analyze;
	FILE *papers[BATCH_PAPERS] = { NULL };
	int keep = w->sandbox->rules.reading;
	bool writes = w->job->mend >= BATCH_MEND_COPY;
	struct result r;

	if (!batch_worker_born(w->parent, &keep, 1, w->job, true))
		_exit(FAILED);
	heap_anew();
	for (int i = 0; i < BATCH_PAPERS; i++) {
		if ((i == BATCH_PAPER_PLAN && w->job->mend == BATCH_MEND_NOTHING) || (i == BATCH_PAPER_HTML && w->job->pages == BATCH_PAGES_NONE))
			continue;
		int fd = batch_paper_create(w->aside, (enum batch_paper)i);
		papers[i] = fd >= 0 ? fdopen(fd, "w") : NULL;
		if (papers[i] == NULL)
			_exit(FAILED);
	}
	/* who mends opens files for that at the end, but only where they lie: the second door stays open */
	int rules = writes ? batch_sandbox_writing(w->sandbox, batch_mend_places(w->job, w->image)) : w->sandbox->rules.reading;
	if (!batch_sandbox_enter(w->sandbox, rules))
		_exit(FAILED);
	o.beside = beside(w->image, &o.beside_nr);
	o.opened = writes || !one_file(w->image) ? NULL : shut;
	o.opened_ctx = (void *)(uintptr_t)w;
	analyze(w->image->source, &o, &r);
	*w->told = batch_papers_told(&r, w->job);
	_exit(batch_papers_write(papers, &r, w->job, w->image, w->told) && batch_papers_close(papers) ? WROTE : FAILED);
}
