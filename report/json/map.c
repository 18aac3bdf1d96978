#include "report/json/parts.h"

#include "analyzer/fingerprint.h"

static const char *const tones[MAP_TONES] = {
	[MAP_META] = "meta",     [MAP_DATA] = "data", [MAP_MIXED] = "mixed", [MAP_FREE] = "free",
	[MAP_UNUSED] = "unused", [MAP_LOST] = "lost", [MAP_ODD] = "odd",
};

static void classes(struct json *j, const struct map *m)
{
	json_open_array(j, "classes");
	for (uint32_t i = 0; i < m->classes_nr; i++) {
		json_line(j);
		json_open_object(j, NULL);
		json_word(j, "name", m->classes[i].name);
		json_word(j, "says", m->classes[i].says);
		json_word(j, "tone", tones[m->classes[i].tone]);
		json_close_object(j);
	}
	json_close_array(j);
}

static void tile(struct json *j, const struct map *m, const struct map_tile *t)
{
	uint32_t kinds = 0;

	json_line(j);
	json_open_object(j, NULL);
	json_number(j, "at", t->at);
	json_number(j, "length", t->len);
	json_number(j, "class", t->class);
	if (t->used != MAP_USED_UNKNOWN)
		json_number(j, "used", t->used);
	json_sentence(j, "label", t->label);
	if (t->node)
		json_path(j, "path", t->node);
	if (t->inside)
		json_number(j, "inside", t->inside->idx);
	for (uint32_t i = 0; t->held && i < m->classes_nr; i++)
		kinds += t->held[i] != 0;
	if (kinds > 1) {
		json_open_array(j, "held");
		for (uint32_t i = 0; i < m->classes_nr; i++)
			json_number(j, NULL, t->held[i]);
		json_close_array(j);
	}
	if (t->findings)
		json_number(j, "findings", t->findings);
	if (t->worst) {
		char print[FINGERPRINT_LEN + 1];

		fingerprint_of(t->worst, print);
		json_word(j, "worst", print);
	}
	if (t->changes)
		json_number(j, "changes", t->changes);
	json_close_object(j);
}

static void band(struct json *j, const struct map *m, const struct map_band *b)
{
	json_line(j);
	json_open_object(j, NULL);
	json_word(j, "group", b->group);
	json_word(j, "title", b->title);
	if (b->says)
		json_word(j, "says", b->says);
	json_word(j, "shape", b->shape == MAP_GRID ? "grid" : "line");
	if (b->unit) {
		json_word(j, "unit", b->unit);
		json_number(j, "unit_length", b->unit_len);
	}
	json_number(j, "at", b->at);
	json_number(j, "length", b->len);
	if (b->node)
		json_path(j, "path", b->node);
	if (b->slice)
		json_number(j, "slice", b->slice);
	if (b->left)
		json_number(j, "left", b->left);
	json_open_array(j, "tiles");
	for (uint32_t i = 0; i < b->nr; i++)
		tile(j, m, &b->tiles[i]);
	json_close_array(j);
	json_close_object(j);
}

void json_map(struct json *j, const struct map *m)
{
	if (m == NULL) {
		json_nothing(j, "map");
		return;
	}
	json_open_object(j, "map");
	classes(j, m);
	json_open_array(j, "bands");
	for (const struct map_band *b = m->first; b; b = b->next)
		band(j, m, b);
	json_close_array(j);
	json_number(j, "left", m->left);
	json_close_object(j);
}
