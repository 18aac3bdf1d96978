/*
 * The label storage area of an NVDIMM: two index blocks, then slots of 128 (version 1.1) or 256
 * bytes (1.2). Little-endian; offsets count from the start of the area. CXL devices keep labels of
 * regions and of namespaces in slots of 256 bytes, told apart by the uuid they begin with.
 * Source: Linux drivers/nvdimm/label.h struct nd_namespace_index, nd_namespace_label,
 * cxl_region_label, nvdimm_cxl_label; UEFI 2.10 section 13.19; CXL 2.0 section 9.13.2.
 */
#ifndef FORMATS_NS_LABEL_H
#define FORMATS_NS_LABEL_H

#include "formats/base/node.h"
#include "formats/base/uuid.h"
#include "formats/image/image.h"

enum { LABEL_INDEX_HEAD = 72, LABEL_V11_LEN = 128, LABEL_V12_LEN = 256, LABEL_SUM_OFF = 248, LABEL_SLOTS_MAX = 8192 };

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
extern const struct name_of label_flag_names[], label_cxl_flag_names[];

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

#define CXL_REGION(LE, NAMED, RAW)                                             \
	RAW(type, 0, 16, UUID_BE, "529d7c61-da07-47c4-a93f-ecdf2c06f444")      \
	RAW(uuid, 16, 16, UUID_BE, "the region")                               \
	NAMED(flags, 32, 32, FLAGS, label_cxl_flag_names, "state of the label") \
	LE(nlabel, 36, 16, UINT, "labels of the region, one a device")         \
	LE(position, 38, 16, UINT, "place of this device in the region")       \
	LE(dpa, 40, 64, OFF, "start on this device")                           \
	LE(rawsize, 48, 64, SIZE, "bytes on this device")                      \
	LE(hpa, 56, 64, ID, "address the region is to have on the host")       \
	LE(slot, 64, 32, UINT, "own slot number")                              \
	LE(ig, 68, 32, UINT, "256 << this bytes of each device in turn")       \
	LE(align, 72, 32, UINT, "in units of 256 MiB")                         \
	RAW(reserved, 76, 172, BYTES, "reserved")                              \
	LE(checksum, 248, 64, SUM, "Fletcher-64 of the 256 bytes")
#define CXL_NAMESPACE(LE, NAMED, RAW)                                          \
	RAW(type, 0, 16, UUID_BE, "68bb2c0a-5a77-4937-9f85-3caf41a0f93c")      \
	RAW(uuid, 16, 16, UUID_BE, "the namespace")                            \
	RAW(name, 32, 64, TEXT, "its name")                                    \
	NAMED(flags, 96, 32, FLAGS, label_cxl_flag_names, "state of the label") \
	LE(nrange, 100, 16, UINT, "ranges of the namespace, one a label")      \
	LE(position, 102, 16, UINT, "place of this range among them")          \
	LE(dpa, 104, 64, OFF, "start on this device")                          \
	LE(rawsize, 112, 64, SIZE, "bytes on this device")                     \
	LE(slot, 120, 32, UINT, "own slot number")                             \
	LE(align, 124, 32, UINT, "in units of 256 MiB")                        \
	RAW(region_uuid, 128, 16, UUID_BE, "the region it lies in")            \
	RAW(abstraction_uuid, 144, 16, UUID_BE, "what lies in the namespace")  \
	LE(lbasize, 160, 16, SIZE, "sector size of a BTT")                     \
	RAW(reserved, 162, 86, BYTES, "reserved")                              \
	LE(checksum, 248, 64, SUM, "Fletcher-64 of the 256 bytes")

struct cxl_region { CXL_REGION(HOST_LE, HOST_NAMED, HOST_RAW) };
struct cxl_namespace { CXL_NAMESPACE(HOST_LE, HOST_NAMED, HOST_RAW) };
extern const struct layout cxl_region_layout, cxl_namespace_layout;

