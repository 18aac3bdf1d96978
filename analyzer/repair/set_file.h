/*
 * A set file put right by what the files it names say of themselves. Lines keep their numbers: one that is dropped is empty
 * afterwards. One step a round, since each makes the whole text. A set file that grows makes its file longer.
 */
#ifndef ANALYZER_REPAIR_SET_FILE_H
#define ANALYZER_REPAIR_SET_FILE_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void set_file_repair_signature(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void set_file_repair_token(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void set_file_repair_size(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void set_file_repair_path(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void set_file_repair_option(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void set_file_repair_order(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void set_file_repair_empty(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void set_file_repair_remote(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
/* Of pool.hdr.singlehdr: the set file's option, or the header's feature, whichever the first bytes of later parts deny. */
void set_file_repair_singlehdr(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
