/*
 * A DAOS versioned object store in a pmemobj pool: an ordinary pool of major 6 with a layout name of
 * its own, most objects without header, and offsets with flag bits where others keep pointers.
 * Source: DAOS src/vos/vos_layout.h struct vos_pool_df, src/common/mem.c.
 */
#ifndef FORMATS_OBJ_VOS_H
#define FORMATS_OBJ_VOS_H

#include "formats/obj/obj.h"

enum { OBJ_VOS_ROOT_LEN = 64 };
#define OBJ_VOS_MAGIC UINT32_C(0x5ca1ab1e)
#define OBJ_VOS_LAYOUT_NAME "vos_pool_layout"
#define OBJ_VOS_OFFSET_FLAGS (UINT64_C(0xff) << 55) /* of an offset that stands for a pointer */

#define OBJ_VOS_ROOT(LE, RAW)                                                    \
	LE(pd_magic, 0, 32, ID, "0x5ca1ab1e")                                    \
	LE(pd_version, 4, 32, UINT, "version of the durable format")             \
	LE(pd_compat_flags, 8, 64, FLAGS, "features that older versions may ignore") \
	LE(pd_incompat_flags, 16, 64, FLAGS, "features that older versions must know") \
	RAW(pd_id, 24, 16, UUID_BE, "uuid of the DAOS pool")                     \
	LE(pd_scm_sz, 40, 64, SIZE, "size of its part in persistent memory")     \
	LE(pd_nvme_sz, 48, 64, SIZE, "size of its part on NVMe")                 \
	LE(pd_cont_nr, 56, 64, UINT, "containers")
struct obj_vos_root { OBJ_VOS_ROOT(HOST_LE, HOST_RAW) };
extern const struct layout obj_vos_root_layout;

/* What tells that the pool is one. */
struct obj_vos {
	bool named;                      /* the layout's name */
	struct node *node;               /* its root; NULL: the pool has none, or it is not this */
	const struct obj_vos_root *root; /* its magic holds */
};
/* Looks, and makes a node below parent where the root is one. False without memory. */
bool obj_vos_look(struct arena *a, struct node *parent, const struct obj_pool *p, struct obj_vos *out);

#endif
