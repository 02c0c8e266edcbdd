#ifndef PACKED_PROBE_H
#define PACKED_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* A packed-refs file, mapped: the records from `start` to `end`. */
struct packed_probe {
    const unsigned char *base, *start, *end;
    size_t size;
};

/* 0, or -1 with errno. The file must have a header and SHA-1 ids. */
int packed_probe_open(struct packed_probe *probe, const char *path);
void packed_probe_close(struct packed_probe *probe);

/* Looks `name` up by halving; 1 and the id, or 0. */
int packed_probe_find(const struct packed_probe *probe, const unsigned char *name, size_t count, unsigned char id[20]);

/* Walks all records, each with its name's end found and its id decoded. The sum depends on every name and id. */
uint64_t packed_probe_scan(const struct packed_probe *probe, size_t *records);

/* The same, with each name checked byte by byte by the rules of refnames that need no look back. */
uint64_t packed_probe_scan_checking(const struct packed_probe *probe, size_t *records);

/* Merges up to 64 files, in which one name may stand several times; the first file's counts. Checks as the scan that checks does. The
   second keeps the heads in order instead of looking for the least each time. */
uint64_t packed_probe_merge(const struct packed_probe *probes, size_t count, size_t *records);
uint64_t packed_probe_merge_ordered(const struct packed_probe *probes, size_t count, size_t *records);

#endif
