#define _GNU_SOURCE
#include "database_faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    int armed, error, persistent;
    long at, count;
    enum database_fault fault;
    char directory[PATH_MAX];
    char met[128];
    int log;
} plan = {.log = -1};

/* The C library's function of the same name. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void database_faults_arm(const char *directory, long at, enum database_fault fault, int error, int persistent) {
    if (realpath(directory, plan.directory) == NULL) snprintf(plan.directory, sizeof plan.directory, "%s", directory);
    plan.at = at;
    plan.fault = fault;
    plan.error = error;
    plan.persistent = persistent;
    plan.count = 0;
    plan.met[0] = 0;
    plan.armed = 1;
}

long database_faults_disarm(void) {
    plan.armed = 0;
    return plan.count;
}

const char *database_faults_met(void) { return plan.met; }

void database_faults_record(int log) { plan.log = log; }

static void put(const void *bytes, size_t count) {
    while (count > 0) {
        ssize_t put = NEXT(write)(plan.log, bytes, count);
        if (put <= 0) abort();
        bytes = (const char *)bytes + put;
        count -= (size_t)put;
    }
}

static void record(enum database_record_kind kind, uint32_t number, uint64_t offset, const struct iovec *parts, int count,
                   size_t most) {
    if (plan.log < 0) return;
    size_t total = 0;
    for (int i = 0; i < count; i++) total += parts[i].iov_len;
    if (total > most) total = most;
    database_record head = {kind, number, offset, total};
    put(&head, sizeof head);
    for (int i = 0; i < count && total > 0; i++) {
        size_t part = parts[i].iov_len < total ? parts[i].iov_len : total;
        put(parts[i].iov_base, part);
        total -= part;
    }
}

static void record_call(enum database_record_kind kind, uint64_t offset) { record(kind, 0, offset, NULL, 0, 0); }

void database_faults_mark(uint32_t number) { record(database_record_mark, number, 0, NULL, 0, 0); }

/* Where `path` is: NULL = not in the directory; else what comes behind it, which for the directory itself is nothing. */
static const char *inside(const char *path) {
    size_t count = strlen(plan.directory);
    if (strncmp(path, plan.directory, count) != 0) return NULL;
    return path[count] == 0 ? path + count : path[count] == '/' ? path + count + 1 : NULL;
}

static const char *last(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int is_data(const char *name) { return strcmp(last(name), "data.mdb") == 0; }

static const char *name_of(int file, char *buffer) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, buffer, PATH_MAX - 1);
    if (count < 0) return NULL;
    buffer[count] = 0;
    return inside(buffer);
}

