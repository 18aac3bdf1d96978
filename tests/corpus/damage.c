/*
 * damage RECIPE BASES OUT: carries out a recipe in the empty directory OUT, then prints what is to be
 * analysed and, a line each, the options that the recipe asks for. All paths are absolute.
 */
#include "tests/corpus/recipe.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct recipe r;

	if (argc != 4) {
		fprintf(stderr, "usage: damage RECIPE BASES OUT\n");
		return 2;
	}
	if (!recipe_carry_out(argv[1], argv[2], argv[3], &r))
		return 1;
	puts(r.source);
	for (size_t i = 0; i < r.options_nr; i++)
		puts(r.options[i]);
	return 0;
}
