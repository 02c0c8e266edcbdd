#define _GNU_SOURCE
#include "read_faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    int armed, error, only_opens;
    long at, count;
    const char *failed;
} plan = {.failed = ""};

void read_faults_arm(long at, int error, int only_opens) {
    plan.at = at;
    plan.error = error;
    plan.only_opens = only_opens;
    plan.count = 0;
    plan.failed = "";
    plan.armed = 1;
}

long read_faults_disarm(void) {
    plan.armed = 0;
    return plan.count;
}

const char *read_faults_failed(void) { return plan.failed; }

static int fails(const char *call, int is_open) {
    if (!plan.armed || (plan.only_opens && !is_open) || ++plan.count != plan.at) return 0;
    plan.failed = call;
    errno = plan.error;
    return 1;
}

/* The C library's function of the same name. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static mode_t mode_argument(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(arguments, int) : 0;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return fails("open", 1) ? -1 : NEXT(open)(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return fails("openat", 1) ? -1 : NEXT(openat)(directory, path, flags, mode);
}

ssize_t read(int file, void *buffer, size_t count) { return fails("read", 0) ? -1 : NEXT(read)(file, buffer, count); }

ssize_t pread(int file, void *buffer, size_t count, off_t offset) {
    return fails("pread", 0) ? -1 : NEXT(pread)(file, buffer, count, offset);
}

int stat(const char *path, struct stat *info) { return fails("stat", 0) ? -1 : NEXT(stat)(path, info); }

int lstat(const char *path, struct stat *info) { return fails("lstat", 0) ? -1 : NEXT(lstat)(path, info); }

int fstat(int file, struct stat *info) { return fails("fstat", 0) ? -1 : NEXT(fstat)(file, info); }

int fstatat(int directory, const char *path, struct stat *info, int flags) {
    return fails("fstatat", 0) ? -1 : NEXT(fstatat)(directory, path, info, flags);
}

ssize_t readlink(const char *path, char *buffer, size_t count) {
    return fails("readlink", 0) ? -1 : NEXT(readlink)(path, buffer, count);
}

DIR *fdopendir(int file) { return fails("fdopendir", 0) ? NULL : NEXT(fdopendir)(file); }

struct dirent *readdir(DIR *stream) { return fails("readdir", 0) ? NULL : NEXT(readdir)(stream); }

void *mmap(void *base, size_t count, int protection, int flags, int file, off_t offset) {
    if (file >= 0 && fails("mmap", 0)) return MAP_FAILED;
    return NEXT(mmap)(base, count, protection, flags, file, offset);
}
