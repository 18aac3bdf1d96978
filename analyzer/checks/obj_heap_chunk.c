/* The chunk headers of a pmemobj heap: the blocks they make, their flags, footers and run data. */
#include "analyzer/checks/obj_faults.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/obj_chunks.h"
#include "analyzer/repair/obj_heap.h"

#include <inttypes.h>

static void block_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	uint16_t type = (uint16_t)ft->actual, flags = (uint16_t)(ft->actual >> 16);
	uint32_t size = (uint32_t)(ft->actual >> 32);
	const char *read_as = ft->type == OBJ_CHUNK_UNKNOWN ? "space of unknown use" : obj_chunk_type_name(ft->type);

	if (ft->wrong & OBJ_BLOCK_LOST) {
		f->verdict = UNVERIFIED;
		f->actual = "unread";
	} else {
		f->actual = arena_printf(a, "type %u, flags 0x%x, %" PRIu32 " chunks", type, flags, size);
	}
	f->expected = "a free or used block or a run that ends where the next one begins";
	f->detail = arena_printf(a, "%s; read as %s of %" PRIu32 " chunks by %s",
				 ft->wrong & OBJ_BLOCK_LOST ? "the header could not be read"
				 : ft->wrong & OBJ_BLOCK_EMPTY ? "the block has no length: the library loops here for ever"
				 : ft->wrong & OBJ_BLOCK_TYPE ? "no block can begin with this type"
							      : "the length leads past the zone's end or into nothing",
				 read_as, ft->blocks, obj_block_witness_text(ft->witness));
	f->repair = ft->type != OBJ_CHUNK_UNKNOWN ? REPAIR_SAFE : REPAIR_ASK;
}

static void block_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_each(self, acc, OBJ_FAULT_BLOCK, out, block_tell);
}

static void hole_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->detail = arena_printf(a, "%" PRIu32 " chunks behind a free block have no header", ft->blocks);
	f->expected = arena_printf(a, "a free block of %" PRIu32 " chunks", ft->blocks);
	f->actual = arena_printf(a, "0x%016" PRIx64, ft->actual);
	f->repair = REPAIR_ASK;
}

static void hole_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_each(self, acc, OBJ_FAULT_HOLE, out, hole_tell);
}

static void flags_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->expected = arena_printf(a, "bits of 0x%" PRIx64 " that go together", ft->expected);
	f->actual = arena_printf(a, "0x%" PRIx64, ft->actual);
	f->repair = REPAIR_ASK;
}

static void flags_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_each(self, acc, OBJ_FAULT_FLAGS, out, flags_tell);
}

static void run_data_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->verdict = CONFLICT;
	f->expected = arena_printf(a, "run data, %" PRIu64 " chunks back", ft->expected);
	f->actual = arena_printf(a, "%s (%u), %" PRIu64, obj_chunk_type_name((enum obj_chunk_type)ft->wrong), ft->wrong,
				 ft->actual);
	f->repair = REPAIR_SAFE;
}

static void run_data_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_each(self, acc, OBJ_FAULT_RUN_DATA, out, run_data_tell);
}

static void footer_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_once(self, acc, OBJ_FAULT_FOOTER, REPAIR_ASK, out,
				"footers do not tell the length of their block");
}

static void adjacent_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);

	if (acc)
		obj_faults_once(self, acc, OBJ_FAULT_ADJACENT, REPAIR_NONE, out, "free blocks follow another free block");
}

#define SOURCE "PMDK src/libpmemobj/heap_layout.h struct chunk_header, heap.c heap_verify_zone"

static const struct check checks[] = {
	{ .id = "obj.chunk.header", .covers = "H-4", .severity = ERROR,
	  .says = "the header of a block is wrong",
	  .means = "The library refuses to open the pool, loops for ever, or takes the objects from here on for "
		   "something else. The blocks behind it are intact as far as nothing else is said of them.",
	  .remedy = "Do not open the pool. The header can be written anew from what describes the block otherwise.",
	  .source = SOURCE, .verify = block_verify,
	  .repair = obj_heap_repair_chunk },
	{ .id = "obj.chunk.hole", .covers = "K-4", .severity = ERROR,
	  .says = "a free block was split and its second half has no header: a defect of PMDK 1.5.0 to 1.7.0, 1.8.0 "
		  "and 1.9.0",
	  .means = "A crash hit between two stores. The library refuses to open the pool; no object is harmed.",
	  .remedy = "Write the header of one free block over the hole.", .source = SOURCE, .verify = hole_verify,
	  .repair = obj_heap_repair_chunk },
	{ .id = "obj.chunk.flags", .covers = "H-5", .severity = ERROR,
	  .says = "a block has flags that it cannot have",
	  .means = "The library refuses to open the pool, or reads the headers of the objects in the block wrong.",
	  .remedy = "The objects' own headers tell which flags are right.", .source = SOURCE, .verify = flags_verify,
	  .repair = obj_heap_repair_flags },
	{ .id = "obj.chunk.run-data", .covers = "H-6", .severity = ERROR,
	  .says = "a chunk inside a run does not lead back to the run's first chunk",
	  .means = "The library frees the wrong object, or crashes, when it is asked for an object in this chunk.",
	  .remedy = "Write the header anew: the run's first chunk and its length tell it.",
	  .source = SOURCE, .verify = run_data_verify,
	  .repair = obj_heap_repair_run_data },
	{ .id = "obj.chunk.footer", .covers = "H-7 K-5", .severity = NOTE,
	  .says = "footers of blocks are out of date",
	  .means = "That is common: footers are not kept on media. PMDK up to 2.1.2 does not rebuild those of free "
		   "blocks at open, and may merge blocks wrongly by them.",
	  .remedy = "None needed to read the pool. A library of 2.1.3 or later rebuilds them; for earlier ones they can be "
		    "written.",
	  .source = "PMDK src/libpmemobj/memblock.c huge_ensure_header_type; heap.c", .verify = footer_verify,
	  .repair = obj_chunks_repair_footers },
	{ .id = "obj.chunk.adjacent", .covers = "H-13", .severity = NOTE,
	  .says = "free blocks lie side by side",
	  .means = "That is legal: the library merges them when it next needs the space.",
	  .remedy = "None needed.", .source = SOURCE, .verify = adjacent_verify },
};

const struct check_table obj_heap_chunk_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
