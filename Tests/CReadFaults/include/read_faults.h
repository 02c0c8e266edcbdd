#ifndef READ_FAULTS_H
#define READ_FAULTS_H

/* Calls that look at files, made to fail: whoever links this has its own `open`, `read`, `stat` and so on, which hand on
   to the C library's. For a process of one thread. */

/* From now on calls are counted, and the call number `at`, from 1, fails with `error`; 0 = none does. With `only_opens`
   only those count that open something. */
void read_faults_arm(long at, int error, int only_opens);

/* Ends that. The number of calls. */
long read_faults_disarm(void);

/* The name of the call that failed last. */
const char *read_faults_failed(void);

#endif
