/* Linked into og-bindgen with the failing allocator. With FAIL_ALLOCATIONS=FOLDER:STEP it does its
 * work again and again, each time in a process and in a new folder of its own, FOLDER/NUMBER, with
 * the allocation of that number failing; FOLDER/0 is without a failure. Every STEPth fails that is
 * calloc's, which memory.c calls and nobody else, and every one of other functions.
 * FOLDER/NUMBER.told is what it says meanwhile. Prints a line for each: the number, the status it
 * ended with, and the function that failed. */
#include "omniglot/tests/failing-allocator.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the work without a failure has seen. */
enum { OTHERS = 64 };
static struct seen {
    size_t count, other_count, others[OTHERS];
} * seen;

static void note(const char *function)
{
    seen->count++;
    if (strcmp(function, "calloc") != 0 && seen->other_count < OTHERS)
        seen->others[seen->other_count++] = seen->count;
}

/* Which function failed is what the process leaves in its pipe. */
static int told;

static void tell(void)
{
    const char *failed = allocation_failed();
    dprintf(told, "%s", failed ? failed : "nothing");
}

static void enter(const char *folder, size_t number)
{
    char path[4352];
    snprintf(path, sizeof(path), "%s/%zu.told", folder, number);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, STDERR_FILENO);
    snprintf(path, sizeof(path), "%s/%zu", folder, number);
    if (mkdir(path, 0700) || chdir(path))
        _exit(99);
    allocation_fail(number);
}

/* Returns true in the process that is to do the work, and false where it has been done. */
static bool do_apart(const char *folder, size_t number)
{
    int ends[2], status;
    char function[64];
    if (pipe(ends))
        _exit(99);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        told = ends[1];
        enter(folder, number);
        allocation_seen = number ? NULL : note;
        atexit(tell);
        return true;
    }
    close(ends[1]);
    if (child < 0 || waitpid(child, &status, 0) != child)
        _exit(99);
    ssize_t length = read(ends[0], function, sizeof(function) - 1);
    function[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    printf("%zu %d %s\n", number, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
           function);
    return false;
}

__attribute__((constructor)) static void start(void)
{
    const char *given = getenv("FAIL_ALLOCATIONS");
    char folder[4096];
    size_t step;
    if (!given || sscanf(given, "%4095[^:]:%zu", folder, &step) != 2 || !step)
        return;
    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (do_apart(folder, 0))
        return;
    for (size_t number = 1, other = 0; number <= seen->count; number++) {
        bool is_other = other < seen->other_count && seen->others[other] == number;
        other += is_other;
        if ((is_other || number % step == 1 % step) && do_apart(folder, number))
            return;
    }
    fflush(stdout);
    _exit(0);
}
