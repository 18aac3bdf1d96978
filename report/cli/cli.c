#include "report/cli/cli.h"

#include "report/cli/help.h"
#include "report/escape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct option_row common_rows[] = {
	{ OPT_HELP, 'h', "help", NULL, ARG_NONE, NULL, "print this and exit" },
	{ OPT_VERSION, 'V', "version", NULL, ARG_NONE, NULL, "print the version and exit" },
	{ OPT_QUIET, 'q', "quiet", NULL, ARG_NONE, NULL, "no progress on standard error" },
	{ OPT_COLOR, 0, "color", "WHEN", ARG_WORD, "auto always never", "auto (default), always or never" },
	{ OPT_PROGRESS, 0, "progress", "fd:N", ARG_WORD, NULL, "write progress to descriptor N, as JSON lines" },
};
const struct option_table option_common = OPTION_TABLE("Common options", common_rows);

static bool prepare(struct cli *c)
{
	size_t nr = 0, letters = 1;

	while (command_option(c->command, nr))
		nr++;
	c->longs = calloc(nr + 1, sizeof(*c->longs));
	c->letters = calloc(2 * nr + 2, 1);
	if (c->longs == NULL || c->letters == NULL)
		return false;
	c->letters[0] = ':';
	for (size_t i = 0; i < nr; i++) {
		const struct option_row *o = command_option(c->command, i);

		c->longs[i] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, o->id };
		if (o->letter) {
			c->letters[letters++] = o->letter;
			if (o->arg)
				c->letters[letters++] = ':';
		}
	}
	optind = 0; /* glibc: start over */
	opterr = 0;
	return true;
}

static const char *next_option(const void *ctx, size_t i)
{
	const struct option_row *o = command_option(ctx, i);

	return o ? o->name : NULL;
}

