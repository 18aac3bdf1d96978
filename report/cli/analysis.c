#include "report/cli/analysis.h"

#include "report/cli/output.h"
#include "report/cli/watch.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct option_row evidence_rows[] = {
	{ OPT_MAP, 0, "map", "OLD=NEW", ARG_WORD, NULL, "parts whose path starts with OLD are looked for at NEW" },
	{ OPT_MAPFILE, 0, "mapfile", "FILE", ARG_FILE, NULL,
	  "ddrescue mapfile of what could not be read (default: SOURCE.map or SOURCE.mapfile)" },
	{ OPT_NDCTL_JSON, 0, "ndctl-json", "FILE", ARG_FILE, NULL,
	  "output of 'ndctl list -D -H' on the pool's machine: tells whether a flush has failed since" },
	{ OPT_ONLY, 0, "only", "ID", ARG_CHECK, NULL, "run only these checks; several with commas; 'btt.*' takes all that start so" },
	{ OPT_SKIP, 0, "skip", "ID", ARG_CHECK, NULL, "leave these checks out" },
	{ OPT_DEEP, 0, "deep", NULL, ARG_NONE, NULL, "read user data too, not only structures" },
	{ OPT_ROOTS, 0, "roots", "TYPES", ARG_WORD, NULL,
	  "type numbers (3,7-9) of objects that the program finds by their type: roots beside the root object; means --deep" },
	{ OPT_TAKE_BACK, 0, "take-back", "LANE", ARG_WORD, NULL,
	  "pmemobj: offer to undo the last transaction of that lane, as far as its log remembers it" },
	{ OPT_MAX_FINDINGS, 0, "max-findings", "N", ARG_WORD, NULL, "findings listed of each check (default 100); all are counted" },
	{ OPT_SPOOL, 0, "spool", "DIR", ARG_DIR, NULL, "temporary files may go there (default: none are made)" },
	{ OPT_INDEX, 0, "keep-index", "DIR", ARG_DIR, NULL,
	  "keep an index of each compressed file there, and use one that fits: it need not be decoded from its start again" },
	{ OPT_HASH, 0, "hash", NULL, ARG_NONE, NULL, "SHA-256 of plain files too: reads all of them" },
	{ OPT_MEMORY, 0, "memory", "SIZE", ARG_WORD, NULL, "bound on memory for one SOURCE's structures (default 192M)" },
};
const struct option_table option_evidence = OPTION_TABLE("What to look at", evidence_rows);

static const struct option_row telling_rows[] = {
	{ OPT_REDACT, 0, "redact", "LEVEL", ARG_WORD, "none ids metadata-only strict",
	  "none (default), ids, metadata-only or strict: what is left out of all that is written" },
	{ OPT_USER_BYTES, 0, "user-bytes", NULL, ARG_NONE, NULL, "show bytes of the application (never by default)" },
	{ OPT_REPRODUCIBLE, 0, "reproducible", NULL, ARG_NONE, NULL, "no clock, host, path or time stamp: same bytes in, same bytes out" },
	{ OPT_FAIL_ON, 0, "fail-on", "LEVEL", ARG_WORD, "note warning error",
	  "note, warning (default) or error: findings from there on make the exit status 4" },
};
const struct option_table option_telling = OPTION_TABLE("What to tell", telling_rows);

void analysis_start(struct analysis *an)
{
	*an = (struct analysis){ .options = ANALYZE_OPTIONS, .fail_on = WARNING };
}

void analysis_free(struct analysis *an)
{
	free(an->only.list);
	free(an->skip.list);
	free(an->maps.list);
	free(an->roots);
}

static bool word_add(struct cli *c, struct words *w, const char *text)
{
	const char **more = realloc(w->list, (w->nr + 1) * sizeof(*more));

	if (more == NULL) {
		c->status = cli_error(c, EXIT_FAILED, "no memory");
		return false;
	}
	w->list = more;
	w->list[w->nr++] = text;
	return true;
}

static bool usage(struct cli *c)
{
	c->status = EXIT_USAGE;
	return false;
}

static const char *next_check(const void *ctx, size_t i)
{
	(void)ctx;
	for (size_t t = 0; t < check_tables_nr; t++) {
		if (i < check_tables[t]->nr)
			return check_tables[t]->checks[i].id;
		i -= check_tables[t]->nr;
	}
	return NULL;
}

static bool any_starts(const char *prefix, size_t len)
{
	const char *id;

	for (size_t i = 0; (id = next_check(NULL, i)) != NULL; i++)
		if (strncmp(id, prefix, len) == 0)
			return true;
	return false;
}

