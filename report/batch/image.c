#include "report/batch/image.h"

#include "report/escape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool batch_id_good(const char *id)
{
	return id && strlen(id) == BATCH_ID_LEN && strspn(id, "0123456789abcdef") == BATCH_ID_LEN;
}

void batch_path_put(struct buf *out, const char *path)
{
	size_t len = strlen(path);

	if (escape_is_utf8(path, len)) {
		buf_puts(out, "\"");
		escape_json(out, path, len);
		buf_puts(out, "\"");
	} else {
		buf_puts(out, "{\"hex\": \"");
		buf_hex(out, (const uint8_t *)path, len);
		buf_puts(out, "\"}");
	}
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *unhex(const char *hex)
{
	size_t len = strlen(hex);
	char *path = len % 2 == 0 ? malloc(len / 2 + 1) : NULL;

	for (size_t i = 0; path && i < len / 2; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0 || high + low == 0) {
			free(path);
			return NULL;
		}
		path[i] = (char)(high << 4 | low);
	}
	if (path)
		path[len / 2] = '\0';
	return path;
}

char *batch_path_get(const json_t *v)
{
	const char *hex = json_string_value(json_object_get(v, "hex"));
	const char *text = json_string_value(v);

	if (text && strlen(text) == json_string_length(v) && *text)
		return strdup(text);
	return hex && *hex ? unhex(hex) : NULL;
}

static char *path_from(const json_t *v, const char *dir)
{
	char *path = batch_path_get(v), *whole;

	if (path == NULL || path[0] == '/' || dir == NULL || *dir == '\0')
		return path;
	if (asprintf(&whole, "%s/%s", dir, path) < 0)
		whole = NULL;
	free(path);
	return whole;
}

static bool files_read(const json_t *list, const char *dir, struct batch_image *out)
{
	const json_t *f;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) == 0)
		return false;
	out->files = calloc(json_array_size(list), sizeof(*out->files));
	json_array_foreach(list, i, f) {
		const char *mtime = json_string_value(json_object_get(f, "mtime"));

		if (out->files == NULL)
			return false;
		out->files[i].path = path_from(json_object_get(f, "path"), dir);
		out->files[i].size = (uint64_t)json_integer_value(json_object_get(f, "size"));
		snprintf(out->files[i].mtime, sizeof(out->files[i].mtime), "%s", mtime ? mtime : "");
		out->nr = i + 1;
		if (out->files[i].path == NULL)
			return false;
	}
	return true;
}

bool batch_image_read(const char *line, size_t len, const char *dir, struct batch_image *out, const char **why)
{
	json_t *doc = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	const char *id = json_string_value(json_object_get(doc, "id"));
	const char *kind = json_string_value(json_object_get(doc, "kind"));

	*out = (struct batch_image){ .source = NULL };
	*why = NULL;
	if (!json_is_object(doc)) {
		*why = "no JSON object";
	} else if (!batch_id_good(id)) {
		*why = "its id is not 32 hex digits; 'pmemscope batch manifest make' makes manifests";
	} else if ((out->source = path_from(json_object_get(doc, "source"), dir)) == NULL) {
		*why = "it names no source";
	} else if (!files_read(json_object_get(doc, "files"), dir, out)) {
		*why = "its files are no list of paths";
	} else {
		memcpy(out->id, id, BATCH_ID_LEN + 1);
		snprintf(out->kind, sizeof(out->kind), "%s", kind ? kind : "pool");
	}
	json_decref(doc);
	if (*why)
		batch_image_free(out);
	return *why == NULL;
}

void batch_image_write(const struct batch_image *im, struct buf *out)
{
	buf_printf(out, "{\"id\": \"%s\", \"kind\": \"%s\", \"source\": ", im->id, im->kind);
	batch_path_put(out, im->source);
	buf_puts(out, ", \"files\": [");
	for (size_t i = 0; i < im->nr; i++) {
		buf_puts(out, i ? ", {\"path\": " : "{\"path\": ");
		batch_path_put(out, im->files[i].path);
		buf_printf(out, ", \"size\": %" PRIu64 ", \"mtime\": \"%s\"}", im->files[i].size, im->files[i].mtime);
	}
	buf_puts(out, "]}\n");
}

void batch_image_free(struct batch_image *im)
{
	for (size_t i = 0; i < im->nr; i++)
		free(im->files[i].path);
	free(im->files);
	free(im->source);
	*im = (struct batch_image){ .source = NULL };
}

uint32_t batch_image_shard(const struct batch_image *im, uint32_t nr)
{
	char head[9];

	memcpy(head, im->id, 8);
	head[8] = '\0';
	return (uint32_t)strtoul(head, NULL, 16) % nr;
}

bool batch_file_look(const char *path, struct batch_file *out)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	out->size = (uint64_t)st.st_size;
	snprintf(out->mtime, sizeof(out->mtime), "%" PRId64 ".%09ld", (int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return true;
}
