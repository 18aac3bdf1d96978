#include "report/json/losses.h"

#include "report/json/json.h"

static void range(struct json *j, uint64_t at, uint64_t len)
{
	json_open_object(j, NULL);
	json_number(j, "offset", at);
	json_number(j, "length", len);
	json_close_object(j);
}

static void ranges(struct json *j, const struct salvage *s)
{
	json_open_object(j, "unread");
	json_word(j, "unit", s->losses_in);
	json_number(j, "total", s->lost);
	json_number(j, "ranges_total", s->losses_nr);
	json_number(j, "missing_at_end", s->obj.added);
	json_open_array(j, "ranges");
	for (uint64_t i = 0; i < s->losses_nr && i < SALVAGE_TOLD; i++)
		range(j, s->losses[i].at, s->losses[i].len);
	json_close_array(j);
	json_close_object(j);
}

static void fate(struct json *j, const struct obj_fates *fs, enum obj_fate f)
{
	json_open_object(j, obj_fate_name(f));
	json_number(j, "objects", fs->nr[f]);
	json_number(j, "bytes", fs->bytes[f]);
	json_open_array(j, "first");
	for (uint64_t i = 0; f != OBJ_FATE_KEPT && i < fs->nr[f] && i < OBJ_FATES_TOLD; i++) {
		const struct obj_fate_row *o = &fs->told[f][i];

		json_line(j);
		json_open_object(j, NULL);
		json_number(j, "offset", o->at);
		json_number(j, "size", o->len);
		json_number(j, "type", o->type_num);
		json_number(j, "unread", o->lost);
		json_bool(j, "root", o->root);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void objects(struct json *j, const struct obj_fates *fs)
{
	if (fs == NULL) {
		json_nothing(j, "objects");
		return;
	}
	json_open_object(j, "objects");
	json_bool(j, "complete", fs->complete);
	json_number(j, "before", fs->before);
	json_number(j, "after", fs->after);
	for (enum obj_fate f = OBJ_FATE_KEPT; f < OBJ_FATES; f++)
		fate(j, fs, f);
	json_open_object(j, "unknown");
	json_number(j, "blocks", fs->blind_nr);
	json_number(j, "bytes", fs->blind_bytes);
	json_open_array(j, "first");
	for (uint64_t i = 0; i < fs->blind_nr && i < OBJ_FATES_TOLD; i++)
		range(j, fs->blind[i].at, fs->blind[i].len);
	json_close_array(j);
	json_close_object(j);
	json_close_object(j);
}

static void steps(struct json *j, const struct plan *plan, int pass)
{
	for (const struct step *s = plan ? plan->first : NULL; s; s = s->next) {
		if (!plan_made(s) || s->loses == NULL)
			continue;
		json_line(j);
		json_open_object(j, NULL);
		json_number(j, "pass", (uint64_t)pass);
		json_number(j, "step", s->nr);
		json_word(j, "finding", s->by->id);
		json_word(j, "path", s->path ? s->path : "");
		json_sentence(j, "says", s->says);
		json_sentence(j, "loses", s->loses);
		json_close_object(j);
	}
}

static void left(struct json *j, const struct result *r)
{
	json_open_array(j, "still_wrong");
	for (const struct finding *f = r && r->findings ? r->findings->first : NULL; f; f = f->next) {
		if (f->severity != ERROR)
			continue;
		json_line(j);
		json_open_object(j, NULL);
		json_word(j, "id", f->by->id);
		json_word(j, "path", finding_path(r->arena, f));
		json_close_object(j);
	}
	json_close_array(j);
}

bool json_losses(const struct salvage *s, const struct result *r, const struct redact *redact, FILE *f)
{
	struct json j = { .f = f, .redact = redact, .lines = 2 };

	json_open_object(&j, NULL);
	json_word(&j, "kind", "losses");
	json_number(&j, "losses_version", 1);
	json_word(&j, "format", r->model.format);
	json_word(&j, "unit", s->unit);
	json_number(&j, "in_new_pool", s->nr);
	ranges(&j, s);
	json_number(&j, "logs_dropped", s->obj.logs_dropped);
	objects(&j, s->obj.fates);
	json_open_array(&j, "steps");
	for (int i = 0; i <= SALVAGE_PASSES; i++)
		steps(&j, s->plans[i], i);
	json_close_array(&j);
	left(&j, s->obj.image ? s->obj.is : NULL);
	json_sentence(&j, "left_out", s->left_out);
	json_close_object(&j);
	return json_end(&j);
}