/* "pool.*,btt.map.range": cut in place, each must be one that there is. */
static bool checks_named(struct cli *c, struct words *w, const char *option)
{
	for (char *word = strtok((char *)c->arg, ","); word; word = strtok(NULL, ",")) {
		size_t len = strlen(word);
		bool known = word[len - 1] == '*' ? any_starts(word, len - 1) : check_find(word) != NULL;

		if (!known) {
			const char *near = command_nearest(word, next_check, NULL);

			cli_error(c, EXIT_USAGE, "%s: there is no check '%s'%s%s; 'pmemscope explain' lists them", option, word,
				  near ? ", did you mean " : "", near ? near : "");
			return usage(c);
		}
		if (!word_add(c, w, word))
			return false;
	}
	return true;
}

/* "3,7-9" */
static bool roots_named(struct cli *c, struct analysis *an)
{
	const char *text = c->arg;

	do {
		struct obj_type_range r, *more;
		char *end;

		errno = 0;
		r.first = r.last = strtoull(text, &end, 0);
		if (*end == '-' && isdigit((unsigned char)end[1]))
			r.last = strtoull(end + 1, &end, 0);
		if (errno || !isdigit((unsigned char)*text) || (*end && *end != ',') || r.last < r.first) {
			cli_error(c, EXIT_USAGE, "--roots wants type numbers like 3,7-9, not '%s'", c->arg);
			return usage(c);
		}
		more = realloc(an->roots, (an->options.roots_nr + 1) * sizeof(*more));
		if (more == NULL) {
			c->status = cli_error(c, EXIT_FAILED, "no memory");
			return false;
		}
		more[an->options.roots_nr++] = r;
		an->options.roots = an->roots = more;
		text = *end ? end + 1 : end;
	} while (*text);
	an->options.deep = true;
	return true;
}

bool analysis_option(struct cli *c, struct analysis *an, int id)
{
	static const char *const severities[] = { "note", "warning", "error" };
	uint64_t v;
	int i;

	switch (id) {
	case OPT_MAP:
		if (strchr(c->arg, '=') == NULL || c->arg[0] == '=') {
			cli_error(c, EXIT_USAGE, "--map wants OLD=NEW, not '%s'", c->arg);
			return usage(c);
		}
		return word_add(c, &an->maps, c->arg);
	case OPT_ONLY:
		return checks_named(c, &an->only, "--only");
	case OPT_SKIP:
		return checks_named(c, &an->skip, "--skip");
	case OPT_MAPFILE:
		an->options.intake.mapfile = c->arg;
		return true;
	case OPT_NDCTL_JSON:
		an->options.ndctl_json = c->arg;
		return true;
	case OPT_DEEP:
		an->options.deep = true;
		return true;
	case OPT_ROOTS:
		return roots_named(c, an);
	case OPT_TAKE_BACK:
		if (!cli_count(c, "--take-back", OBJ_LANES_NR - 1, &v))
			return usage(c);
		an->take_back = (uint32_t)v;
		an->options.take_back = &an->take_back;
		return true;
	case OPT_SPOOL:
		an->options.intake.spool_dir = c->arg;
		return true;
	case OPT_INDEX:
		an->options.intake.index_dir = c->arg;
		return true;
	case OPT_HASH:
		an->options.intake.hash_plain = true;
		return true;
	case OPT_MAX_FINDINGS:
		if (!cli_count(c, "--max-findings", 1000000, &v))
			return usage(c);
		an->options.max_findings = (uint32_t)v;
		return true;
	case OPT_MEMORY:
		if (!cli_size(c, "--memory", &v))
			return usage(c);
		an->options.memory = (size_t)v;
		return true;
	case OPT_REDACT:
		i = cli_choice(c, "--redact", redact_names, REDACT_LEVELS);
		if (i < 0)
			return usage(c);
		an->redact.level = (enum redact_level)i;
		return true;
	case OPT_USER_BYTES:
		an->redact.user_bytes = true;
		return true;
	case OPT_REPRODUCIBLE:
		an->reproducible = true;
		return true;
	case OPT_FAIL_ON:
		i = cli_choice(c, "--fail-on", severities, 3);
		if (i < 0)
			return usage(c);
		an->fail_on = (enum severity)i;
		return true;
	default:
		return true;
	}
}

struct report_options analysis_report(const struct analysis *an)
{
	return (struct report_options){
		.analyze = &an->options, .reproducible = an->reproducible, .fail_on = an->fail_on,
		.now = an->reproducible ? 0 : (uint64_t)time(NULL), .host = an->reproducible || !an->host[0] ? NULL : an->host,
	};
}

