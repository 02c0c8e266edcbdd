#ifndef GIT2_PROBE_H
#define GIT2_PROBE_H

#include <stddef.h>

/* libgit2 at the same work, where its header was there when this was built (Debian: libgit2-dev) and the library is there now; it is
   loaded when it is first used. Its check of a hash at each read is off: neither git nor Strata makes it; and so is its cache of whole objects, which
   a second round over the same objects would be answered from.
   Ids are 20 bytes each, one behind the other. Counts are of those for which the work was done. */

/* The library's version, or NULL where there is none. */
const char *git2_probe_version(void);

typedef struct git2_probe git2_probe;

/* The objects at `directory`, with its alternates; NULL when they cannot be opened. */
git2_probe *git2_probe_open(const char *directory);
void git2_probe_close(git2_probe *probe);

size_t git2_probe_contains(git2_probe *probe, const unsigned char *ids, size_t count);
size_t git2_probe_header(git2_probe *probe, const unsigned char *ids, size_t count);
size_t git2_probe_read(git2_probe *probe, const unsigned char *ids, size_t count);
/* Resolves the first `digits` digits of each id. */
size_t git2_probe_abbreviated(git2_probe *probe, const unsigned char *ids, size_t count, size_t digits);

/* libgit2 behind git's command line, as far as the benchmarks use it: `-C REPOSITORY` with `cat-file --batch-check`, `--batch` or
   `--batch-all-objects --batch-check`, or with `hash-object -w --stdin-paths`; and `index-pack -o INDEX PACK` (which writes the pack anew,
   too: libgit2 has no other way). The exit status. */
int git2_probe_command(int argc, const char *const *argv);

#endif
