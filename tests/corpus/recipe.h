/* A recipe of the corpus, carried out: base pool in, damaged pool out. corpus/README.md has the language. */
#ifndef TESTS_CORPUS_RECIPE_H
#define TESTS_CORPUS_RECIPE_H

#include <stdbool.h>
#include <stddef.h>

enum { RECIPE_OPTIONS_MAX = 8, RECIPE_TEXT_MAX = 4096 };

struct recipe {
	char base[256];
	char source[RECIPE_TEXT_MAX]; /* what is to be analysed; absolute */
	char options[RECIPE_OPTIONS_MAX][256]; /* words that pmemscope gets too */
	size_t options_nr;
};

/* Reads the name of the recipe's first base, to be made before the rest can be done. */
bool recipe_base(const char *path, char base[256]);
/*
 * Does all it says in the directory `out`, which becomes the working directory. bases: where base
 * pools are. False after a message that names the line.
 */
bool recipe_carry_out(const char *path, const char *bases, const char *out, struct recipe *r);

#endif
