#ifndef LMDB_PROBE_H
#define LMDB_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* References in LMDB as the plainest C program keeps them: names to ids of 20 bytes, in one database. Results are 0 or an error. */
typedef struct lmdb_probe lmdb_probe;

/* Names one behind the other: name i has the bytes from offsets[i] to offsets[i + 1]. Its id is made of the name. */
typedef struct {
    const unsigned char *bytes;
    const size_t *offsets;
    size_t count;
} lmdb_probe_names;

int lmdb_probe_open(lmdb_probe **probe, const char *directory);
void lmdb_probe_close(lmdb_probe *probe);

/* A name in an allocation of its own, which free() ends. */
typedef struct {
    size_t count;
    unsigned char bytes[];
} lmdb_probe_name;
lmdb_probe_name *lmdb_probe_name_make(const unsigned char *bytes, size_t count);

/* Looks each name up in one read transaction. */
int lmdb_probe_get(lmdb_probe *probe, const lmdb_probe_name *const *names, size_t count, uint64_t *sum);

/* Walks all records, or those that begin with `prefix`. */
int lmdb_probe_scan(lmdb_probe *probe, const char *prefix, uint64_t *sum, size_t *records);

/* Creates the names, each after a get of it and a look at its neighbour (what is below it as a directory); in one transaction, or in one
   each. `durable` = with LMDB's own syncing, else without the sync of the meta page. */
int lmdb_probe_create(lmdb_probe *probe, const lmdb_probe_names *names, int each, int durable);

/* Deletes the names, each after a get of it, in one transaction. */
int lmdb_probe_delete(lmdb_probe *probe, const lmdb_probe_names *names);

#endif