static void stop(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Counts a call; what is to become of it. */
static enum database_fault turn(const char *call, const char *name) {
    plan.count++;
    int is_later = plan.persistent && plan.at > 0 && plan.count > plan.at;
    if (plan.count != plan.at && !is_later) return database_fault_none;
    if (plan.count == plan.at) snprintf(plan.met, sizeof plan.met, "%s %.64s", call, last(name));
    return is_later ? database_fault_fail : plan.fault;
}

static int failed(void) {
    errno = plan.error;
    return -1;
}

typedef ssize_t (*writing)(int file, const struct iovec *parts, int count, off_t offset);

static ssize_t with_pwrite(int file, const struct iovec *parts, int count, off_t offset) {
    (void)count;
    return NEXT(pwrite)(file, parts[0].iov_base, parts[0].iov_len, offset);
}

static ssize_t with_writev(int file, const struct iovec *parts, int count, off_t offset) {
    (void)offset;
    return NEXT(writev)(file, parts, count);
}

/* Writes the first half: of several parts whole ones. */
static ssize_t half(writing write, int file, const struct iovec *parts, int count, off_t offset) {
    if (count > 1) return write(file, parts, count / 2, offset);
    struct iovec part = {parts[0].iov_base, parts[0].iov_len / 2};
    return write(file, &part, 1, offset);
}

static ssize_t change(const char *call, writing write, int file, const struct iovec *parts, int count, off_t offset) {
    char path[PATH_MAX];
    const char *name = plan.armed || plan.log >= 0 ? name_of(file, path) : NULL;
    if (name == NULL) return write(file, parts, count, offset);
    int syncs = (fcntl(file, F_GETFL) & O_DSYNC) != 0;
    if (offset < 0) offset = lseek(file, 0, SEEK_CUR);
    ssize_t done;
    enum database_fault fault = plan.armed ? turn(call, name) : database_fault_none;
    switch (fault) {
    case database_fault_stop: stop();
    case database_fault_after:
        write(file, parts, count, offset);
        stop();
    case database_fault_tear:
        half(write, file, parts, count, offset);
        stop();
    case database_fault_fail: return failed();
    case database_fault_late:
        if (!syncs) return failed();
        done = write(file, parts, count, offset);
        break;
    case database_fault_shorten: done = half(write, file, parts, count, offset); break;
    default: done = write(file, parts, count, offset);
    }
    if (done > 0 && is_data(name)) {
        int is_there = syncs && fault != database_fault_late;
        record(is_there ? database_record_synced_write : database_record_write, 0, (uint64_t)offset, parts, count, (size_t)done);
    }
    return fault == database_fault_late ? failed() : done;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    struct iovec part = {(void *)bytes, count};
    return change("pwrite", with_pwrite, file, &part, 1, offset);
}

ssize_t write(int file, const void *bytes, size_t count) {
    struct iovec part = {(void *)bytes, count};
    return change("write", with_writev, file, &part, 1, -1);
}

ssize_t writev(int file, const struct iovec *parts, int count) { return change("writev", with_writev, file, parts, count, -1); }

/* What is to become of a call that is no write: database_fault_fail = it is not made, database_fault_late = it is, and fails,
   database_fault_after = it is, and the process ends. */
static enum database_fault turn_of_other(const char *call, const char *name, int syncs) {
    enum database_fault fault = plan.armed ? turn(call, name) : database_fault_none;
    if (fault == database_fault_stop) stop();
    if (fault == database_fault_tear) return database_fault_after;
    if (fault == database_fault_shorten || (fault == database_fault_late && !syncs)) return database_fault_fail;
    return fault;
}

static int sync_file(const char *call, int (*make)(int), int file) {
    char path[PATH_MAX];
    const char *name = plan.armed || plan.log >= 0 ? name_of(file, path) : NULL;
    if (name == NULL) return make(file);
    enum database_fault fault = turn_of_other(call, name, 1);
    if (fault == database_fault_fail) return failed();
    int result = make(file);
    if (fault == database_fault_after) stop();
    if (fault == database_fault_late) return failed();
    if (result == 0 && name[0] == 0) record_call(database_record_name_sync, 0);
    if (result == 0 && is_data(name)) record_call(database_record_sync, 0);
    return result;
}

int fsync(int file) { return sync_file("fsync", NEXT(fsync), file); }

int fdatasync(int file) { return sync_file("fdatasync", NEXT(fdatasync), file); }

int ftruncate(int file, off_t size) {
    char path[PATH_MAX];
    const char *name = plan.armed || plan.log >= 0 ? name_of(file, path) : NULL;
    if (name == NULL) return NEXT(ftruncate)(file, size);
    enum database_fault fault = turn_of_other("ftruncate", name, 0);
    if (fault == database_fault_fail) return failed();
    int result = NEXT(ftruncate)(file, size);
    if (fault == database_fault_after) stop();
    if (result == 0 && is_data(name)) record_call(database_record_size, (uint64_t)size);
    return result;
}

int rename(const char *from, const char *to) {
    const char *name = plan.armed || plan.log >= 0 ? inside(to) : NULL;
    if (name == NULL) return NEXT(rename)(from, to);
    enum database_fault fault = turn_of_other("rename", name, 0);
    if (fault == database_fault_fail) return failed();
    int result = NEXT(rename)(from, to);
    if (fault == database_fault_after) stop();
    if (result == 0 && is_data(name)) record_call(database_record_name, 0);
    return result;
}
