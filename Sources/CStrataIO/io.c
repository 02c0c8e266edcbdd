#define _GNU_SOURCE
#include "CStrataIO.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* `count` 0 = to the end of the file, however far that is. */
static struct flock lock_of(short type, int64_t at, int64_t count) {
    struct flock lock;
    memset(&lock, 0, sizeof lock);
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = at;
    lock.l_len = count;
    return lock;
}

static int set_lock(int fd, struct flock lock) { return fcntl(fd, F_OFD_SETLK, &lock); }

int strata_ofd_lock(int fd) { return set_lock(fd, lock_of(F_WRLCK, 0, 0)); }

int strata_ofd_unlock(int fd) { return set_lock(fd, lock_of(F_UNLCK, 0, 0)); }

int strata_ofd_lock_byte(int fd, int64_t at) { return set_lock(fd, lock_of(F_WRLCK, at, 1)); }

int strata_ofd_is_byte_locked(int fd, int64_t at) {
    struct flock lock = lock_of(F_WRLCK, at, 1);
    return fcntl(fd, F_OFD_GETLK, &lock) != 0 ? -1 : lock.l_type != F_UNLCK;
}

int strata_rename_noreplace(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int strata_rename_exchange(const char *a, const char *b) { return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE); }

int strata_sync_filesystem(int fd) { return syncfs(fd); }

int strata_write_out(int fd) {
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

void strata_start_write_out(int fd, int64_t offset, int64_t count) {
    int reason = errno;
    (void)sync_file_range(fd, offset, count, SYNC_FILE_RANGE_WRITE);
    errno = reason;
}

long strata_copy_file_range(int from, int64_t offset, int to, size_t count) {
    off64_t position = offset;
    return copy_file_range(from, &position, to, NULL, count, 0);
}

int strata_is_local_filesystem(int fd) {
    struct statfs info;
    if (fstatfs(fd, &info) != 0) return -1;
    switch ((uint32_t)info.f_type) {
    case 0x0000ef53: /* ext2, ext3, ext4 */
    case 0x58465342: /* xfs */
    case 0x9123683e: /* btrfs */
    case 0x01021994: /* tmpfs */
    case 0x858458f6: /* ramfs */
    case 0x794c7630: /* overlayfs */
    case 0x2fc12fc1: /* zfs */
    case 0xf2f52010: /* f2fs */
    case 0xca451a4e: /* bcachefs */
    case 0x3153464a: /* jfs */
        return 1;
    default:
        return 0;
    }
}

int64_t strata_filesystem_kind(const char *path) {
    struct statfs info;
    return statfs(path, &info) != 0 ? -1 : (int64_t)(uint32_t)info.f_type;
}

int64_t strata_filesystem_room(const char *path) {
    struct statfs info;
    if (statfs(path, &info) != 0) return -1;
    uint64_t blocks = geteuid() == 0 ? info.f_bfree : info.f_bavail, size = (uint64_t)info.f_bsize;
    return size != 0 && blocks > INT64_MAX / size ? INT64_MAX : (int64_t)(blocks * size);
}

uint64_t strata_shared_load(const uint64_t *at) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }

void strata_shared_store(uint64_t *at, uint64_t value) { __atomic_store_n(at, value, __ATOMIC_SEQ_CST); }

void strata_shared_increment(uint64_t *at) { __atomic_fetch_add(at, 1, __ATOMIC_SEQ_CST); }

int strata_shared_exchange(uint64_t *at, uint64_t old, uint64_t new_value) {
    return __atomic_compare_exchange_n(at, &old, new_value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
