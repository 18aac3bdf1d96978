/*
 * The label storage area of an NVDIMM: two index blocks, then slots of 128 (version 1.1) or 256
 * bytes (1.2). Little-endian; offsets count from the start of the area.
 * Source: Linux drivers/nvdimm/label.h struct nd_namespace_index, nd_namespace_label; UEFI 2.10
 * section 13.19.
 */
#ifndef FORMATS_NS_LABEL_H
#define FORMATS_NS_LABEL_H

#include "formats/base/node.h"
#include "formats/base/uuid.h"
#include "formats/image/image.h"

enum { LABEL_INDEX_HEAD = 72, LABEL_V11_LEN = 128, LABEL_V12_LEN = 256, LABEL_SLOTS_MAX = 8192 };

#define LABEL_INDEX(LE, RAW)                                                             \
	RAW(sig, 0, 16, TEXT, "NAMESPACE_INDEX")                                         \
	RAW(flags, 16, 3, PAD, "zero")                                                   \
	LE(labelsize, 19, 8, UINT, "a slot is 128 << this bytes")                        \
	LE(seq, 20, 32, UINT, "1, 2, 3, 1, ...: the newer block has the later number")   \
	LE(myoff, 24, 64, OFF, "this block")                                             \
	LE(mysize, 32, 64, SIZE, "bytes of this block")                                  \
	LE(otheroff, 40, 64, OFF, "the other block")                                     \
	LE(labeloff, 48, 64, OFF, "first slot")                                          \
	LE(nslot, 56, 32, UINT, "slots")                                                 \
	LE(major, 60, 16, UINT, "1")                                                     \
	LE(minor, 62, 16, UINT, "1 or 2")                                                \
	LE(checksum, 64, 64, SUM, "Fletcher-64 of mysize bytes")

struct label_index { LABEL_INDEX(HOST_LE, HOST_RAW) };
extern const struct layout label_index_layout;
extern const struct name_of label_flag_names[];

#define LABEL_COMMON(LE, NAMED, RAW)                                                        \
	RAW(uuid, 0, 16, UUID_BE, "the namespace")                                          \
	RAW(name, 16, 64, TEXT, "its name")                                                 \
	NAMED(flags, 80, 32, FLAGS, label_flag_names, "state of the label")                 \
	LE(nlabel, 84, 16, UINT, "labels of the set, one a DIMM")                           \
	LE(position, 86, 16, UINT, "place of this DIMM in the set")                         \
	LE(isetcookie, 88, 64, ID, "names the interleave set")                              \
	LE(lbasize, 96, 64, SIZE, "sector size of a BTT; 0 or 512 otherwise")               \
	LE(dpa, 104, 64, OFF, "start on this DIMM")                                         \
	LE(rawsize, 112, 64, SIZE, "bytes on this DIMM")                                    \
	LE(slot, 120, 32, UINT, "own slot number")

#define LABEL_V11(LE, NAMED, RAW)   \
	LABEL_COMMON(LE, NAMED, RAW) \
	LE(unused, 124, 32, UINT, "not used")
#define LABEL_V12(LE, NAMED, RAW)                                               \
	LABEL_COMMON(LE, NAMED, RAW)                                            \
	LE(align, 124, 8, UINT, "written as 0 by Linux")                        \
	RAW(reserved, 125, 3, BYTES, "reserved")                                \
	RAW(type_guid, 128, 16, UUID, "kind of memory")                         \
	RAW(abstraction_guid, 144, 16, UUID, "what lies in the namespace")      \
	RAW(reserved2, 160, 88, BYTES, "reserved; newer firmware: a location")  \
	LE(checksum, 248, 64, SUM, "Fletcher-64 of the 256 bytes")

struct label_v11 { LABEL_V11(HOST_LE, HOST_NAMED, HOST_RAW) };
struct label_v12 { LABEL_V12(HOST_LE, HOST_NAMED, HOST_RAW) };
extern const struct layout label_v11_layout, label_v12_layout;

enum { LABEL_FLAG_ROLABEL = 1, LABEL_FLAG_LOCAL = 2, LABEL_FLAG_BTT = 4, LABEL_FLAG_UPDATING = 8 };

/* What an abstraction GUID says lies in the namespace. */
enum label_claim { CLAIM_NONE, CLAIM_BTT, CLAIM_BTT2, CLAIM_PFN, CLAIM_DAX, CLAIM_UNKNOWN };
enum label_claim label_claim(const uint8_t guid[UUID_LEN]);
const char *label_claim_name(enum label_claim c);

struct label_slot {
	uint32_t idx;
	struct node *node;
	struct label_v12 label;  /* version 1.1: the words behind slot are zero */
	bool read, free;         /* free: by the current index's bitmap */
	bool plausible;          /* the slot number is its own and, in version 1.2, the checksum holds */
	uint64_t sum;            /* what the checksum ought to be, version 1.2 */
};

struct label_block {
	struct node *node;
	const struct label_index *index; /* NULL: lost or outside */
	struct span bytes;               /* mysize bytes, where they can be had */
	bool good;                       /* signature and checksum */
	uint64_t sum;
};

struct label_area {
	struct image *image;
	uint64_t at, len;           /* the area, in image */
	struct node *node;
	struct label_block block[2];
	int current;                /* 0 or 1; -1: neither block holds */
	uint32_t label_len;         /* bytes of a slot */
	struct label_slot *slots;   /* those that are used, or hold something */
	uint32_t slots_nr, nslot;
};

/* True when the slot holds a label of a CXL device, which has another layout. */
bool label_cxl(const struct label_slot *s);
/* How many slots of label_len bytes hold a label that bears its own number, index or not. */
uint32_t label_scan(const struct label_area *la, uint32_t label_len);

/* Does an area begin at image[at]? By an index block's signature in either place. */
bool label_probe(struct image *image, struct arena *a, uint64_t at);
/* NULL only without memory. */
struct label_area *label_decode(struct arena *a, struct node *parent, struct image *image, uint64_t at,
				uint64_t len);

#endif
