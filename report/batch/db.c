#include "report/batch/db.h"

#include "report/batch/image.h"
#include "report/escape.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 24 };

struct batch_db {
	sqlite3 *db;
	sqlite3_stmt *image, *finding;
};

static const char schema[] =
	"CREATE TABLE images (id TEXT PRIMARY KEY, source TEXT, kind TEXT, format TEXT, pool TEXT, size INTEGER, verdict TEXT,"
	" exit_status INTEGER, status TEXT, errors INTEGER, warnings INTEGER, notes INTEGER, ending TEXT, sentence TEXT,"
	" next_step TEXT, report TEXT) WITHOUT ROWID;\n"
	"CREATE TABLE findings (image TEXT REFERENCES images, id TEXT, severity TEXT, verdict TEXT, message TEXT, path TEXT,"
	" fingerprint TEXT, repair TEXT, expected TEXT, actual TEXT);\n"
	"CREATE VIEW clusters AS SELECT fingerprint, id, severity, path, min(message) AS message, count(DISTINCT image) AS images,"
	" count(*) AS findings FROM findings GROUP BY fingerprint;\n"
	"BEGIN;\n";

/* The keys of a row in the order of the table's columns. */
static const char *const image_keys[] = { "id", "source", "kind", "format", "pool", "size", "verdict", "exit_status", "status",
					  "error", "warning", "note", "ending", "sentence", "next_step", "report" };
static const char *const finding_keys[] = { "image", "id", "severity", "verdict", "message", "path", "fingerprint", "repair",
					    "expected", "actual" };
enum { IMAGE_KEYS = sizeof(image_keys) / sizeof(image_keys[0]), FINDING_KEYS = sizeof(finding_keys) / sizeof(finding_keys[0]) };

static bool prepare(struct batch_db *db)
{
	return sqlite3_prepare_v2(db->db, "INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &db->image,
				  NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(db->db, "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &db->finding, NULL) == SQLITE_OK;
}

struct batch_db *batch_db_create(const char *path, struct problem *p)
{
	struct batch_db *db = calloc(1, sizeof(*db));

	/* the file is aside until it is whole: no journal is needed for what nobody has seen */
	if (db && sqlite3_open_v2(path, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
	    sqlite3_exec(db->db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(db->db, schema, NULL, NULL, NULL) == SQLITE_OK && prepare(db))
		return db;
	problem_set(p, STATUS_IO, "%s: %s", path, db && db->db ? sqlite3_errmsg(db->db) : "no memory");
	batch_db_close(db);
	return NULL;
}

/* A path that is no UTF-8, as a terminal would be told it. */
static bool bind_bytes(sqlite3_stmt *s, int at, char *path)
{
	struct buf b = { .p = NULL };

	escape_plain(&b, path, strlen(path));
	bool good = !b.failed && sqlite3_bind_text(s, at, buf_text(&b), (int)b.len, SQLITE_TRANSIENT) == SQLITE_OK;
	buf_free(&b);
	free(path);
	return good;
}

static bool bind(sqlite3_stmt *s, int at, const json_t *v)
{
	char *text;

	if (json_is_integer(v))
		return sqlite3_bind_int64(s, at, json_integer_value(v)) == SQLITE_OK;
	if (json_is_string(v))
		return sqlite3_bind_text(s, at, json_string_value(v), (int)json_string_length(v), SQLITE_TRANSIENT) == SQLITE_OK;
	if (v == NULL || json_is_null(v))
		return sqlite3_bind_null(s, at) == SQLITE_OK;
	text = json_object_get(v, "hex") ? batch_path_get(v) : NULL;
	if (text)
		return bind_bytes(s, at, text);
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY); /* what was redacted */
	return text && sqlite3_bind_text(s, at, text, -1, free) == SQLITE_OK;
}

static bool insert(sqlite3_stmt *s, const json_t *row, const char *const *keys, int nr)
{
	bool good = true;

	for (int i = 0; good && i < nr; i++)
		good = bind(s, i + 1, json_object_get(row, keys[i]));
	good = good && sqlite3_step(s) == SQLITE_DONE;
	return sqlite3_reset(s) == SQLITE_OK && good;
}

bool batch_db_image(struct batch_db *db, const json_t *row)
{
	return insert(db->image, row, image_keys, IMAGE_KEYS);
}

bool batch_db_finding(struct batch_db *db, const json_t *row)
{
	return insert(db->finding, row, finding_keys, FINDING_KEYS);
}

bool batch_db_settle(struct batch_db *db, struct problem *p)
{
	if (sqlite3_exec(db->db, "CREATE INDEX findings_fingerprint ON findings (fingerprint); "
				 "CREATE INDEX findings_image ON findings (image); COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return true;
	problem_set(p, STATUS_IO, "the database: %s", sqlite3_errmsg(db->db));
	return false;
}

void batch_db_close(struct batch_db *db)
{
	if (db == NULL)
		return;
	sqlite3_finalize(db->image);
	sqlite3_finalize(db->finding);
	sqlite3_close(db->db);
	free(db);
}

bool batch_db_ask(struct batch_db *db, const char *query, batch_db_row *row, void *ctx)
{
	const char *text[COLUMNS_MAX];
	sqlite3_stmt *s = NULL;
	int step = SQLITE_ERROR;

	if (sqlite3_prepare_v2(db->db, query, -1, &s, NULL) != SQLITE_OK)
		return false;
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(s) && i < COLUMNS_MAX; i++)
			text[i] = (const char *)sqlite3_column_text(s, i);
		if (!row(ctx, text)) {
			step = SQLITE_DONE;
			break;
		}
	}
	sqlite3_finalize(s);
	return step == SQLITE_DONE;
}
