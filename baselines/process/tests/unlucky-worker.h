/* What the tests can ask of og-worker-unlucky. */
#ifndef PROCESS_UNLUCKY_WORKER_H
#define PROCESS_UNLUCKY_WORKER_H

enum unlucky_function {
    UNLUCKY_FAIL, /* u64 number: the worker's allocation of this number from the next call on fails
                   */
    UNLUCKY_ECHO, /* bytes -> what callback 0 gave for the bytes, and a handle */
};

#endif
