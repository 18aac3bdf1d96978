#include "analyzer/fingerprint.h"

#include "formats/base/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *finding_path(struct arena *a, const struct finding *f)
{
	const char *node = node_path(a, f->node);
	const char *dot = node && node[0] && f->field ? "." : "";
	const char *field = f->field ? f->field->name : "";

	return f->numbered ? arena_printf(a, "%s%s%s[%" PRIu64 "]", node, dot, field, f->idx)
			   : arena_printf(a, "%s%s%s", node, dot, field);
}

static void add_text(struct digest *d, const char *text)
{
	digest_add(d, text, strlen(text) + 1);
}

static void add_path(struct digest *d, const struct node *n)
{
	char idx[24];

	if (n == NULL)
		return;
	add_path(d, n->parent);
	add_text(d, n->name ? n->name : "");
	snprintf(idx, sizeof(idx), "%" PRIu64, n->numbered ? n->idx : 0);
	add_text(d, idx);
}

void fingerprint_of(const struct finding *f, char text[FINGERPRINT_LEN + 1])
{
	uint8_t sum[DIGEST_LEN];
	char hex[2 * DIGEST_LEN + 1], idx[24];
	struct digest *d = digest_open();

	text[0] = '\0';
	if (d == NULL)
		return;
	add_text(d, f->by->id);
	add_path(d, f->node);
	add_text(d, f->field ? f->field->name : "");
	snprintf(idx, sizeof(idx), "%" PRIu64, f->idx);
	add_text(d, idx);
	if (digest_end(d, sum)) {
		digest_text(sum, hex);
		memcpy(text, hex, FINGERPRINT_LEN);
		text[FINGERPRINT_LEN] = '\0';
	}
	digest_close(d);
}
