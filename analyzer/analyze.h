/* The whole flow: sources in, one result out. Each stage hands on one struct. */
#ifndef ANALYZER_ANALYZE_H
#define ANALYZER_ANALYZE_H

#include "analyzer/check.h"
#include "analyzer/facts/map.h"
#include "analyzer/facts/obj_refs.h"
#include "analyzer/facts/recovery.h"
#include "analyzer/facts/story.h"

struct analyze_options {
	struct intake_options intake;
	const char *const *maps; /* "OLD=NEW" path prefixes for parts of a set; maps_nr of them */
	size_t maps_nr;
	bool no_map;             /* nobody will look at the picture of what lies where: it costs a reading */
	const char *const *only, *const *skip; /* check ids or "prefix*"; 0 of only = all */
	size_t only_nr, skip_nr;
	const struct obj_type_range *roots; /* types of objects that an application keeps by type; roots_nr of them */
	size_t roots_nr;
	const uint32_t *take_back; /* a lane whose last transaction could be undone, when that is asked for; NULL: no */
	uint32_t max_findings;   /* kept per check */
	bool deep;               /* user data may be read too */
	uint32_t replica;        /* whose content is judged, counted from 1; 0: the first that holds what can be read */
	bool quick;              /* the verdict is all that is wanted: no look into the past */
	const char *ndctl_json;  /* file with `ndctl list -NRD` output, or NULL */
	bool in_place;           /* the pool lies where it is used: a device that counts nothing counts zero, as for PMDK */
	size_t memory;           /* bound of the run's arena, bytes */
	const char *const *beside; /* more files that belong to the SOURCE: parts of a set that has no set file */
	size_t beside_nr;
	/* Called once, when all files are open and nothing more will be opened; may be NULL. */
	void (*opened)(void *ctx);
	void *opened_ctx;
};
#define ANALYZE_OPTIONS { .intake = { .limits = INTAKE_LIMITS }, .max_findings = 100, \
			  .memory = (size_t)192 << 20 }

/* How the pool ended its last life, told apart in plain words. */
enum ending {
	ENDING_UNKNOWN,      /* no state that could tell */
	ENDING_CLOSED,       /* closed cleanly */
	ENDING_OPEN,         /* was open at the crash, or was captured live */
	ENDING_ADR_FAILED,   /* open, and the device's unsafe-shutdown count has risen since */
	ENDING_OTHER_DEVICE, /* open, and the state names another device */
	ENDING_UNPROTECTED,  /* the state is off: nothing can be said */
	ENDING_TORN,         /* the state was being written */
};

struct result {
	const char *path; /* the SOURCE as given */
	struct arena *arena;
	struct intake intake;
	struct model model;
	struct findings *findings;
	enum ending ending;
	struct story *story;       /* what was happening at the crash; NULL: the format keeps no such trace */
	struct map *map;           /* what lies where; NULL: nothing to show */
	struct recovery *recovery; /* what the library would do at open; NULL: it does nothing */
	/* "clean"; "recoverable" by its own library at open; "repairable": damage that is safe to mend;
	 * "damaged"; "not a pool"; "unread": our own work failed */
	const char *verdict;
	const char *sentence;  /* the verdict for people, one or two sentences */
	const char *next_step; /* what to do now */
	enum status status;    /* STATUS_OK, or why the analysis stopped; what was found stays */
	struct problem problem;
};

/* Fills *out, whose arena analyze_close frees with all that hangs on it. */
enum status analyze(const char *path, const struct analyze_options *options, struct result *out);
/*
 * The same analysis of first's evidence as it reads through images, one for each item of its intake
 * in that order (NULL: as it was). Nothing is opened again; images and first must outlive *out.
 */
enum status analyze_again(const struct result *first, struct image *const *images,
			  const struct analyze_options *options, struct result *out);
void analyze_close(struct result *r);

#endif
