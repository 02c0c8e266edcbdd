#define _GNU_SOURCE
/* The thread sanitizer sees only what is compiled for it. Swift's Mutex is, where it is free: that path is inlined. Where threads
   meet, the library is called, which is not; so every section behind a lock that was waited for looks like a race. These
   two stand before the library's functions, and tell what they do. Nothing else is silenced. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void lock_slow(uint32_t owner, __attribute__((swift_context)) void *handle);
typedef __attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *handle);

/* Synchronization._MutexHandle._lockSlow(UInt32) */
__attribute__((swiftcall, visibility("default"))) void strata_lock_slow(
    uint32_t owner, __attribute__((swift_context)) void *handle) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
/* Synchronization._MutexHandle._unlockSlow() */
__attribute__((swiftcall, visibility("default"))) void strata_unlock_slow(__attribute__((swift_context)) void *handle)
    __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

__attribute__((swiftcall)) void strata_lock_slow(uint32_t owner, __attribute__((swift_context)) void *handle) {
    lock_slow *next = (lock_slow *)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    next(owner, handle);
    __tsan_acquire(handle);
}

__attribute__((swiftcall)) void strata_unlock_slow(__attribute__((swift_context)) void *handle) {
    unlock_slow *next = (unlock_slow *)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    __tsan_release(handle);
    next(handle);
}
#endif
#endif
