#ifndef STRATA_SPAWN_H
#define STRATA_SPAWN_H

#include <stddef.h>

/// Starts `program` in `directory` with `standard_input` as its descriptor 0. Returns 0 and the child's id, or an errno value.
int strata_spawn(int *child, const char *program, char *const arguments[], char *const environment[],
                 const char *directory, int standard_input);

#endif
