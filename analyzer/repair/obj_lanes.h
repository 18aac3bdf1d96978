/* Lanes of majors 5 and 6: capacities are constants, what is unused is zero, a broken chain is cut. */
#ifndef ANALYZER_REPAIR_OBJ_LANES_H
#define ANALYZER_REPAIR_OBJ_LANES_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void obj_lanes_repair_zeroed(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_lanes_repair_capacity(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_lanes_repair_zero(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_lanes_repair_next(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_lanes_repair_drop(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_lanes_repair_extension(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_lanes_repair_operation(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_lanes_repair_replica(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
