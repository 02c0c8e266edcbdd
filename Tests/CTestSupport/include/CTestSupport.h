#ifndef CTESTSUPPORT_H
#define CTESTSUPPORT_H

#include <stddef.h>

/* A close-on-exec pipe. 0 or an errno. */
int test_pipe(int ends[2]);

/* posix_spawnp in `directory` (or NULL), with `streams` as descriptors 0, 1 and 2. 0 or an errno. */
int test_spawn(int *pid, const char *executable, char *const argv[], char *const envp[], const char *directory,
               const int streams[3]);

/* A plain fork whose child sleeps until it is killed, keeping every descriptor. The child's pid, or -1. */
int test_fork_sleeper(void);

/* A plain fork, for processes of one thread: 0 in the child, its pid in the parent, or -1. */
int test_fork(void);

/* Where `pattern` first is in `bytes`, or -1. The optimised search: tests are built without optimisation. */
ptrdiff_t test_find(const void *bytes, size_t count, const void *pattern, size_t pattern_count);

/* The files below a directory, sorted by path, with their contents: read and compared many thousand times by tests
 * that are built without optimisation. `skipped` ends with NULL. */
typedef struct test_tree test_tree;
test_tree *test_tree_read(const char *directory, const char *const skipped[]);
void test_tree_free(test_tree *tree);
size_t test_tree_count(const test_tree *tree);
const char *test_tree_path(const test_tree *tree, size_t index);
/* 'f' a file, 'l' a symbolic link, 'o' anything else; with the bytes of the file or link. */
char test_tree_entry(const test_tree *tree, size_t index, const char **bytes, size_t *count);
/* The entry at `path`, or -1. */
ptrdiff_t test_tree_find(const test_tree *tree, const char *path);
/* The first entry at which two trees differ, or -1 when they are equal. */
ptrdiff_t test_tree_difference(const test_tree *a, const test_tree *b);

/* Removes a file or a whole directory; what cannot be removed stays. */
void test_tree_remove(const char *path);

/* Copies a directory of files and directories to `to`, which must not exist. 0, or -1. */
int test_tree_copy(const char *from, const char *to);

#endif
