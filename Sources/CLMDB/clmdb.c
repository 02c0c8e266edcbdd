#include "CLMDB.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

/* LMDB checks pages with assertions that end the process, and believes the rest: a node that says it has many values makes it follow a null
   pointer where the database has none. While one of the calls below runs, both jump back to it instead. */
static _Thread_local jmp_buf *guard;

static void assertion_failed(MDB_env *env, const char *message) {
    (void)env;
    (void)message;
    if (guard != NULL) longjmp(*guard, 1);
}

static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static struct sigaction previous;

/* Only the null pointer, and what lies behind it: LMDB then has changed nothing and holds no lock of the C library. */
enum { null_page = 4096 };

static void on_fault(int signal_number, siginfo_t *info, void *context) {
    if (info->si_code > 0 && guard != NULL && (uintptr_t)info->si_addr < null_page) longjmp(*guard, 1);
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(signal_number, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal_number);
    } else if (info->si_code > 0 || previous.sa_handler == SIG_DFL) {
        /* A fault repeats when we return, a sent signal must be sent again. */
        signal(SIGSEGV, SIG_DFL);
        if (info->si_code <= 0) raise(SIGSEGV);
    }
}

static void install(void) {
    struct sigaction action;
    if (sigaction(SIGSEGV, NULL, &previous) != 0) return;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    /* Whoever jumps out of it leaves no signal blocked. */
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &action, NULL);
}

void strata_lmdb_guard(MDB_env *env) {
    pthread_once(&install_once, install);
    mdb_env_set_assert(env, assertion_failed);
}

/* A call that is jumped out of may have tracked cursors of its own, which lie on its stack, and the end of the transaction frees all that are
   tracked. They are taken out of the list, in which the first word of each leads to the next; that it does is looked at. Where they lie nothing
   has been written meanwhile: calls that change something run below a gap (STACK_GAP), wide enough for what comes after the jump. Those of
   the free list (database 0) are out of reach: a write transaction opens no cursor there. */
enum { stack_gap = 16 << 10, stack_reach = 1 << 20, most_databases = 16 };

#define STACK_GAP                 \
    volatile char gap[stack_gap]; \
    gap[0] = 0

typedef struct tracked {
    struct tracked *next;
} tracked;

static void forget_left_cursors(MDB_txn *txn, MDB_dbi dbi) {
    char here;
    MDB_cursor *older, *newer;
    if (mdb_cursor_open(txn, dbi, &older) != 0 || mdb_cursor_open(txn, dbi, &newer) != 0) return;
    tracked *at = (tracked *)newer;
    if (at->next == (tracked *)older) {
        while (at->next != NULL) {
            uintptr_t next = (uintptr_t)at->next, top = (uintptr_t)&here;
            if (next < top && top - next < stack_reach) {
                at->next = at->next->next;
            } else {
                at = at->next;
            }
        }
    }
    mdb_cursor_close(newer);
    mdb_cursor_close(older);
}

static void forget_all_left_cursors(MDB_txn *txn) {
    /* The first that a cursor can be opened in is the unnamed one. */
    for (volatile MDB_dbi dbi = 1; dbi < most_databases; dbi++) {
        jmp_buf here;
        if (_setjmp(here) == 0) {
            guard = &here;
            forget_left_cursors(txn, dbi);
        }
        guard = NULL;
    }
}

#define GUARDED(call)                            \
    do {                                         \
        jmp_buf here;                            \
        int result = MDB_CORRUPTED;              \
        if (_setjmp(here) == 0) {                \
            guard = &here;                       \
            result = (call);                     \
        }                                        \
        guard = NULL;                            \
        return result;                           \
    } while (0)

/* For what changes pages; `call` is a function with STACK_GAP that is not inlined. */
#define GUARDED_CHANGE(txn, call)                \
    do {                                         \
        jmp_buf here;                            \
        int result = MDB_CORRUPTED;              \
        if (_setjmp(here) == 0) {                \
            guard = &here;                       \
            result = (call);                     \
        } else {                                 \
            forget_all_left_cursors(txn);        \
        }                                        \
        guard = NULL;                            \
        return result;                           \
    } while (0)

#define CHANGE static __attribute__((noinline)) int

CHANGE open_database(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi) {
    STACK_GAP;
    return mdb_dbi_open(txn, name, flags, dbi);
}

int strata_lmdb_open_database(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi) {
    GUARDED_CHANGE(txn, open_database(txn, name, flags, dbi));
}

int strata_lmdb_open_cursor(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **cursor) { GUARDED(mdb_cursor_open(txn, dbi, cursor)); }

CHANGE commit(MDB_txn *txn) {
    STACK_GAP;
    return mdb_txn_commit(txn);
}

int strata_lmdb_commit(MDB_txn *txn) {
    jmp_buf here;
    int result;
    if (_setjmp(here) == 0) {
        guard = &here;
        result = commit(txn);
    } else {
        /* It was left in the middle, and holds the lock of writers. */
        forget_all_left_cursors(txn);
        mdb_txn_abort(txn);
        result = MDB_CORRUPTED;
    }
    guard = NULL;
    return result;
}

