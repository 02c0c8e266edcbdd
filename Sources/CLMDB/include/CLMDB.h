#ifndef CLMDB_H
#define CLMDB_H

#include <stddef.h>
#include <stdint.h>

#include <lmdb.h>

/* liblmdb as StrataLMDB calls it: reads and changes that end with an error code also where a damaged page makes the library's own
   assertions fail or sends it after a null pointer, and many records in one call. Functions return 0 or an error of LMDB or of the system. */

/* Must be called for an environment before anything below. The first call in a process installs a handler of SIGSEGV, which hands on to the
   one before what is no null pointer, or not of a call below. */
void strata_lmdb_guard(MDB_env *env);

/* A key. With `is_scoped` it is `scope` in four bytes, the greatest first, and then the bytes; with `is_long` a byte 0x01 follows them. All
   together must be at most 511 bytes. */
typedef struct {
    const void *bytes;
    size_t count;
    uint32_t scope;
    int is_scoped;
    int is_long;
} strata_lmdb_key;

/* A record where it lies. What it points at lasts as long as the transaction, in a write transaction until the next change. */
typedef struct {
    const unsigned char *key;
    const unsigned char *value;
    size_t key_count;
    size_t value_count;
} strata_lmdb_record;

/* mdb_dbi_open, mdb_cursor_open and mdb_txn_commit. A transaction is over after its commit, whatever that returns. */
int strata_lmdb_open_database(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi);
int strata_lmdb_open_cursor(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **cursor);
int strata_lmdb_commit(MDB_txn *txn);

/* The value of a key; MDB_NOTFOUND. */
int strata_lmdb_get(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key, strata_lmdb_record *found);

/* Where the data file is mapped. */
typedef struct {
    const unsigned char *start;
    size_t count;
    size_t page_size;
} strata_lmdb_map;

/* The leaf that a walk is on. All zeros = on none, and at the beginning. */
typedef struct {
    const unsigned char *page;
    unsigned count;
    /* The next record that the walk comes to, and the one that the cursor is at. */
    unsigned next, at;
    /* The key of the last record that the cursor gave. */
    const unsigned char *key;
    size_t key_count;
} strata_lmdb_leaf;

/* Up to `capacity` records in order, from the first whose key is not before `key`, or behind those that were given last where `key` is NULL. Fewer
   than `capacity` = there are no more. In a read transaction, whose pages lie in `map`: where that is given, and a leaf is as it should
   be, its records are read from it without a step of the cursor for each. */
int strata_lmdb_records(MDB_cursor *cursor, const strata_lmdb_map *map, strata_lmdb_leaf *leaf, const strata_lmdb_key *key,
                        strata_lmdb_record *records, size_t capacity, size_t *filled);

/* One step of the cursor (MDB_FIRST, MDB_LAST, MDB_NEXT, MDB_PREV, MDB_SET_RANGE with `key`); MDB_NOTFOUND. */
int strata_lmdb_move(MDB_cursor *cursor, MDB_cursor_op step, const strata_lmdb_key *key, strata_lmdb_record *found);

/* Changes. After MDB_CORRUPTED nothing may be done with the transaction but to abort it. `flags` are those of mdb_put; with MDB_NOOVERWRITE and a key that is there: MDB_KEYEXIST. */
int strata_lmdb_put(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key, const void *value, size_t value_count,
                    unsigned flags);
/* With a cursor, which if it is at the page where the key belongs goes from there. No record may have been deleted since it was led there. */
int strata_lmdb_put_from(MDB_cursor *cursor, const strata_lmdb_key *key, const void *value, size_t value_count,
                         unsigned flags);
int strata_lmdb_delete(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key);

/* Deletes all records of a database. */
int strata_lmdb_empty(MDB_txn *txn, MDB_dbi dbi);

#endif
