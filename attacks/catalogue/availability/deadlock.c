/* Tries: to keep the thread by taking a lock twice
 * From: CWE-833; CWE-667
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

#include <pthread.h>

FOREIGN(run)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)at;
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&lock);
    return 0;
}