enum { LABEL_FLAG_ROLABEL = 1, LABEL_FLAG_LOCAL = 2, LABEL_FLAG_BTT = 4, LABEL_FLAG_UPDATING = 8 };

/* What an abstraction GUID says lies in the namespace. */
enum label_claim { CLAIM_NONE, CLAIM_BTT, CLAIM_BTT2, CLAIM_PFN, CLAIM_DAX, CLAIM_UNKNOWN };
enum label_claim label_claim(const uint8_t guid[UUID_LEN]);
/* The GUID that says so; of none: zeros. uuid: in the order of text, as labels of CXL devices have it. */
void label_claim_guid(enum label_claim c, bool uuid, uint8_t out[UUID_LEN]);
const char *label_claim_name(enum label_claim c);

enum label_kind { LABEL_NVDIMM, LABEL_CXL_REGION, LABEL_CXL_NAMESPACE };

struct label_slot {
	uint32_t idx;
	struct node *node;
	enum label_kind kind;
	/*
	 * Version 1.1: the words behind slot are zero. CXL: the words that the two have in common, each in
	 * its place; nrange as nlabel, the abstraction_uuid as a GUID.
	 */
	struct label_v12 label;
	uint8_t region_uuid[UUID_LEN]; /* of a CXL namespace */
	bool read, free;         /* free: by the current index's bitmap; of a scan: another one is newer */
	bool plausible;          /* the slot number is its own and, but for version 1.1, the checksum holds */
	uint64_t sum;            /* what the checksum ought to be, but for version 1.1 */
};

/* Is it marked as free in the bits of an index block, LABEL_INDEX_HEAD bytes into it? Past its end: free. */
bool label_index_free(struct span block, uint32_t slot);

struct label_block {
	struct node *node;
	const struct label_index *index; /* NULL: lost or outside */
	struct span bytes;               /* mysize bytes, where they can be had */
	bool good;                       /* signature and checksum */
	uint64_t sum;
};

/* By what the area was found. */
enum label_found {
	LABEL_BY_INDEX, /* the signature of an index block */
	LABEL_BY_SLOTS, /* no index block: slots hold labels that bear their own numbers */
	LABEL_BY_SIZE,  /* nothing but zeros, where the length of the image leaves room for an area */
};
const char *label_found_text(enum label_found f);

struct label_area {
	struct image *image;
	uint64_t at, len;           /* the area, in image */
	enum label_found found;
	struct node *node;
	struct label_block block[2];
	int current;                /* 0 or 1; -1: neither block holds, the slots were scanned */
	uint32_t label_len;         /* bytes of a slot; 0: not known */
	struct label_slot *slots;   /* those that are used, or hold something */
	uint32_t slots_nr, nslot;
};

/* Slot idx of label_len bytes at image[at, ...), as far as it could be read. */
void label_slot_read(struct image *image, uint64_t at, uint32_t label_len, uint32_t idx, struct label_slot *out);
/* The same of label_len bytes that were read. */
void label_slot_take(const uint8_t *bytes, uint32_t label_len, uint32_t idx, struct label_slot *out);
const struct layout *label_slot_layout(const struct label_slot *s, uint32_t label_len);
/* Does the slot hold a label, to judge by its bytes alone? Version 1.1 has no checksum: by what its words may be. */
bool label_slot_holds(const struct label_slot *s, uint32_t label_len);

/* Where in the image a label area lies: alone, or behind the memory. False: nowhere. */
bool label_find(struct image *image, struct arena *a, uint64_t *at, enum label_found *by);
/* The size of each index block as all writers reckon it, and so half the place of slot 0. */
uint64_t label_index_len(uint64_t area_len, uint32_t label_len);
/* NULL only without memory. */
struct label_area *label_decode(struct arena *a, struct node *parent, struct image *image, uint64_t at,
				uint64_t len, enum label_found found);

#endif
