#include "git2_library.h"
#include "git2_probe.h"

#include <stddef.h>

#ifdef GIT2_PROBE
#include <dlfcn.h>
#include <pthread.h>

static struct git2_library library;
static int found;

static void load(void) {
    void *handle = dlopen("libgit2.so", RTLD_NOW);
    if (handle == NULL) return;
#define F(name)                                                                                                                             \
    if ((library.name = (__typeof__(name) *)dlsym(handle, #name)) == NULL) return;
    GIT2_FUNCTIONS(F)
#undef F
    found = library.git_libgit2_init() > 0 && library.git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0) == 0
        && library.git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0) == 0;
}

const struct git2_library *git2_library(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return found ? &library : NULL;
}

const char *git2_probe_version(void) { return git2_library() ? LIBGIT2_VERSION : NULL; }

#endif
