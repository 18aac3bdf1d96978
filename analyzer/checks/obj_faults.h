/* How the faults in a heap's account become findings; shared by the checks of its structures. */
#ifndef ANALYZER_CHECKS_OBJ_FAULTS_H
#define ANALYZER_CHECKS_OBJ_FAULTS_H

#include "analyzer/check.h"
#include "analyzer/facts/facts.h"
#include "formats/obj/obj.h"

/* The account, or NULL: no heap, or it could not be made, which is then said. */
const struct obj_account *obj_faults_account(const struct check *self, const struct model *m, struct findings *out);
/* The same of every object; without --deep, that it was not looked at. */
const struct obj_account *obj_faults_objects(const struct check *self, const struct model *m, struct findings *out);

/* A finding at a chunk of a zone, at the bytes [at, at+len) of the pool. */
struct finding obj_faults_at(const struct check *by, enum verdict v, const struct obj_heap *h, uint32_t zone,
			     uint32_t chunk, uint64_t at, uint64_t len);

/* Makes a finding of each fault kept of a kind; the rest is counted. tell fills in what it says. */
void obj_faults_each(const struct check *self, const struct obj_account *acc, enum obj_fault_kind kind,
		     struct findings *out, void (*tell)(const struct obj_fault *, struct arena *, struct finding *));
/* One finding for all of a kind: what is legal, and worth no more than a word. */
void obj_faults_once(const struct check *self, const struct obj_account *acc, enum obj_fault_kind kind,
		     enum remedy_class repair, struct findings *out, const char *what);

#endif
