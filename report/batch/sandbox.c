#include "report/batch/sandbox.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef HAVE_SECCOMP
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#endif

/*
 * Landlock as the kernel has it, not as the headers of the build machine: ABI 1 to 6. Source: Linux
 * Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h.
 */
struct ruleset_attr { uint64_t fs, net, scoped; };
struct path_beneath { uint32_t allowed[2]; int32_t parent_fd; }; /* allowed: 64 bits in host order; no padding follows */
enum { RULE_PATH_BENEATH = 1, VERSION_WANTED = 1 };
enum { FS_EXECUTE = 1 << 0, FS_WRITE_FILE = 1 << 1, FS_READ_FILE = 1 << 2, FS_READ_DIR = 1 << 3, FS_ABI_1 = (1 << 13) - 1,
       FS_REFER = 1 << 13, FS_TRUNCATE = 1 << 14, FS_IOCTL_DEV = 1 << 15 };

static long abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, VERSION_WANTED);
}

static uint64_t handled(long version)
{
	return FS_ABI_1 | (version >= 2 ? FS_REFER : 0u) | (version >= 3 ? FS_TRUNCATE : 0u) | (version >= 5 ? FS_IOCTL_DEV : 0u);
}

static bool allow_beneath(int ruleset, const char *dir, uint64_t access)
{
	struct path_beneath rule = { .parent_fd = open(dir, O_PATH | O_CLOEXEC) };

	memcpy(rule.allowed, &access, sizeof(access));
	bool good = rule.parent_fd >= 0 && syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0u) == 0;

	if (rule.parent_fd >= 0)
		close(rule.parent_fd);
	return good;
}

static int ruleset_make(bool reading, char *const *writable)
{
	long version = abi();
	struct ruleset_attr attr = { handled(version), 3, 3 }; /* no TCP; no signals and abstract sockets to outside */
	size_t len = version >= 6 ? sizeof(attr) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	int fd = version >= 1 ? (int)syscall(SYS_landlock_create_ruleset, &attr, len, 0u) : -1;
	bool good = fd >= 0 && (!reading || allow_beneath(fd, "/", FS_READ_FILE | FS_READ_DIR));

	for (; good && writable && *writable; writable++)
		good = allow_beneath(fd, *writable, attr.fs & ~(uint64_t)(FS_EXECUTE | FS_IOCTL_DEV));
	if (fd >= 0 && !good) {
		close(fd);
		fd = -1;
	}
	return fd;
}

#ifdef HAVE_SECCOMP
/* Never asked for by an analysis: whoever does is not us any more. */
static const int never[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(io_uring_setup), SCMP_SYS(open_by_handle_at), SCMP_SYS(vfork),
	SCMP_SYS(fork), SCMP_SYS(pidfd_getfd), SCMP_SYS(personality),
};

/* What thinking and writing to open files takes. All else fails with EPERM. */
static const int needed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(preadv2), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(fcntl), SCMP_SYS(fadvise64), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(clone), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getrandom), SCMP_SYS(gettid),
	SCMP_SYS(getpid), SCMP_SYS(tgkill), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(prlimit64), SCMP_SYS(getrusage),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(readlink), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
};

/* As a program for the kernel, which a worker puts on in one call. */
static bool export(scmp_filter_ctx ctx, struct batch_filter *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;
	bool good = fd >= 0 && seccomp_export_bpf(ctx, fd) == 0 && fstat(fd, &st) == 0 && st.st_size > 0 &&
		    (out->code = malloc((size_t)st.st_size)) != NULL && pread(fd, out->code, (size_t)st.st_size, 0) == st.st_size;

	if (good)
		out->len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	if (fd >= 0)
		close(fd);
	return good;
}

/* A thread is what shares our memory: a process would outlive the bounds on ours. */
static bool threads_only(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0 &&
	       seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0; /* libc then takes clone */
}

static bool start_make(struct batch_filter *out)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	bool good = ctx && seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && threads_only(ctx);

	for (size_t i = 0; good && i < sizeof(never) / sizeof(never[0]); i++)
		good = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, never[i], 0) == 0;
	good = good && export(ctx, out);
	if (ctx)
		seccomp_release(ctx);
	return good;
}

static bool closed_make(struct batch_filter *out)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool good = ctx && seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;

	for (size_t i = 0; good && i < sizeof(needed) / sizeof(needed[0]); i++)
		good = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, needed[i], 0) == 0;
	good = good && seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 && export(ctx, out);
	if (ctx)
		seccomp_release(ctx);
	return good;
}

static const char *filters_make(struct batch_sandbox *s)
{
	if (prctl(PR_GET_SECCOMP) < 0)
		return "this kernel has no seccomp";
	return start_make(&s->start) && closed_make(&s->closed) ? NULL : "seccomp filters could not be made";
}
#else
static const char *filters_make(struct batch_sandbox *s)
{
	(void)s;
	return "built without libseccomp";
}
#endif

int batch_sandbox_writing(const struct batch_sandbox *s, char *const *below)
{
	return s->rules.reading < 0 ? -1 : ruleset_make(true, below);
}

void batch_sandbox_open(struct batch_sandbox *s)
{
	*s = (struct batch_sandbox){ .rules = { ruleset_make(true, NULL), ruleset_make(false, NULL) } };
	s->without = filters_make(s);
	if (s->rules.reading < 0 && s->without == NULL)
		s->without = "this kernel has no Landlock";
	else if (s->rules.reading < 0)
		s->without = "this kernel has no Landlock, and no seccomp filter could be made";
}

void batch_sandbox_close(struct batch_sandbox *s)
{
	if (s->rules.reading >= 0)
		close(s->rules.reading);
	if (s->rules.nothing >= 0)
		close(s->rules.nothing);
	free(s->start.code);
	free(s->closed.code);
}

static bool filter_put(const struct batch_filter *f)
{
	struct sock_fprog program = { .len = f->len, .filter = f->code };

	return f->code == NULL || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

bool batch_sandbox_enter(const struct batch_sandbox *s, int rules)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	if (rules >= 0 && (syscall(SYS_landlock_restrict_self, rules, 0u) != 0 || close(rules) != 0))
		return false;
	return filter_put(&s->start);
}

bool batch_sandbox_shut(const struct batch_sandbox *s)
{
	return filter_put(&s->closed);
}
