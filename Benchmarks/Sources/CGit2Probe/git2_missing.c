#include "git2_library.h"
#include "git2_probe.h"

#ifndef GIT2_PROBE

const char *git2_probe_version(void) { return NULL; }
git2_probe *git2_probe_open(const char *directory) { return NULL; }
void git2_probe_close(git2_probe *probe) {}
size_t git2_probe_contains(git2_probe *probe, const unsigned char *ids, size_t count) { return 0; }
size_t git2_probe_header(git2_probe *probe, const unsigned char *ids, size_t count) { return 0; }
size_t git2_probe_read(git2_probe *probe, const unsigned char *ids, size_t count) { return 0; }
size_t git2_probe_abbreviated(git2_probe *probe, const unsigned char *ids, size_t count, size_t digits) { return 0; }
int git2_probe_command(int argc, const char *const *argv) { return 69; }

#endif
