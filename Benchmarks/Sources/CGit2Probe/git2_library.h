#ifndef GIT2_LIBRARY_H
#define GIT2_LIBRARY_H

#if __has_include(<git2.h>)
#include <git2.h>

#define GIT2_PROBE 1

/* The functions that are used, found in the library at run time: so the benchmarks need not be linked with it. */
#define GIT2_FUNCTIONS(F)                                                                                                                   \
    F(git_libgit2_init) F(git_libgit2_opts) F(git_odb_open) F(git_odb_free) F(git_odb_exists) F(git_odb_exists_prefix)                      \
    F(git_odb_read_header) F(git_odb_read) F(git_odb_object_free) F(git_odb_object_id) F(git_odb_object_type) F(git_odb_object_size)        \
    F(git_odb_object_data) F(git_odb_foreach) F(git_odb_write) F(git_oid_fromstrn) F(git_oid_fromraw) F(git_oid_tostr) F(git_oid_cmp)       \
    F(git_object_type2string) F(git_indexer_new) F(git_indexer_append) F(git_indexer_commit) F(git_indexer_free)

struct git2_library {
#define F(name) __typeof__(name) *name;
    GIT2_FUNCTIONS(F)
#undef F
};

/* NULL where the library is missing or does not fit its header. */
const struct git2_library *git2_library(void);

#endif
#endif
