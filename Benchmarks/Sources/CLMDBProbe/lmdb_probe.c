#include "lmdb_probe.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

struct lmdb_probe {
    MDB_env *env;
    MDB_dbi dbi;
};

int lmdb_probe_open(lmdb_probe **result, const char *directory) {
    lmdb_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL) return ENOMEM;
    MDB_txn *txn;
    int rc = mdb_env_create(&probe->env);
    if (rc == 0) rc = mdb_env_set_mapsize(probe->env, (size_t)1 << 40);
    if (rc == 0) rc = mdb_env_open(probe->env, directory, MDB_NOTLS, 0666);
    if (rc == 0) rc = mdb_txn_begin(probe->env, NULL, 0, &txn);
    if (rc == 0) rc = mdb_dbi_open(txn, NULL, 0, &probe->dbi);
    if (rc == 0) rc = mdb_txn_commit(txn);
    *result = probe;
    return rc;
}

void lmdb_probe_close(lmdb_probe *probe) {
    mdb_env_close(probe->env);
    free(probe);
}

static MDB_val name_at(const lmdb_probe_names *names, size_t i) {
    return (MDB_val){names->offsets[i + 1] - names->offsets[i], (void *)(names->bytes + names->offsets[i])};
}

static void add(uint64_t *sum, MDB_val key, MDB_val value) {
    uint64_t word;
    memcpy(&word, value.mv_data, 8);
    *sum = (*sum ^ word) * 31 + key.mv_size;
}

lmdb_probe_name *lmdb_probe_name_make(const unsigned char *bytes, size_t count) {
    lmdb_probe_name *name = malloc(sizeof *name + count);
    if (name == NULL) abort();
    name->count = count;
    memcpy(name->bytes, bytes, count);
    return name;
}

int lmdb_probe_get(lmdb_probe *probe, const lmdb_probe_name *const *names, size_t count, uint64_t *sum) {
    MDB_txn *txn;
    int rc = mdb_txn_begin(probe->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return rc;
    for (size_t i = 0; i < count && rc == 0; i++) {
        MDB_val key = {names[i]->count, (void *)names[i]->bytes}, value;
        rc = mdb_get(txn, probe->dbi, &key, &value);
        if (rc == 0) add(sum, key, value);
    }
    mdb_txn_abort(txn);
    return rc;
}

int lmdb_probe_scan(lmdb_probe *probe, const char *prefix, uint64_t *sum, size_t *records) {
    MDB_txn *txn;
    MDB_cursor *cursor;
    int rc = mdb_txn_begin(probe->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return rc;
    rc = mdb_cursor_open(txn, probe->dbi, &cursor);
    size_t length = strlen(prefix);
    MDB_val key = {length, (void *)prefix}, value;
    *records = 0;
    if (rc == 0) rc = mdb_cursor_get(cursor, &key, &value, length > 0 ? MDB_SET_RANGE : MDB_FIRST);
    while (rc == 0 && key.mv_size >= length && memcmp(key.mv_data, prefix, length) == 0) {
        add(sum, key, value);
        ++*records;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int create(MDB_txn *txn, MDB_dbi dbi, const lmdb_probe_names *names, size_t from, size_t to) {
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, dbi, &cursor);
    unsigned char below[512], id[20] = {0};
    for (size_t i = from; i < to && rc == 0; i++) {
        MDB_val key = name_at(names, i), value, next = {key.mv_size + 1, below}, found;
        rc = mdb_get(txn, dbi, &key, &value);
        if (rc != MDB_NOTFOUND) return rc == 0 ? EEXIST : rc;
        memcpy(below, key.mv_data, key.mv_size);
        below[key.mv_size] = '/';
        rc = mdb_cursor_get(cursor, &next, &found, MDB_SET_RANGE);
        if (rc != 0 && rc != MDB_NOTFOUND) return rc;
        memcpy(id, &i, sizeof i);
        value = (MDB_val){sizeof id, id};
        rc = mdb_put(txn, dbi, &key, &value, 0);
    }
    mdb_cursor_close(cursor);
    return rc;
}

int lmdb_probe_create(lmdb_probe *probe, const lmdb_probe_names *names, int each, int durable) {
    size_t step = each ? 1 : names->count;
    for (size_t i = 0; i < names->count; i += step) {
        MDB_txn *txn;
        int rc = mdb_txn_begin(probe->env, NULL, durable ? 0 : MDB_NOMETASYNC, &txn);
        if (rc != 0) return rc;
        rc = create(txn, probe->dbi, names, i, i + step);
        if (rc != 0) {
            mdb_txn_abort(txn);
            return rc;
        }
        rc = mdb_txn_commit(txn);
        if (rc != 0) return rc;
    }
    return 0;
}

int lmdb_probe_delete(lmdb_probe *probe, const lmdb_probe_names *names) {
    MDB_txn *txn;
    int rc = mdb_txn_begin(probe->env, NULL, MDB_NOMETASYNC, &txn);
    for (size_t i = 0; i < names->count && rc == 0; i++) {
        MDB_val key = name_at(names, i), value;
        rc = mdb_get(txn, probe->dbi, &key, &value);
        if (rc == 0) rc = mdb_del(txn, probe->dbi, &key, NULL);
    }
    if (rc != 0) return rc;
    return mdb_txn_commit(txn);
}
