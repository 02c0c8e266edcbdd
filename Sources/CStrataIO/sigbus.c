#define _GNU_SOURCE
#include "CStrataIO.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A fault may come while the thread sanitizer holds a lock of its own, in an atomic operation on a mapped file for one. What the handler does must
   not come back to it: no instrumented access, and no call that it wraps. */
#if __has_feature(thread_sanitizer)
#define IN_HANDLER __attribute__((disable_sanitizer_instrumentation))
#define HANDLER_MMAP(address, size, protection, flags) (void *)syscall(SYS_mmap, address, size, protection, flags, -1L, 0L)
#else
#define IN_HANDLER
#define HANDLER_MMAP(address, size, protection, flags) mmap(address, size, protection, flags, -1, 0)
#endif

/* The table of ranges is a chain of blocks that only grows, so that the handler can walk it at any moment without a
   lock. An entry is written under `table_lock`; `version` is odd meanwhile, and the handler passes over an entry whose
   version is odd or changes under its eyes. It cannot miss the range that it looks for: that one is registered for as
   long as anyone may touch it. */

struct strata_range {
    atomic_uint version;
    atomic_uintptr_t start;
    atomic_uintptr_t end; /* 0: free */
    atomic_int poisoned;
};

enum { block_entries = 64 };

struct block {
    struct strata_range entries[block_entries];
    _Atomic(struct block *) next;
};

static struct block first_block;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static int install_error;
static struct sigaction previous;

/* Async-signal-safe: atomics and mmap, which on Linux is a bare system call. */
IN_HANDLER static int poison_range_at(uintptr_t address) {
    for (struct block *block = &first_block; block != NULL;
         block = atomic_load_explicit(&block->next, memory_order_acquire)) {
        for (int i = 0; i < block_entries; i++) {
            struct strata_range *entry = &block->entries[i];
            unsigned before = atomic_load_explicit(&entry->version, memory_order_acquire);
            uintptr_t start = atomic_load_explicit(&entry->start, memory_order_acquire);
            uintptr_t end = atomic_load_explicit(&entry->end, memory_order_acquire);
            unsigned after = atomic_load_explicit(&entry->version, memory_order_acquire);
            if (before != after || (before & 1) != 0 || address < start || address >= end) continue;
            /* The flag first: whoever reads a zero page must find it. */
            atomic_store_explicit(&entry->poisoned, 1, memory_order_seq_cst);
            /* Writable: the range may be one that is written to. Not reserved: it may be larger than the machine. */
            void *mapped = HANDLER_MMAP(
                (void *)start, end - start, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED);
            return mapped != MAP_FAILED;
        }
    }
    return 0;
}

static void pass_on(int signal_number, siginfo_t *info, void *context) {
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(signal_number, info, context);
        return;
    }
    if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal_number);
        return;
    }
    int sent = info->si_code <= 0; /* by kill and its kin, not by a fault */
    if (sent && previous.sa_handler == SIG_IGN) return;
    /* The default: a fault repeats when we return, a sent signal must be sent again. */
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    sigaction(SIGBUS, &standard, NULL);
    if (sent) raise(SIGBUS);
}

IN_HANDLER static void on_sigbus(int signal_number, siginfo_t *info, void *context) {
    int saved = errno;
    if (info->si_code <= 0 || !poison_range_at((uintptr_t)info->si_addr)) pass_on(signal_number, info, context);
    errno = saved;
}

static void install(void) {
    struct sigaction action;
    if (sigaction(SIGBUS, NULL, &previous) != 0) {
        install_error = errno;
        return;
    }
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_sigbus;
    /* The previous handler runs inside ours, so what it wanted blocked is blocked. */
    action.sa_mask = previous.sa_mask;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | (previous.sa_flags & SA_RESTART);
    if (sigaction(SIGBUS, &action, NULL) != 0) install_error = errno;
}

strata_range *strata_range_register(const void *base, size_t count) {
    struct strata_range *found = NULL;
    pthread_once(&install_once, install);
    if (install_error != 0) {
        errno = install_error;
        return NULL;
    }
    pthread_mutex_lock(&table_lock);
    struct block *block = &first_block;
    for (;;) {
        for (int i = 0; i < block_entries && found == NULL; i++) {
            if (atomic_load_explicit(&block->entries[i].end, memory_order_relaxed) == 0) found = &block->entries[i];
        }
        if (found != NULL) break;
        struct block *next = atomic_load_explicit(&block->next, memory_order_relaxed);
        if (next == NULL) {
            next = calloc(1, sizeof *next);
            if (next == NULL) break;
            atomic_store_explicit(&block->next, next, memory_order_release);
        }
        block = next;
    }
    if (found != NULL) {
        atomic_fetch_add_explicit(&found->version, 1, memory_order_seq_cst);
        atomic_store_explicit(&found->poisoned, 0, memory_order_seq_cst);
        atomic_store_explicit(&found->start, (uintptr_t)base, memory_order_seq_cst);
        atomic_store_explicit(&found->end, (uintptr_t)base + count, memory_order_seq_cst);
        atomic_fetch_add_explicit(&found->version, 1, memory_order_seq_cst);
    }
    pthread_mutex_unlock(&table_lock);
    if (found == NULL) errno = ENOMEM;
    return found;
}

void strata_range_unregister(strata_range *range) {
    pthread_mutex_lock(&table_lock);
    atomic_fetch_add_explicit(&range->version, 1, memory_order_seq_cst);
    atomic_store_explicit(&range->start, 0, memory_order_seq_cst);
    atomic_store_explicit(&range->end, 0, memory_order_seq_cst);
    atomic_fetch_add_explicit(&range->version, 1, memory_order_seq_cst);
    pthread_mutex_unlock(&table_lock);
}

int strata_range_is_poisoned(const strata_range *range) {
    return atomic_load_explicit(&((strata_range *)range)->poisoned, memory_order_seq_cst);
}