static int bad_option(struct cli *c)
{
	const char *word = c->argv[optind > 1 ? optind - 1 : 1];
	char name[64];

	if (strncmp(word, "--", 2) != 0) {
		c->status = cli_error(c, EXIT_USAGE, "there is no option -%c; see pmemscope %s --help", optopt,
				      c->command->name);
		return CLI_STOP;
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (size_t i = 0; command_option(c->command, i); i++)
		if (strcmp(command_option(c->command, i)->name, name) == 0) {
			c->status = cli_error(c, EXIT_USAGE, "--%s takes no argument", name);
			return CLI_STOP;
		}
	const char *near = command_nearest(name, next_option, c->command);
	c->status = near ? cli_error(c, EXIT_USAGE, "there is no option --%s; did you mean --%s?", name, near)
			 : cli_error(c, EXIT_USAGE, "there is no option --%s; see pmemscope %s --help", name,
				     c->command->name);
	return CLI_STOP;
}

static int stop(struct cli *c, int status)
{
	c->status = status;
	return CLI_STOP;
}

static int common(struct cli *c, int id)
{
	static const char *const when[] = { "auto", "always", "never" };
	char *end;
	int i;

	switch (id) {
	case OPT_HELP:
		help_command(c->command, stdout);
		return stop(c, cli_flush(c, EXIT_CLEAN));
	case OPT_VERSION:
		help_version(stdout);
		return stop(c, cli_flush(c, EXIT_CLEAN));
	case OPT_QUIET:
		c->quiet = true;
		break;
	case OPT_COLOR:
		i = cli_choice(c, "--color", when, 3);
		if (i < 0)
			return stop(c, EXIT_USAGE);
		c->color = i == 0 ? COLOR_AUTO : i == 1 ? COLOR_ALWAYS : COLOR_NEVER;
		break;
	case OPT_PROGRESS: {
		long fd = strncmp(c->arg, "fd:", 3) == 0 ? strtol(c->arg + 3, &end, 10) : -1;

		if (fd < 0 || fd > INT32_MAX || end == c->arg + 3 || *end)
			return stop(c, cli_error(c, EXIT_USAGE, "--progress wants fd:N, not '%s'", c->arg));
		c->progress_fd = (int)fd;
		break;
	}
	default:
		return id;
	}
	return 0;
}

int cli_next(struct cli *c)
{
	int id;

	if (c->longs == NULL && !prepare(c)) {
		c->status = cli_error(c, EXIT_FAILED, "no memory");
		return CLI_STOP;
	}
	do {
		id = getopt_long(c->argc, c->argv, c->letters, c->longs, NULL);
		c->arg = optarg;
		if (id == '?')
			return bad_option(c);
		if (id == ':') {
			c->status = cli_error(c, EXIT_USAGE, "%s wants an argument; see pmemscope %s --help",
					      c->argv[optind - 1], c->command->name);
			return CLI_STOP;
		}
		if (id != CLI_END)
			id = common(c, id);
	} while (id == 0);
	return id;
}

const char *cli_operand(const struct cli *c, int i)
{
	return i < c->argc - optind ? c->argv[optind + i] : NULL;
}

void cli_free(struct cli *c)
{
	free(c->longs);
	free(c->letters);
}

int cli_error(const struct cli *c, int status, const char *fmt, ...)
{
	struct buf raw = { .p = NULL }, line = { .p = NULL };
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_printf(&raw, "pmemscope%s%s: %s", c->command ? " " : "", c->command ? c->command->name : "", text);
	escape_plain(&line, buf_text(&raw), raw.len);
	fprintf(stderr, "%s\n", buf_text(&line));
	buf_free(&raw);
	buf_free(&line);
	return status;
}

bool cli_count(struct cli *c, const char *option, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	uint64_t v = strtoull(c->arg, &end, 10);
	if (errno || end == c->arg || *end || c->arg[0] == '-' || v > max) {
		cli_error(c, EXIT_USAGE, "%s wants a number up to %" PRIu64 ", not '%s'", option, max, c->arg);
		return false;
	}
	*out = v;
	return true;
}

bool cli_size(struct cli *c, const char *option, uint64_t *out)
{
	static const char units[] = "KMGTPE";
	char *end;
	unsigned shift = 0;

	errno = 0;
	uint64_t v = strtoull(c->arg, &end, 10);
	if (end != c->arg && *end) {
		const char *u = strchr(units, *end == 'k' ? 'K' : *end);

		if (u) {
			shift = 10 * (unsigned)(u - units + 1);
			end++;
			if (strcmp(end, "iB") == 0 || strcmp(end, "B") == 0)
				end += strlen(end);
		} else if (strcmp(end, "B") == 0) {
			end++;
		}
	}
	if (errno || end == c->arg || *end || c->arg[0] == '-' || v > UINT64_MAX >> shift) {
		cli_error(c, EXIT_USAGE, "%s wants a size like 512M or 2GiB, not '%s'", option, c->arg);
		return false;
	}
	*out = v << shift;
	return true;
}

int cli_choice(struct cli *c, const char *option, const char *const *names, int nr)
{
	struct buf all = { .p = NULL };

	for (int i = 0; i < nr; i++) {
		if (strcmp(c->arg, names[i]) == 0) {
			buf_free(&all);
			return i;
		}
		buf_printf(&all, "%s%s", i == 0 ? "" : i == nr - 1 ? " or " : ", ", names[i]);
	}
	cli_error(c, EXIT_USAGE, "%s is one of %s, not '%s'", option, buf_text(&all), c->arg);
	buf_free(&all);
	return -1;
}

static unsigned width_of(FILE *f)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;
	long w = columns ? strtol(columns, NULL, 10) : 0;

	if (w <= 0 && ioctl(fileno(f), TIOCGWINSZ, &ws) == 0)
		w = ws.ws_col;
	if (w <= 0)
		w = PAGE_WIDTH;
	return w < PAGE_NARROWEST ? PAGE_NARROWEST : w > PAGE_WIDEST ? PAGE_WIDEST : (unsigned)w;
}

struct page cli_page(const struct cli *c, FILE *f, const struct redact *rd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool dumb = (no && *no) || (term && strcmp(term, "dumb") == 0);
	bool color = c->color == COLOR_ALWAYS || (c->color == COLOR_AUTO && !dumb && isatty(fileno(f)));

	return (struct page){ .f = f, .width = width_of(f), .color = color, .redact = rd };
}

int cli_flush(const struct cli *c, int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE || errno == 0)
		return status; /* the reader has seen enough */
	return cli_error(c, EXIT_FAILED, "standard output: %s", strerror(errno));
}
