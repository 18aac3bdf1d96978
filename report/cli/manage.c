#include "report/cli/manage.h"

#include "report/cli/output.h"
#include "report/json/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int manage_status(int errnum)
{
	switch (errnum) {
	case 0:
		return EXIT_CLEAN;
	case EINVAL:
	case ENOTSUP:
	case EISDIR:
	case ENOTDIR:
		return EXIT_NO_POOL;
	case EINTR:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_FAILED;
	}
}

static void act_json(struct json *j, const struct manage_act *act)
{
	json_open_object(j, NULL);
	json_word(j, "verb", act->verb);
	json_name(j, "path", act->path);
	json_sentence(j, "what", act->what);
	if (act->in_set) {
		json_number(j, "replica", act->replica);
		json_number(j, "part", act->part);
	}
	if (act->bytes)
		json_number(j, "bytes", act->bytes);
	json_bool(j, "done", act->done);
	json_close_object(j);
}

static bool result_json(FILE *f, const struct manage_telling *t, bool ok, const struct manage_result *r)
{
	struct json j = { .f = f, .lines = 2 };

	json_open_object(&j, NULL);
	json_word(&j, "schema_version", "1.0");
	json_word(&j, "operation", t->verb);
	json_name(&j, "subject", t->subject);
	json_bool(&j, "dry_run", t->dry_run);
	json_bool(&j, "ok", ok);
	if (ok && t->query)
		json_number(&j, "value", (uint64_t)r->value);
	if (!ok) {
		json_open_object(&j, "error");
		json_number(&j, "errno", (uint64_t)r->error.errnum);
		json_word(&j, "name", strerrorname_np(r->error.errnum) ? strerrorname_np(r->error.errnum) : "unknown");
		json_sentence(&j, "message", r->error.text);
		json_close_object(&j);
	}
	json_open_array(&j, "acts");
	for (const struct manage_act *act = r->first; act; act = act->next)
		act_json(&j, act);
	json_close_array(&j);
	json_close_object(&j);
	return json_end(&j);
}

static void result_text(struct page *p, const struct manage_telling *t, bool ok, const struct manage_result *r)
{
	if (t->query) {
		if (ok)
			page_text(p, 0, "%d", r->value);
		return;
	}
	for (const struct manage_act *act = r->first; act; act = act->next)
		if (t->dry_run || t->verbose)
			page_text(p, 0, "%s%s %s (%s)", t->dry_run ? "would " : act->done ? "" : "not done: ", act->verb, act->path,
				  act->what);
	if (ok && r->first == NULL && (t->dry_run || t->verbose))
		page_text(p, 0, "%s: nothing to do", t->subject);
}

int manage_tell(struct cli *c, const struct manage_telling *t, bool ok, struct manage_result *r)
{
	int status = ok ? EXIT_CLEAN : cli_error(c, manage_status(r->error.errnum), "%s", r->error.text);
	struct output out;

	if (t->json) {
		if (!output_open(c, &out, t->json)) {
			status = EXIT_FAILED;
		} else {
			bool good = result_json(out.f, t, ok, r);

			if (!output_close(c, &out, good) || !good)
				status = EXIT_FAILED;
		}
	} else if (!c->quiet) {
		struct page p = cli_page(c, stdout, NULL);

		result_text(&p, t, ok, r);
	}
	manage_close(r);
	return status;
}
