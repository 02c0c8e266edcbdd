#define _GNU_SOURCE
#include "strata_spawn.h"

#include <spawn.h>

int strata_spawn(int *child, const char *program, char *const arguments[], char *const environment[],
                 const char *directory, int standard_input) {
    posix_spawn_file_actions_t actions;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return result;
    result = posix_spawn_file_actions_adddup2(&actions, standard_input, 0);
    if (result == 0) result = posix_spawn_file_actions_adddup2(&actions, 2, 1);
    if (result == 0) result = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (result == 0) result = posix_spawn(child, program, &actions, 0, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}
