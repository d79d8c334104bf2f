/* What a library does with its threads' stacks and variables, for mpk-many-threads. */
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

static __thread long per_thread = 5;
static __thread char much[8192] = {1};

EXPORT long count_per_thread(void)
{
    much[per_thread % (long)sizeof(much)] = 2;
    return ++per_thread;
}

EXPORT long read_word(const long *place)
{
    return *place;
}

EXPORT void write_word(long *place, long value)
{
    *place = value;
}

EXPORT void fail(void)
{
    __builtin_trap();
}

static __attribute__((noinline)) long dig_below(long bytes, const volatile char *above)
{
    volatile char room[1024];
    room[0] = (char)(*above + 1); /* which compilers make no loop of */
    return bytes > 0 ? dig_below(bytes - 1024, room) : (long)(above - room);
}

/* Uses that much of the stack and some more, in calls of a kibibyte. Returns how much each takes.
 */
EXPORT long dig(long bytes)
{
    volatile char top = 0;
    return dig_below(bytes, &top);
}

/* Gives the host a variable of its own, on its stack. */
EXPORT long lend_variable(void (*callback)(volatile long *))
{
    volatile long own = 4711;
    callback(&own);
    return own;
}

/* Leaves nothing for anybody. Returns how many blocks that were. */
EXPORT long use_up_heap(void)
{
    long blocks = 0;
    for (size_t size = 1 << 20; size >= 16; size /= 2) {
        void *volatile block; /* or the compiler takes malloc to succeed for ever */
        while ((block = malloc(size)))
            blocks++;
    }
    return blocks;
}

static long answer;

EXPORT long set_answer(long value)
{
    return answer = value;
}

/* In place of the C library's functions. */
EXPORT long give_answer(void)
{
    return answer;
}

static long (*called_back)(long);

EXPORT void set_callback(long (*callback)(long))
{
    called_back = callback;
}

EXPORT long call_back_first(void)
{
    called_back(1);
    return answer;
}

EXPORT long print_first(void)
{
    long written;
    __asm__ volatile("syscall"
                     : "=a"(written)
                     : "a"(1), "D"(1), "S"("!"), "d"(1)
                     : "rcx", "r11", "memory");
    return written == 1 ? answer : 0;
}

EXPORT volatile long loops;

EXPORT long loop_forever(void)
{
    loops = 1;
    for (;;)
        __asm__ volatile("");
}

static long (*at_the_end)(long);

__attribute__((destructor)) static void destruct(void)
{
    if (at_the_end)
        at_the_end(++per_thread);
}

EXPORT void call_at_the_end(long (*callback)(long))
{
    at_the_end = callback;
}
