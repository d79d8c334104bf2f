/* A library whose constructor takes a while, and sees whether anybody else writes its memory
 * meanwhile: another process, in which it goes on as well. */
#define EXPORT __attribute__((visibility("default")))

static long beats, own;

__attribute__((constructor)) static void beat(void)
{
    long count = 0;
    for (; count < 5000000; count++)
        __atomic_fetch_add(&beats, 1, __ATOMIC_RELAXED);
    own = count;
}

EXPORT long beats_of_others(void)
{
    return beats - own;
}
