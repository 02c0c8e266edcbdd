#ifndef CSTRATAIO_H
#define CSTRATAIO_H

#include <stddef.h>
#include <stdint.h>

#include "strata_spawn.h"

/* System calls that the Swift importer does not see. Each gives -1 and sets errno when it fails. */

/* Takes an open-file-description write lock on the whole file, without waiting (F_OFD_SETLK). The lock belongs to the
   open file description: the kernel drops it when the last descriptor of it is closed, so with the process. */
int strata_ofd_lock(int fd);

/* Lets that lock go. */
int strata_ofd_unlock(int fd);

/* The same lock on one byte, and whether another open file description has it: 1 or 0. The file need not be so long. */
int strata_ofd_lock_byte(int fd, int64_t at);
int strata_ofd_is_byte_locked(int fd, int64_t at);

/* renameat2 with RENAME_NOREPLACE, and with RENAME_EXCHANGE. */
int strata_rename_noreplace(const char *from, const char *to);
int strata_rename_exchange(const char *a, const char *b);

/* syncfs: everything on the file system that `fd` is on. */
int strata_sync_filesystem(int fd);

/* sync_file_range of the whole file, waiting for the writes. */
int strata_write_out(int fd);

/* The same of a part, without waiting, as far as the device takes more: a hint. */
void strata_start_write_out(int fd, int64_t offset, int64_t count);

/* copy_file_range from an offset of `from` to the position of `to`. */
long strata_copy_file_range(int from, int64_t offset, int to, size_t count);

/* 1 when the file is on a file system of this machine whose hard links and locks are known to work between all the
   processes that can see it; 0 when that is not known (network, FUSE, others). */
int strata_is_local_filesystem(int fd);

/* The number that tells the kind of the file system that `path` is on (statfs); -1 and errno. */
int64_t strata_filesystem_kind(const char *path);

/* How many bytes this user can still write on the file system that `path` is on (statfs); -1 and errno. */
int64_t strata_filesystem_room(const char *path);

/* Mapped ranges and SIGBUS.

   A mapped file that somebody cuts short raises SIGBUS where the lost pages are touched. While a range is registered,
   such a fault inside it maps zero pages over the whole range and marks it poisoned; the load is then repeated and
   reads zero. Every other SIGBUS goes to the handler that was there before. */
typedef struct strata_range strata_range;

/* Registers a mapping that starts at a page; NULL and errno when there is no memory. The first call installs the
   handler. */
strata_range *strata_range_register(const void *base, size_t count);

/* Must come before munmap, when nobody reads the range any more. */
void strata_range_unregister(strata_range *range);

int strata_range_is_poisoned(const strata_range *range);

/* Numbers in memory that processes share. Each is sequentially consistent; `at` is aligned. */
uint64_t strata_shared_load(const uint64_t *at);
void strata_shared_store(uint64_t *at, uint64_t value);
void strata_shared_increment(uint64_t *at);

/* Makes `old` `new`; 0 where the number is another. */
int strata_shared_exchange(uint64_t *at, uint64_t old, uint64_t new_value);

#endif
