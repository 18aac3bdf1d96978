/* The runs of a pmemobj heap: their unit, their alignment, their bitmap. */
#include "analyzer/checks/obj_faults.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/obj_heap.h"
#include "analyzer/repair/obj_run.h"

#include <inttypes.h>

static void each(const struct check *self, const struct model *m, struct findings *out, enum obj_fault_kind kind,
		 void (*tell)(const struct obj_fault *, struct arena *, struct finding *))
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_each(self, acc, kind, out, tell);
}

static void unread_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	(void)ft;
	(void)a;
	f->verdict = UNVERIFIED;
	f->repair = REPAIR_ADVANCED;
}

static void unread_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_UNREAD, unread_tell);
}

static void unit_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->expected = "a multiple of 8 that fits the run";
	f->actual = arena_printf(a, "%" PRIu64, ft->actual);
	f->repair = REPAIR_ASK;
}

static void unit_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_UNIT, unit_tell);
}

static void align_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->expected = arena_printf(a, "a power of two that divides the unit of %" PRIu64 " bytes", ft->expected);
	f->actual = arena_printf(a, "%" PRIu64, ft->actual);
	f->repair = REPAIR_ASK;
}

static void align_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_ALIGN, align_tell);
}

static void word_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->expected = "0";
	f->actual = arena_printf(a, "0x%" PRIx64, ft->actual);
	f->repair = REPAIR_SAFE;
}

static void word_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_WORD, word_tell);
}

static void padding_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->detail = arena_printf(a, "word %" PRIu64 " of the bitmap", ft->unit);
	f->expected = arena_printf(a, "0x%016" PRIx64, ft->expected);
	f->actual = arena_printf(a, "0x%016" PRIx64, ft->actual);
	f->repair = REPAIR_SAFE;
}

static void padding_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_PADDING, padding_tell);
}

static void wide_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->detail = arena_printf(a, "the run has %" PRIu64 " units, and the library addresses 65536", ft->actual);
}

static void wide_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_WIDE, wide_tell);
}

static void empty_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_once(self, acc, OBJ_FAULT_EMPTY_RUN, REPAIR_NONE, out, "runs hold no object");
}

#define SOURCE "PMDK src/libpmemobj/heap_layout.h struct chunk_run, memblock.c run_calc_bitmap"

static const struct check checks[] = {
	{ .id = "obj.run.unread", .covers = "H-8 H-9", .severity = ERROR,
	  .says = "the header or the bitmap of a run, or the chunk headers of a zone, could not be read",
	  .means = "Which of the objects here are in use is not known; their bytes may be intact.",
	  .remedy = "Capture these bytes again. Where that cannot be, the headers of the objects tell the unit and what may be in "
		    "use: 'pmemscope repair --advanced'.", .source = SOURCE, .verify = unread_verify,
	  .repair = obj_run_repair_unread },
	{ .id = "obj.run.unit", .covers = "H-8", .severity = ERROR,
	  .says = "a run has a unit size that cannot be",
	  .means = "The library opens the pool and crashes, or destroys objects, when it uses the run.",
	  .remedy = "Do not open the pool. The objects' own headers tell the unit: they lie one unit or a few apart.",
	  .source = SOURCE, .verify = unit_verify,
	  .repair = obj_run_repair_unit },
	{ .id = "obj.run.alignment", .covers = "H-8", .severity = ERROR,
	  .says = "a run has an alignment that cannot be",
	  .means = "Where the run's objects begin depends on it; the library takes them to be elsewhere.",
	  .remedy = "Do not open the pool. The objects' own headers tell where they begin.",
	  .source = SOURCE, .verify = align_verify },
	{ .id = "obj.run.unflagged-alignment", .covers = "K-8", .severity = WARNING,
	  .says = "a run that is not aligned has an alignment: left by an older PMDK before the pool was converted",
	  .means = "PMDK 1.5 and later take the run for one unit shorter: an object in the last unit is invisible "
		   "when objects are listed.",
	  .remedy = "Zero the word.", .source = SOURCE, .verify = word_verify,
	  .repair = obj_heap_repair_alignment },
	{ .id = "obj.run.padding", .after = "obj.chunk.header", .covers = "H-9", .severity = ERROR,
	  .says = "bits of a run's bitmap that stand for no unit are clear",
	  .means = "The bitmap was overwritten. The library would hand out space that lies outside of the run, or in "
		   "objects that are in use.",
	  .remedy = "Do not open the pool. These bits are to be set; which of the others are right, only the objects' "
		    "headers and who refers to them can tell.",
	  .source = SOURCE, .verify = padding_verify,
	  .repair = obj_heap_repair_padding },
	{ .id = "obj.run.wide", .covers = "K-7", .severity = WARNING,
	  .says = "a run has more units than the library can address: a defect of PMDK 1.5 to 2.1",
	  .means = "Objects behind the first 65536 units cannot be freed, listing objects loops, and freeing them frees "
		   "others.",
	  .remedy = "Do not use allocation classes of such small units. The objects can be extracted.",
	  .source = "PMDK src/libpmemobj/memblock.c memblock_from_offset", .verify = wide_verify },
	{ .id = "obj.run.empty", .covers = "H-14", .severity = NOTE,
	  .says = "runs hold no object",
	  .means = "That is legal: the library gives them back when it next needs the space.",
	  .remedy = "None needed.", .source = SOURCE, .verify = empty_verify },
};

const struct check_table obj_heap_run_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
