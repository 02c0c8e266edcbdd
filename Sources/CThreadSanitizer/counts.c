#define _GNU_SOURCE
/* What several threads have counted references to is handed on without a lock: who lets go of it has done with it, and who finds itself alone
   with it may change it in place. Swift's runtime keeps those counts, and is not compiled for the thread sanitizer, so an array that
   one thread has let go of and the next changes looks like a race. These stand before the runtime's functions, as those of mutex.c do. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

#define SEEN __attribute__((visibility("default"), no_sanitize("thread")))

static void (*release_next)(void *);
static void (*release_n_next)(void *, uint32_t);
static void (*bridge_release_next)(void *);
static void (*bridge_release_n_next)(void *, uint32_t);
static bool (*alone_next)(const void *);

__attribute__((constructor, no_sanitize("thread"))) static void find_next(void) {
    release_next = (void (*)(void *))dlsym(RTLD_NEXT, "swift_release");
    release_n_next = (void (*)(void *, uint32_t))dlsym(RTLD_NEXT, "swift_release_n");
    bridge_release_next = (void (*)(void *))dlsym(RTLD_NEXT, "swift_bridgeObjectRelease");
    bridge_release_n_next = (void (*)(void *, uint32_t))dlsym(RTLD_NEXT, "swift_bridgeObjectRelease_n");
    alone_next = (bool (*)(const void *))dlsym(RTLD_NEXT, "swift_isUniquelyReferenced_nonNull_native");
}

/* Others are null, or no objects on the heap: the runtime passes over them. */
static inline bool is_object(const void *object) { return (intptr_t)object > 0; }

SEEN void swift_release(void *object) {
    if (!release_next) find_next();
    if (is_object(object)) __tsan_release(object);
    release_next(object);
}

SEEN void swift_release_n(void *object, uint32_t count) {
    if (!release_n_next) find_next();
    if (is_object(object)) __tsan_release(object);
    release_n_next(object, count);
}

/* The storage of sets and dictionaries. */
SEEN void swift_bridgeObjectRelease(void *object) {
    if (!bridge_release_next) find_next();
    if (is_object(object)) __tsan_release(object);
    bridge_release_next(object);
}

SEEN void swift_bridgeObjectRelease_n(void *object, uint32_t count) {
    if (!bridge_release_n_next) find_next();
    if (is_object(object)) __tsan_release(object);
    bridge_release_n_next(object, count);
}

SEEN bool swift_isUniquelyReferenced_nonNull_native(const void *object) {
    if (!alone_next) find_next();
    if (!alone_next(object)) return false;
    __tsan_acquire((void *)object);
    return true;
}

SEEN bool swift_isUniquelyReferenced_native(const void *object) {
    return object && swift_isUniquelyReferenced_nonNull_native(object);
}
#endif
#endif
