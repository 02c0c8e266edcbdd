#ifndef DATABASE_FAULTS_H
#define DATABASE_FAULTS_H

#include <stdint.h>

/* Calls that change the files of a database, stopped, failed or recorded: whoever links this has its own `pwrite`, `fdatasync` and so on, which
   liblmdb then calls, and which hand on to the C library's. For a process of one thread. */

enum database_fault {
    database_fault_none,    /* calls are only counted */
    database_fault_stop,    /* the process ends, as by SIGKILL, before the call */
    database_fault_after,   /* it ends after the call */
    database_fault_tear,    /* a write is made in half, any other call whole, and the process ends */
    database_fault_fail,    /* the call is not made and fails */
    database_fault_shorten, /* a write is made in half and says so; any other call is not made and fails */
    database_fault_late,    /* what syncs is made and fails nevertheless; any other call is not made and fails */
};

/* From now on calls on files below `directory` are counted, and the one number `at`, from 1, meets `fault`; 0 = none does. With `persistent` all
   after it fail too, with `error`. */
void database_faults_arm(const char *directory, long at, enum database_fault fault, int error, int persistent);

/* Ends that. The number of calls. */
long database_faults_disarm(void);

/* The call that was acted upon last, as `pwrite data.mdb`; empty where none was. */
const char *database_faults_met(void);

/* From now on what is done to the data file below the directory is written to `log` too, each call as a `database_record` and its bytes. */
void database_faults_record(int log);

/* Writes a mark to the log. */
void database_faults_mark(uint32_t number);

enum database_record_kind {
    database_record_write = 1,
    database_record_synced_write, /* which is on the medium when it returns, before it and after it whatever else is not */
    database_record_sync,
    database_record_size,         /* `offset` = the new size */
    database_record_name,         /* the file has got its name */
    database_record_name_sync,
    database_record_mark,
};

typedef struct {
    uint32_t kind;
    uint32_t number; /* of a mark */
    uint64_t offset;
    uint64_t count; /* bytes that follow */
} database_record;

#endif