CHANGE empty(MDB_txn *txn, MDB_dbi dbi) {
    STACK_GAP;
    return mdb_drop(txn, dbi, 0);
}

int strata_lmdb_empty(MDB_txn *txn, MDB_dbi dbi) { GUARDED_CHANGE(txn, empty(txn, dbi)); }

enum { key_limit = 511 };

static MDB_val key_value(const strata_lmdb_key *key, unsigned char *buffer) {
    if (!key->is_scoped) return (MDB_val){key->count, (void *)key->bytes};
    size_t count = 4 + key->count + (key->is_long ? 1 : 0);
    if (count > key_limit) return (MDB_val){key_limit + 1, buffer}; /* which LMDB refuses */
    for (int i = 0; i < 4; i++) buffer[i] = (unsigned char)(key->scope >> (24 - 8 * i));
    if (key->count > 0) memcpy(buffer + 4, key->bytes, key->count);
    if (key->is_long) buffer[count - 1] = 0x01;
    return (MDB_val){count, buffer};
}

static strata_lmdb_record record(MDB_val key, MDB_val value) {
    return (strata_lmdb_record){key.mv_data, value.mv_data, key.mv_size, value.mv_size};
}

static int get(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key, strata_lmdb_record *found) {
    unsigned char buffer[key_limit + 1];
    MDB_val k = key_value(key, buffer), v;
    int result = mdb_get(txn, dbi, &k, &v);
    if (result == 0) *found = (strata_lmdb_record){NULL, v.mv_data, 0, v.mv_size};
    return result;
}

int strata_lmdb_get(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key, strata_lmdb_record *found) {
    GUARDED(get(txn, dbi, key, found));
}

/* A page begins with its number, then its flags at 10, where the offsets of its nodes end at 12, and from 16 on these. A node: the size of the value, flags
   and size of the key, the key, the value. */
enum { page_flags_at = 10, page_lower_at = 12, page_head = 16, leaf_flag = 2, node_head = 8 };

static unsigned number16(const unsigned char *at) {
    uint16_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

/* A record of the leaf, if it is one whose value stands behind its key: 0 = LMDB is to be asked. */
static int leaf_record(const strata_lmdb_map *map, const strata_lmdb_leaf *leaf, unsigned index, strata_lmdb_record *found) {
    size_t offset = number16(leaf->page + page_head + 2 * index);
    if (offset + node_head > map->page_size) return 0;
    const unsigned char *node = leaf->page + offset;
    uint32_t value_count;
    memcpy(&value_count, node, sizeof value_count);
    size_t key_count = number16(node + 6);
    if (number16(node + 4) != 0 || offset + node_head + key_count + value_count > map->page_size) return 0;
    const unsigned char *key = node + node_head;
    *found = (strata_lmdb_record){(void *)key, (void *)(key + key_count), key_count, value_count};
    return 1;
}

/* The cursor has come to the record with `key`: the rest of the page is read without it. */
static void enter_leaf(const strata_lmdb_map *map, strata_lmdb_leaf *leaf, MDB_val key) {
    leaf->page = NULL;
    const unsigned char *at = key.mv_data;
    if (map == NULL || at < map->start || (size_t)(at - map->start) >= map->count) return;
    size_t place = (size_t)(at - map->start) % map->page_size;
    const unsigned char *page = at - place;
    if ((size_t)(page - map->start) + map->page_size > map->count || number16(page + page_flags_at) != leaf_flag) return;
    unsigned lower = number16(page + page_lower_at);
    if (lower < page_head || lower > map->page_size) return;
    unsigned count = (lower - page_head) / 2, index = 0;
    while (index < count && number16(page + page_head + 2 * index) + (size_t)node_head != place) index++;
    if (index == count) return;
    leaf->page = page;
    leaf->count = count;
    leaf->next = index + 1;
    leaf->at = index;
}

/* Brings the cursor to the last record that was read without it. */
static int leave_leaf(MDB_cursor *cursor, const strata_lmdb_map *map, strata_lmdb_leaf *leaf) {
    unsigned last = leaf->next - 1;
    strata_lmdb_record record;
    if (last == leaf->at) return 0;
    if (!leaf_record(map, leaf, last, &record)) return MDB_CORRUPTED;
    MDB_val key = {record.key_count, (void *)record.key}, value;
    int result = mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY);
    if (result != 0) return result == MDB_NOTFOUND ? MDB_CORRUPTED : result;
    return key.mv_data == (void *)record.key ? 0 : MDB_CORRUPTED;
}

static int is_behind(MDB_val key, const unsigned char *other, size_t other_count) {
    int order = memcmp(key.mv_data, other, key.mv_size < other_count ? key.mv_size : other_count);
    return order != 0 ? order > 0 : key.mv_size > other_count;
}

/* Whether the cursor, which was brought to where the walk had left `before` and then one step on, is at the record that follows. Where keys are not in
   order, two offsets lead to one node or two branches to one leaf, it may have come to another, and could go round for ever: but not if those that it
   gives are in order. */
