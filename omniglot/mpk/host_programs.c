/* Programs that the host starts: they inherit what the kernel blocks, which is not all that a
 * thread has asked for that enters domains (host_masks.c). So the C library's functions that start
 * programs are defined here: around the C library's own the kernel blocks what the host has
 * blocked, and what was held for it is pending there. A program that defines one itself keeps its
 * own. */
#include "mpk.h"

#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IN_ITS_PLACE __attribute__((visibility("default"), weak))

/* Around what starts one, which inherits what the kernel blocks: what the host has. In a child of
 * vfork, whose memory is its parent's, the kernel's mask alone is its own. */
struct loan {
    struct mpk_thread *thread;
    uint64_t mask;
    bool is_shared;
};

static struct loan lend(void)
{
    struct loan loan = {mpk_thread_if_any(), 0, false};
    loan.is_shared = loan.thread && mpk_process_shares();
    if (loan.is_shared)
        mpk_mask_exchange(SIG_BLOCK, &loan.thread->blocked, &loan.mask);
    else if (loan.thread)
        mpk_masks_lend(loan.thread);
    return loan;
}

static void take_back(const struct loan *loan)
{
    int number = errno;
    if (loan->is_shared)
        mpk_mask_set(loan->mask);
    else if (loan->thread)
        mpk_masks_settle(loan->thread);
    errno = number;
}

static int execute(mpk_execute *by, const char *name, char *const *arguments,
                   char *const *environment)
{
    struct loan loan = lend();
    int result = by ? by(name, arguments, environment) : (errno = ENOSYS, -1);
    take_back(&loan);
    return result;
}

IN_ITS_PLACE int execve(const char *path, char *const arguments[], char *const environment[])
{
    return execute(mpk_libc()->execute, path, arguments, environment);
}

IN_ITS_PLACE int execv(const char *path, char *const arguments[])
{
    return execute(mpk_libc()->execute, path, arguments, environ);
}

IN_ITS_PLACE int execvpe(const char *name, char *const arguments[], char *const environment[])
{
    return execute(mpk_libc()->execute_found, name, arguments, environment);
}

IN_ITS_PLACE int execvp(const char *name, char *const arguments[])
{
    return execute(mpk_libc()->execute_found, name, arguments, environ);
}

IN_ITS_PLACE int fexecve(int file, char *const arguments[], char *const environment[])
{
    struct loan loan = lend();
    int (*by)(int, char *const *, char *const *) = mpk_libc()->execute_file;
    int result = by ? by(file, arguments, environment) : (errno = ENOSYS, -1);
    take_back(&loan);
    return result;
}

IN_ITS_PLACE int execveat(int folder, const char *path, char *const arguments[],
                          char *const environment[], int flags)
{
    struct loan loan = lend();
    int (*by)(int, const char *, char *const *, char *const *, int) = mpk_libc()->execute_at;
    int result = by ? by(folder, path, arguments, environment, flags) : (errno = ENOSYS, -1);
    take_back(&loan);
    return result;
}

/* The arguments of one that has them one by one, with the NULL that ends them: on the stack, since
 * a child of vfork may call it. Behind it there can be an environment. */
static size_t count_arguments(va_list *rest)
{
    size_t count = 1;
    while (va_arg(*rest, const char *))
        count++;
    return count + 1;
}

static char *const *take_arguments(char **to, const char *first, va_list *rest)
{
    char **at = to;
    *at++ = (char *)(uintptr_t)first;
    do
        *at = va_arg(*rest, char *);
    while (*at++);
    return to;
}

#define EXECUTE_LISTED(by, name, first, environment_of)                                            \
    va_list rest;                                                                                  \
    va_start(rest, first);                                                                         \
    size_t count = count_arguments(&rest);                                                         \
    va_end(rest);                                                                                  \
    char **arguments = __builtin_alloca(count * sizeof(*arguments));                               \
    va_start(rest, first);                                                                         \
    (void)take_arguments(arguments, first, &rest);                                                 \
    char *const *its = (environment_of);                                                           \
    va_end(rest);                                                                                  \
    return execute((by), (name), arguments, its)

IN_ITS_PLACE int execl(const char *path, const char *first, ...)
{
    EXECUTE_LISTED(mpk_libc()->execute, path, first, environ);
}

IN_ITS_PLACE int execlp(const char *name, const char *first, ...)
{
    EXECUTE_LISTED(mpk_libc()->execute_found, name, first, environ);
}

IN_ITS_PLACE int execle(const char *path, const char *first, ...)
{
    EXECUTE_LISTED(mpk_libc()->execute, path, first, va_arg(rest, char *const *));
}

static int spawn(mpk_spawn *by, pid_t *child, const char *name,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const *arguments, char *const *environment)
{
    struct loan loan = lend();
    int error = by ? by(child, name, actions, attributes, arguments, environment) : ENOSYS;
    take_back(&loan);
    return error;
}

IN_ITS_PLACE int posix_spawn(pid_t *restrict child, const char *restrict path,
                             const posix_spawn_file_actions_t *restrict actions,
                             const posix_spawnattr_t *restrict attributes,
                             char *const arguments[restrict], char *const environment[restrict])
{
    return spawn(mpk_libc()->spawn, child, path, actions, attributes, arguments, environment);
}

IN_ITS_PLACE int posix_spawnp(pid_t *restrict child, const char *restrict name,
                              const posix_spawn_file_actions_t *restrict actions,
                              const posix_spawnattr_t *restrict attributes,
                              char *const arguments[restrict], char *const environment[restrict])
{
    return spawn(mpk_libc()->spawn_found, child, name, actions, attributes, arguments, environment);
}

IN_ITS_PLACE int system(const char *command)
{
    struct loan loan = lend();
    int (*by)(const char *) = mpk_libc()->run;
    int status = by ? by(command) : (errno = ENOSYS, -1);
    take_back(&loan);
    return status;
}

IN_ITS_PLACE FILE *popen(const char *command, const char *mode)
{
    struct loan loan = lend();
    FILE *(*by)(const char *, const char *) = mpk_libc()->run_with_pipe;
    FILE *pipe = by ? by(command, mode) : NULL;
    take_back(&loan);
    return pipe;
}
