/* What a recipe does to whole files. Paths are relative to the directory of the case. */
#ifndef TESTS_CORPUS_FILES_H
#define TESTS_CORPUS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All return false after a message on stderr. */

/*
 * Copies the files below `from` to `to`, which is made; holes stay holes. In files named *.set,
 * @DIR@ becomes the absolute path of `to`.
 */
bool files_copy_tree(const char *from, const char *to);
bool files_copy(const char *from, const char *to);
bool files_size(const char *path, uint64_t size);
bool files_swap(const char *a, const char *b);
bool files_move(const char *from, const char *to);
bool files_remove(const char *path);
bool files_date(const char *path, int64_t seconds);
bool files_write(const char *path, const void *bytes, size_t len);
/* The first `old` in the file becomes `now`; false when there is none. */
bool files_replace(const char *path, const char *old, const char *now);
/* Compresses with gz, xz, zst or lz4 (FILE.gz; FILE is gone), or, kind tar, puts files into the archive files[0]. */
bool files_pack(const char *kind, const char *const *files, size_t nr);
/* A ddrescue mapfile PATH.map that calls nr ranges {at, len} unreadable and all else read; they become zeros. */
bool files_lost(const char *path, const uint64_t (*ranges)[2], size_t nr);
bool files_pread(const char *path, uint64_t at, void *buf, size_t len);
bool files_pwrite(const char *path, uint64_t at, const void *buf, size_t len);

#endif