static bool index_write(void *ctx, const char *path, const uint8_t *bytes, size_t len)
{
	const struct cli *c = ctx;
	struct output out;

	return output_open(c, &out, path) && output_close(c, &out, fwrite(bytes, 1, len, out.f) == len);
}

/* What the reading of r's files has shown of them, for the next run. False, with a message. */
static bool indexes_keep(struct cli *c, struct result *r)
{
	return r->intake.options.index_dir == NULL || intake_indexes(&r->intake, index_write, c);
}

static int one(struct cli *c, struct analysis *an, const char *path, int i, int nr, analysis_told *told, void *ctx)
{
	struct report_options o = analysis_report(an);
	struct result r;
	int status;

	analyze(path, &an->options, &r);
	watch_hide();
	if (r.status == STATUS_INTERRUPTED || watch_asked_to_stop()) {
		analyze_close(&r);
		return EXIT_INTERRUPTED;
	}
	bool kept = indexes_keep(c, &r);
	o.redact = redact_open(&r, &an->redact);
	status = o.redact ? told(c, &r, &o, i, nr, ctx) : cli_error(c, EXIT_FAILED, "%s: no memory", path);
	redact_close((struct redact *)o.redact);
	analyze_close(&r);
	return kept ? status : outcome_join(status, EXIT_FAILED);
}

int analysis_ready(struct cli *c, struct analysis *an)
{
	if (an->redact.user_bytes && an->redact.level != REDACT_NONE)
		return cli_error(c, EXIT_USAGE, "--user-bytes and --redact %s contradict each other", redact_names[an->redact.level]);
	if (gethostname(an->host, sizeof(an->host) - 1) != 0)
		an->host[0] = '\0';
	an->options.only = an->only.list;
	an->options.only_nr = an->only.nr;
	an->options.skip = an->skip.list;
	an->options.skip_nr = an->skip.nr;
	an->options.maps = an->maps.list;
	an->options.maps_nr = an->maps.nr;
	an->redact.reproducible = an->reproducible;
	an->redact.host = an->host;
	an->options.intake.overlap = true;
	an->options.intake.no_times = an->reproducible;
	return EXIT_CLEAN;
}

static int prepare(struct cli *c, struct analysis *an)
{
	int status = analysis_ready(c, an);

	an->options.intake.progress = watch_progress;
	return status == EXIT_CLEAN && !watch_start(c) ? EXIT_FAILED : status;
}

int analysis_run(struct cli *c, struct analysis *an, analysis_told *told, void *ctx)
{
	int status, nr = 0;
	const char *path;

	while (cli_operand(c, nr))
		nr++;
	if (nr == 0)
		return cli_error(c, EXIT_USAGE, "which SOURCE? See pmemscope %s --help", c->command->name);
	status = prepare(c, an);
	if (status != EXIT_CLEAN)
		return status;
	for (int i = 0; i < nr && (path = cli_operand(c, i)) != NULL; i++) {
		status = outcome_join(status, one(c, an, path, i, nr, told, ctx));
		if (status == EXIT_INTERRUPTED || watch_asked_to_stop()) {
			status = EXIT_INTERRUPTED;
			break;
		}
	}
	watch_stop();
	return status;
}

int analysis_run_two(struct cli *c, struct analysis *an, analysis_both *told, void *ctx)
{
	struct report_options o;
	struct result r[2];
	int status, done = 0;

	if (cli_operand(c, 0) == NULL || cli_operand(c, 1) == NULL || cli_operand(c, 2))
		return cli_error(c, EXIT_USAGE, "two SOURCEs are compared: pmemscope %s %s", c->command->name, c->command->args);
	status = prepare(c, an);
	if (status != EXIT_CLEAN)
		return status;
	bool kept = true;
	for (; done < 2 && !watch_asked_to_stop(); done++) {
		analyze(cli_operand(c, done), &an->options, &r[done]);
		kept = indexes_keep(c, &r[done]) && kept;
	}
	watch_hide();
	o = analysis_report(an);
	o.redact = done == 2 ? redact_open_two(&r[0], &r[1], &an->redact) : NULL;
	if (watch_asked_to_stop())
		status = EXIT_INTERRUPTED;
	else
		status = o.redact ? told(c, &r[0], &r[1], &o, ctx) : cli_error(c, EXIT_FAILED, "no memory");
	if (!kept)
		status = outcome_join(status, EXIT_FAILED);
	if (watch_asked_to_stop())
		status = EXIT_INTERRUPTED;
	redact_close((struct redact *)o.redact);
	while (done)
		analyze_close(&r[--done]);
	watch_stop();
	return status;
}
