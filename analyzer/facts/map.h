/*
 * What lies where, as a picture whatever the format: bands of tiles over a space (a replica, a part,
 * the pool's address space, a zone, an arena). A tile is a structure, a block of units, or a slice of
 * many when there are more than a page can show. Reports draw this and know no format.
 *
 * In the JSON report, key "map": { "classes": [{ "name", "says", "tone" }], "bands": [{ "group", "title",
 * "says", "shape", "unit", "unit_length", "at", "length", "path", "slice", "left", "tiles": [{ "at",
 * "length", "class", and where they say something "used", "label", "path", "inside", "held",
 * "findings", "worst", "changes" }] }], "left" }. "class" and "inside" are places in classes and bands;
 * "held" is bytes by class, in the order of classes; "worst" is a finding's fingerprint.
 */
#ifndef ANALYZER_FACTS_MAP_H
#define ANALYZER_FACTS_MAP_H

#include "analyzer/check.h"
#include "analyzer/facts/story.h"

/* How a class is drawn. */
enum map_tone {
	MAP_META,   /* the format's own bookkeeping */
	MAP_DATA,   /* in use, whole */
	MAP_MIXED,  /* a container of small things: its fill tells how much is in use */
	MAP_FREE,
	MAP_UNUSED, /* never used, or outside of what the format uses */
	MAP_LOST,   /* missing, or could not be read */
	MAP_ODD,    /* what it says of itself cannot be */
	MAP_TONES,
};

struct map_class {
	const char *name; /* "used" */
	const char *says; /* a sentence for the legend */
	enum map_tone tone;
};

enum { MAP_CLASSES = 16, MAP_TILES = 1024, MAP_BANDS = 128 }; /* of a map; of a band; of a map */
#define MAP_USED_UNKNOWN UINT64_MAX

struct map_tile {
	uint64_t at, len;   /* in the band's space, bytes */
	uint64_t used;      /* bytes of it in use, or MAP_USED_UNKNOWN */
	uint32_t class;     /* a slice: the class that holds most of its bytes */
	const char *label;  /* untrusted bytes, or NULL: the unit's name and number say enough */
	const struct node *node; /* or NULL */
	const struct map_band *inside; /* a band that shows this tile closer, or NULL */
	uint64_t *held;     /* a slice: bytes held by each class, MAP_CLASSES of them; else NULL */
	/* found by map_make: */
	uint64_t findings, changes; /* kept ones that lie here */
	const struct finding *worst; /* the first of the gravest, or NULL */
};

enum map_shape {
	MAP_LINE, /* few tiles, to scale along a line */
	MAP_GRID, /* units of one size, row by row */
};

struct map_band {
	const char *group;  /* heading; bands of one group follow one another and are drawn to one scale */
	const char *title;  /* "replica 0" */
	const char *says;   /* what is to be seen, a sentence, or NULL */
	enum map_shape shape;
	const char *unit;   /* "chunk", or NULL: no units */
	uint64_t unit_len;  /* bytes; unit i lies at band.at + i * unit_len */
	struct image *image; /* what at counts in, or NULL */
	const struct node *node; /* or NULL */
	uint64_t at, len;   /* the space, bytes */
	uint32_t max;       /* tiles there may be; 0 = MAP_TILES. Grids with more units fold them to slices */
	uint64_t slice;     /* bytes of a slice; 0: each tile is its own */
	bool has_rare;      /* a slice that holds any of class rare is told as that: few among many are seen */
	uint32_t rare;
	/* filled by map_band and map_put */
	struct map_tile *tiles;
	uint32_t nr;
	uint64_t left;      /* tiles that had no place: told, never silent */
	uint32_t idx;       /* place in the map */
	struct map_band *next;
};

struct map {
	struct arena *arena;
	struct map_class classes[MAP_CLASSES];
	uint32_t classes_nr;
	struct map_band *first, *last;
	uint32_t nr;
	uint64_t left;      /* bands that had no place */
};

/* The whole map, findings and changes marked; fs and story may be NULL. NULL without memory or bands. */
struct map *map_make(struct arena *a, const struct model *top, const struct findings *fs,
		     const struct story *story);

#endif
