/*
 * The descriptor of a pmemobj pool: 2048 bytes under a checksum that nothing changes after creation,
 * then persistent words outside of it, then what the last process left behind. Little-endian.
 * Source: PMDK src/libpmemobj/obj.h struct pmemobjpool, 1.0 to 2.1.
 */
#ifndef FORMATS_OBJ_DESCR_H
#define FORMATS_OBJ_DESCR_H

#include "formats/base/layout.h"

enum { OBJ_LAYOUT_NAME_LEN = 1024, OBJ_DESCR_SUM_OFF = 2040 };

#define OBJ_DESCR(LE, RAW)                                                                        \
	RAW(layout, 0x000, 1024, TEXT, "layout name given at creation; the rest zero")            \
	LE(lanes_offset, 0x400, 64, OFF, "where the lanes start")                                 \
	LE(nlanes, 0x408, 64, UINT, "lanes there are: 1024")                                      \
	LE(heap_offset, 0x410, 64, OFF, "where the heap starts")                                  \
	LE(heap_size_old, 0x418, 64, SIZE, "heap size, majors 1 to 3 and 4 by PMDK 1.3; else 0")  \
	RAW(unused, 0x420, 984, PAD, "zero")                                                      \
	LE(checksum, 0x7F8, 64, SUM, "Fletcher-64 of these 2048 bytes")
struct obj_descr { OBJ_DESCR(HOST_LE, HOST_RAW) };
extern const struct layout obj_descr_layout;

extern const struct name_of obj_conversion_names[];

/* Majors 4 and later. Majors 1 to 3 have the first two words only: obj_words_old_layout. */
#define OBJ_WORDS(LE, NAMED, RAW)                                                                 \
	LE(root_offset, 0x000, 64, OFF, "user data of the root object; 0: none")                  \
	LE(run_id, 0x008, 64, UINT, "rises by 2 at every open")                                   \
	LE(root_size, 0x010, 64, SIZE, "size asked for the root object")                          \
	NAMED(conversion_flags, 0x018, 64, FLAGS, obj_conversion_names, "zeroed at every open")   \
	LE(heap_size, 0x020, 64, SIZE, "size of the heap; 0: open fills it in; not used by 1.3")  \
	LE(heap_curr_allocated, 0x028, 64, SIZE, "statistics; kept up only while they are on")    \
	RAW(pmem_reserved, 0x030, 496, PAD, "zero")
struct obj_words { OBJ_WORDS(HOST_LE, HOST_NAMED, HOST_RAW) };
extern const struct layout obj_words_layout;
extern const struct layout obj_words_old_layout; /* the same host struct; what it lacks is 0 */

/* What is left of the process that used the pool last. Never read back. */
#define OBJ_RUNTIME(LE)                                                          \
	LE(addr, 0x000, 64, ID, "address at which the pool was mapped")          \
	LE(is_pmem, 0x008, 32, UINT, "1: treated as persistent memory")          \
	LE(rdonly, 0x00C, 32, UINT, "1: opened for reading only")
struct obj_runtime { OBJ_RUNTIME(HOST_LE) };
extern const struct layout obj_runtime_layout;

/* Places of the words in the pool's space, by the place of the descriptor. */
enum {
	OBJ_WORD_ROOT_OFFSET = 0x000,
	OBJ_WORD_RUN_ID = 0x008,
	OBJ_WORD_ROOT_SIZE = 0x010,
	OBJ_WORD_CONVERSION = 0x018,
	OBJ_WORD_HEAP_SIZE = 0x020,
};

#endif
