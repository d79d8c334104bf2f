/* The end of a process, where there is none: a breakpoint, which ends the call. */
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

void _exit(int status)
{
    (void)status;
    __builtin_trap();
}

void abort(void)
{
    __builtin_trap();
}

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    (void)file;
    (void)line;
    (void)function;
    (void)expression;
    __builtin_trap();
}
