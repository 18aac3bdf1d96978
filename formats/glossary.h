/* The words of the formats and of our reports, explained for a reader who meets them for the first time. */
#ifndef FORMATS_GLOSSARY_H
#define FORMATS_GLOSSARY_H

#include <stddef.h>

enum { GLOSSARY_MAX = 64 };

struct term {
	const char *id;    /* lower-case letters and dashes */
	const char *word;
	const char *forms; /* "lane|lanes": as it stands in prose; NULL: too common a word to be pointed out */
	const char *text;  /* a sentence or two */
};
extern const struct term glossary[];
extern const size_t glossary_nr; /* at most GLOSSARY_MAX */

#endif
