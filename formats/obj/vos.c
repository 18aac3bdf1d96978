#include "formats/obj/vos.h"

#include "formats/obj/descr.h"

#include <string.h>

#define SELF obj_vos_root
static const struct field obj_vos_root_fields[] = { OBJ_VOS_ROOT(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_vos_root_layout =
	LAYOUT(obj_vos_root, "DAOS src/vos/vos_layout.h, struct vos_pool_df", OBJ_VOS_ROOT_LEN, obj_vos_root_fields);

bool obj_vos_look(struct arena *a, struct node *parent, const struct obj_pool *p, struct obj_vos *out)
{
	uint8_t bytes[OBJ_VOS_ROOT_LEN], lost[OBJ_VOS_ROOT_LEN];
	struct span s = { bytes, lost, p->root_at, sizeof(bytes) };
	uint32_t magic;

	*out = (struct obj_vos){ 0 };
	out->named = p->descr && memcmp(p->descr->layout, OBJ_VOS_LAYOUT_NAME, sizeof(OBJ_VOS_LAYOUT_NAME)) == 0;
	if (p->root_at == 0 || !image_read(p->image, p->root_at, sizeof(bytes), bytes, lost) ||
	    !span_le32(s, 0, &magic) || magic != OBJ_VOS_MAGIC)
		return true;
	out->node = node_decode(a, parent, "vos", &obj_vos_root_layout, p->image, p->root_at);
	if (out->node)
		out->root = out->node->host;
	return out->node != NULL;
}
