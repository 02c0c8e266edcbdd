#define _GNU_SOURCE
#include "CStrataIO.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

int strata_ofd_lock(int fd) {
    struct flock lock;
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return fcntl(fd, F_OFD_SETLK, &lock);
}

int strata_rename_noreplace(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int strata_rename_exchange(const char *a, const char *b) { return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE); }

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
