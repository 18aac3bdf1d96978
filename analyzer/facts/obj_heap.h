/*
 * The account of a pmemobj heap: every zone's blocks, every run's header and bitmap, and, when asked,
 * the header of every object. Read once, by as many threads as there are processors where the image
 * allows; the memory it takes does not depend on how many objects there are. The places kept of each
 * kind of fault are the first in the heap's order, whichever thread was faster.
 */
#ifndef ANALYZER_FACTS_OBJ_HEAP_H
#define ANALYZER_FACTS_OBJ_HEAP_H

#include "formats/obj/object.h"

enum obj_fault_kind {
	OBJ_FAULT_BLOCK,      /* a block's header is wrong: what tells how */
	OBJ_FAULT_HOLE,       /* the same, where a split of the free block before it was cut short */
	OBJ_FAULT_FLAGS,      /* unknown flags, or flags that exclude one another */
	OBJ_FAULT_RUN_DATA,   /* the headers behind a run's first do not count up */
	OBJ_FAULT_FOOTER,     /* a footer does not tell its block's size: legal on media */
	OBJ_FAULT_ADJACENT,   /* a free block follows another: legal */
	OBJ_FAULT_EMPTY_RUN,  /* a run with no unit in use: legal */
	OBJ_FAULT_UNIT,       /* a unit size that no run can have */
	OBJ_FAULT_ALIGN,      /* an alignment that no run can have */
	OBJ_FAULT_WORD,       /* an alignment in a run that is not flagged as aligned */
	OBJ_FAULT_PADDING,    /* bits that stand for no unit are clear */
	OBJ_FAULT_WIDE,       /* more units than the library can address */
	OBJ_FAULT_UNREAD,     /* a run's header or bitmap, or a zone's headers, could not be read */
	OBJ_FAULT_HUGE,       /* a huge object's header tells another size than its chunks */
	OBJ_FAULT_OBJECT,     /* an object's header cannot be that of the units it has */
	OBJ_FAULT_OBJECT_FLAGS,
	OBJ_FAULT_OBJECT_UNREAD,
	OBJ_FAULTS,
};

struct obj_fault {
	enum obj_fault_kind kind;
	uint32_t zone, chunk;    /* the block's first chunk */
	uint64_t unit;           /* of an object in a run; of padding, the bitmap's word */
	uint64_t at, len;        /* bytes in the pool */
	uint64_t expected, actual;
	unsigned wrong;          /* enum obj_block_wrong or obj_object_wrong */
	enum obj_block_witness witness;
	uint32_t blocks;         /* BLOCK, HOLE: chunks that it was read as */
	enum obj_chunk_type type; /* BLOCK: what it was read as */
};

/* What a zone, or the whole heap, holds. */
struct obj_space {
	uint64_t blocks[OBJ_CHUNK_TYPES], chunks[OBJ_CHUNK_TYPES]; /* UNKNOWN: what nothing describes */
	uint64_t largest_free;      /* chunks */
	uint32_t largest_zone, largest_chunk; /* where that is */
	uint64_t empty_runs;
	uint64_t run_meta, run_waste; /* bytes of headers and bitmaps; of what no unit covers */
	uint64_t units_free, units_used; /* bytes in runs */
	uint64_t allocated;         /* bytes of all allocated blocks, as the library counts them */
	uint64_t objects, internal, object_bytes; /* when every object was asked for */
	uint8_t *fill;              /* of a zone: by chunk, how full the run is that begins there, 1 = empty,
				     * 255 = full; 0: no run, or not known. NULL: past OBJ_FILLS_MAX zones */
	uint32_t walked;            /* of a zone: where its blocks end, in chunks */
	bool whole;                 /* of a zone: every header up to there holds */
};

/* Runs of one shape. */
struct obj_class {
	uint64_t unit, alignment;
	uint32_t chunks;
	uint16_t flags;
	uint64_t nbits;             /* units in a run */
	uint64_t runs, units, used; /* of all such runs */
	uint64_t more;              /* units that could be had from free blocks */
};

struct obj_type {
	uint64_t type_num, objects, bytes; /* with headers */
};

/* An internal object: the library's own, or the root. */
struct obj_internal {
	uint64_t at, len; /* user data */
	uint32_t zone, chunk;
};

struct obj_account {
	bool deep;                  /* every object was looked at */
	bool complete;              /* false: memory could not be had */
	const struct obj_heap *heap;
	uint64_t nr[OBJ_FAULTS];    /* all found */
	struct obj_fault *kept[OBJ_FAULTS];
	uint32_t kept_nr[OBJ_FAULTS];
	struct obj_space all;
	struct obj_space *zones;    /* one per zone of the heap */
	struct obj_class *classes;  /* by unit, chunks, flags, alignment */
	uint32_t classes_nr;
	uint64_t classes_more;      /* runs of shapes past OBJ_CLASSES_MAX: counted in all, not in classes */
	struct obj_type *types;     /* by number; deep only */
	uint64_t types_nr;
	uint64_t types_more;        /* objects of types past OBJ_TYPES_MAX */
	struct obj_internal *internal; /* ascending; deep only */
	uint64_t internal_nr;       /* of these; all.internal counts all */
};
enum { OBJ_CLASSES_MAX = 1024, OBJ_TYPES_MAX = 1 << 20, OBJ_FILLS_MAX = 128, OBJ_INTERNAL_MAX = 1 << 16 };

/* keep: places kept of each kind. max_threads: 0 = as many as there are processors. */
struct obj_account *obj_account(struct arena *a, const struct obj_heap *h, bool deep, uint32_t keep,
				unsigned max_threads);

#endif
