/* The C library's functions that the runtime's take the place of, and still call. They are looked
 * up when the program starts: looking up takes a lock of the loader's, which a thread holds that
 * is in a constructor under dlopen, and which may be waiting there for what is done here. */
#include "mpk.h"

#include <dlfcn.h>

static struct mpk_libc libc;
static atomic_bool is_ready;

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* Two threads that come here at once write the same. */
__attribute__((constructor(MPK_FIRST_CONSTRUCTORS))) static void look_up(void)
{
    libc.create_thread = (mpk_create_thread *)next("pthread_create");
    libc.create_standard_thread = (mpk_create_standard_thread *)next("thrd_create");
    libc.cancel_thread = (int (*)(pthread_t))next("pthread_cancel");
    libc.fork = (pid_t(*)(void))next("_Fork");
    libc.wait_for_signal = (mpk_wait_for_signal *)next("sigtimedwait");
    libc.execute = (mpk_execute *)next("execve");
    libc.execute_found = (mpk_execute *)next("execvpe");
    libc.execute_file = (int (*)(int, char *const *, char *const *))next("fexecve");
    libc.execute_at =
        (int (*)(int, const char *, char *const *, char *const *, int))next("execveat");
    libc.spawn = (mpk_spawn *)next("posix_spawn");
    libc.spawn_found = (mpk_spawn *)next("posix_spawnp");
    libc.run = (int (*)(const char *))next("system");
    libc.run_with_pipe = (FILE * (*)(const char *, const char *)) next("popen");
    atomic_store_explicit(&is_ready, true, memory_order_release);
}

const struct mpk_libc *mpk_libc(void)
{
    if (!atomic_load_explicit(&is_ready, memory_order_acquire))
        look_up(); /* a constructor that runs before ours */
    return &libc;
}
