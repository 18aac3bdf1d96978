#include "formats/obj/descr.h"

#include "formats/obj/obj.h"

const struct name_of obj_conversion_names[] = {
	{ 1, "V3_RANGE_CACHES" },
	{ 0, NULL },
};

#define SOURCE "PMDK src/libpmemobj/obj.h, struct pmemobjpool"

#define SELF obj_descr
static const struct field obj_descr_fields[] = { OBJ_DESCR(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_descr_layout = LAYOUT(obj_descr, SOURCE, OBJ_DESCR_LEN, obj_descr_fields);

#define SELF obj_words
static const struct field obj_words_fields[] = { OBJ_WORDS(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout obj_words_layout =
	LAYOUT(obj_words, SOURCE, OBJ_RUNTIME_AT - OBJ_WORDS_AT, obj_words_fields);
/* the first two rows: the rest is the last process's own in these majors */
const struct layout obj_words_old_layout = {
	.name = "obj_words_old", .source = SOURCE, .size = 16, .nr = 2, .host_size = sizeof(struct obj_words),
	.fields = obj_words_fields,
};

#define SELF obj_runtime
static const struct field obj_runtime_fields[] = { OBJ_RUNTIME(ROW_LE) };
#undef SELF
const struct layout obj_runtime_layout = LAYOUT(obj_runtime, SOURCE, 16, obj_runtime_fields);