static int has_gone_on(const strata_lmdb_map *map, const strata_lmdb_leaf *before, const strata_lmdb_leaf *now, MDB_val key) {
    if (before->key != NULL && !is_behind(key, before->key, before->key_count)) return 0;
    if (before->page == NULL) return 1;
    int is_same = (size_t)((const unsigned char *)key.mv_data - before->page) < map->page_size;
    if (before->next >= before->count) return !is_same;
    return is_same && now->page == before->page && now->at == before->next;
}

static int records(MDB_cursor *cursor, const strata_lmdb_map *map, strata_lmdb_leaf *leaf, const strata_lmdb_key *key,
                   strata_lmdb_record *found, size_t capacity, size_t *filled) {
    unsigned char buffer[key_limit + 1];
    MDB_val k = {0, NULL}, v;
    MDB_cursor_op step = MDB_NEXT;
    if (key != NULL) {
        *leaf = (strata_lmdb_leaf){0};
        k = key_value(key, buffer);
        /* A key of no bytes is none to LMDB. */
        step = k.mv_size == 0 ? MDB_FIRST : MDB_SET_RANGE;
    }
    int result = 0;
    size_t count = 0;
    while (count < capacity) {
        strata_lmdb_leaf before = *leaf;
        if (leaf->page != NULL) {
            while (leaf->next < leaf->count && leaf_record(map, leaf, leaf->next, &found[count])) {
                leaf->next++;
                if (++count == capacity) goto full;
            }
            before = *leaf;
            result = leave_leaf(cursor, map, leaf);
            leaf->page = NULL;
            if (result != 0) break;
        }
        result = mdb_cursor_get(cursor, &k, &v, step);
        if (result != 0) break;
        enter_leaf(map, leaf, k);
        if (map != NULL && !has_gone_on(map, &before, leaf, k)) {
            leaf->page = NULL;
            result = MDB_CORRUPTED;
            break;
        }
        leaf->key = k.mv_data;
        leaf->key_count = k.mv_size;
        found[count++] = record(k, v);
        step = MDB_NEXT;
    }
full:
    *filled = count;
    return result == MDB_NOTFOUND ? 0 : result;
}

int strata_lmdb_records(MDB_cursor *cursor, const strata_lmdb_map *map, strata_lmdb_leaf *leaf, const strata_lmdb_key *key,
                        strata_lmdb_record *found, size_t capacity, size_t *filled) {
    *filled = 0;
    GUARDED(records(cursor, map, leaf, key, found, capacity, filled));
}

static int move(MDB_cursor *cursor, MDB_cursor_op step, const strata_lmdb_key *key, strata_lmdb_record *found) {
    unsigned char buffer[key_limit + 1];
    MDB_val k = {0, NULL}, v;
    if (key != NULL) k = key_value(key, buffer);
    int result = mdb_cursor_get(cursor, &k, &v, step);
    if (result == 0) *found = record(k, v);
    return result;
}

int strata_lmdb_move(MDB_cursor *cursor, MDB_cursor_op step, const strata_lmdb_key *key, strata_lmdb_record *found) {
    GUARDED(move(cursor, step, key, found));
}

/* With cursors of the library's heap, not by mdb_put and mdb_del, whose own lie on the stack and are tracked all the time. One that is left
   by a jump is freed with the transaction. */
CHANGE put_from(MDB_cursor *cursor, const strata_lmdb_key *key, const void *value, size_t value_count, unsigned flags) {
    STACK_GAP;
    unsigned char buffer[key_limit + 1];
    MDB_val k = key_value(key, buffer), v = {value_count, (void *)value};
    return mdb_cursor_put(cursor, &k, &v, flags);
}

int strata_lmdb_put_from(MDB_cursor *cursor, const strata_lmdb_key *key, const void *value, size_t value_count,
                         unsigned flags) {
    GUARDED_CHANGE(mdb_cursor_txn(cursor), put_from(cursor, key, value, value_count, flags));
}

int strata_lmdb_put(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key, const void *value, size_t value_count,
                    unsigned flags) {
    MDB_cursor *cursor;
    int result = strata_lmdb_open_cursor(txn, dbi, &cursor);
    if (result != 0) return result;
    result = strata_lmdb_put_from(cursor, key, value, value_count, flags);
    /* One that was left in the middle goes with the transaction. */
    if (result != MDB_CORRUPTED) mdb_cursor_close(cursor);
    return result;
}

CHANGE delete_key(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key) {
    STACK_GAP;
    unsigned char buffer[key_limit + 1];
    MDB_val k = key_value(key, buffer), v;
    MDB_cursor *cursor;
    int result = mdb_cursor_open(txn, dbi, &cursor);
    if (result != 0) return result;
    result = mdb_cursor_get(cursor, &k, &v, MDB_SET);
    if (result == 0) result = mdb_cursor_del(cursor, 0);
    mdb_cursor_close(cursor);
    return result;
}

int strata_lmdb_delete(MDB_txn *txn, MDB_dbi dbi, const strata_lmdb_key *key) {
    GUARDED_CHANGE(txn, delete_key(txn, dbi, key));
}
