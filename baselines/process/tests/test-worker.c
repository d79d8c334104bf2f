/* og-worker-test: handlers that do what a library may do, and what it may not. */
#include "baselines/process/tests/test-worker.h"

#include "baselines/process/filter.h"
#include "baselines/process/tests/ordinary.h"
#include "baselines/process/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define HANDLER(name)                                                                              \
    static enum og_error name(struct process_worker *worker UNUSED, struct wire_reader *arguments, \
                              struct wire_writer *results UNUSED)

enum { COUNTER_TYPE = 1, OTHER_TYPE };

HANDLER(echo)
{
    size_t size;
    const void *bytes = wire_get_bytes(arguments, &size);
    enum og_error error = wire_finish(arguments);
    if (!error)
        wire_put_bytes(results, bytes, size);
    return error;
}

HANDLER(reverse)
{
    size_t size;
    const uint8_t *bytes = wire_get_bytes(arguments, &size);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    uint8_t *room = wire_reserve(results, size + 100);
    if (!room)
        return OG_OK;
    for (size_t i = 0; i < size; i++)
        room[i] = bytes[size - 1 - i];
    wire_commit(results, size);
    wire_put_u64(results, size);
    return OG_OK;
}

HANDLER(join)
{
    uint32_t count = wire_get_u32(arguments);
    size_t total = 0, room = arguments->left;
    uint8_t *joined = wire_reserve(results, room);
    for (uint32_t i = 0; joined && i < count; i++) {
        size_t size;
        if (!wire_get_up_to(arguments, joined + total, room - total, &size))
            break;
        total += size;
    }
    wire_commit(results, total);
    return wire_finish(arguments);
}

HANDLER(sum)
{
    uint64_t a = wire_get_u64(arguments), b = wire_get_u64(arguments);
    wire_put_u64(results, a + b);
    return wire_finish(arguments);
}

HANDLER(crash)
{
    *(volatile int *)(uintptr_t)wire_get_u64(arguments) = 1;
    return OG_OK;
}

HANDLER(call_abort)
{
    (void)arguments;
    abort();
}

HANDLER(hang)
{
    (void)arguments;
    for (volatile uint64_t i = 0;; i++)
        continue;
    return OG_OK;
}

HANDLER(call_exit)
{
    int status = (int)wire_get_u64(arguments);
    if (PROCESS_SANITIZED) /* whose exit looks for leaks, with a process of its own */
        _exit(status);
    exit(status);
}

static int nothing(void *unused UNUSED)
{
    return 0;
}

HANDLER(make_system_call)
{
    static char stack[65536];
    char byte = 0, *no_arguments[] = {NULL};
    int ends[2];
    const struct rlimit limit = {1 << 20, 1 << 20};
    struct iovec piece = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    switch ((enum test_call)wire_get_u32(arguments)) {
    case CALL_OPEN:
        return (enum og_error)open("/dev/null", O_RDWR);
    case CALL_CREATE:
        return (enum og_error)open("process-created", O_RDONLY | O_CREAT, 0600);
    case CALL_REMOVE:
        return (enum og_error)unlink("process-removed");
    case CALL_READ_AT:
        return (enum og_error)pread(0, &byte, 1, 0);
    case CALL_SOCKET:
        return (enum og_error)socket(AF_INET, SOCK_STREAM, 0);
    case CALL_FORK:
        return (enum og_error)fork();
    case CALL_SPAWN:
        return (enum og_error)posix_spawn(NULL, "/bin/true", NULL, NULL, no_arguments, NULL);
    case CALL_EXEC:
        return (enum og_error)execl("/bin/true", "true", NULL);
    case CALL_PTRACE:
        return (enum og_error)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    case CALL_READ_MEMORY:
        return (enum og_error)process_vm_readv(getppid(), &piece, 1, &piece, 1, 0);
    case CALL_KILL:
        return (enum og_error)syscall(SYS_kill, -1, SIGKILL);
    case CALL_MAP_CODE:
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        break;
    case CALL_MAKE_CODE:
        mprotect(stack, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
        break;
    case CALL_THREAD:
        clone(nothing, stack + sizeof stack, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, NULL);
        break;
    case CALL_WRITE:
        syscall(SYS_write, 3, "x", 1);
        break;
    case CALL_CLOSE:
        close(3);
        break;
    case CALL_DUPLICATE:
        dup2(3, 1);
        break;
    case CALL_PIPE:
        return (enum og_error)pipe(ends);
    case CALL_LIMIT:
        return (enum og_error)setrlimit(RLIMIT_STACK, &limit);
    case CALL_PRCTL:
        prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
        break;
    case CALL_SEND_OUT_OF_BAND:
        sendmsg(3, &message, MSG_OOB | MSG_NOSIGNAL);
        break;
    case CALL_RECEIVE_OUT_OF_BAND:
        recv(3, &byte, 1, MSG_OOB);
        break;
    case CALL_COUNT:
        break;
    }
    return OG_OK;
}

HANDLER(allocate)
{
    size_t size = wire_get_u64(arguments);
    volatile char *bytes = malloc(size);
    for (size_t i = 0; bytes && i < size; i += 4096)
        bytes[i] = 1;
    wire_put_u8(results, bytes != NULL);
    free((void *)(uintptr_t)bytes);
    return wire_finish(arguments);
}

HANDLER(exhaust)
{
    /* volatile: a compiler may leave out memory that nobody uses, and its limit. */
    void *volatile block = results;
    for (unsigned blocks = 0; block && blocks < 1000; blocks++)
        block = malloc((size_t)64 << 20);
    wire_put_u8(results, block == NULL);
    return wire_finish(arguments);
}

HANDLER(callbacks)
{
    uint32_t id = wire_get_u32(arguments);
    uint64_t count = wire_get_u64(arguments), total = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct wire_reader answer;
        wire_put_u64(process_callback_begin(worker, id), i);
        enum og_error error = process_callback_finish(worker, &answer);
        if (error)
            return error;
        total += wire_get_u64(&answer);
    }
    wire_put_u64(results, total);
    return wire_finish(arguments);
}

HANDLER(callback_bytes)
{
    uint32_t id = wire_get_u32(arguments);
    size_t size, answer_size;
    const void *bytes = wire_get_bytes(arguments, &size);
    /* What was put before and what was viewed before outlive the callback. */
    wire_put_bytes(results, bytes, size);
    struct wire_reader answer;
    wire_put_bytes(process_callback_begin(worker, id), bytes, size);
    enum og_error error = process_callback_finish(worker, &answer);
    if (error)
        return error;
    const void *answered = wire_get_bytes(&answer, &answer_size);
    wire_put_bytes(results, answered, answer_size);
    wire_put_bytes(results, bytes, size);
    return wire_finish(arguments);
}

HANDLER(callback_reserved)
{
    struct wire_reader answer;
    uint32_t id = wire_get_u32(arguments);
    wire_reserve(results, 64);
    wire_put_u64(process_callback_begin(worker, id), 1);
    enum og_error error = process_callback_finish(worker, &answer);
    wire_commit(results, 0);
    wire_put_u32(results, error);
    return wire_finish(arguments);
}

HANDLER(counter_new)
{
    uint64_t *counter = malloc(sizeof *counter);
    if (!counter)
        return OG_NO_MEMORY;
    *counter = wire_get_u64(arguments);
    wire_put_u64(results, process_handle_add(worker, COUNTER_TYPE, counter));
    return wire_finish(arguments);
}

HANDLER(counter_add)
{
    uint64_t handle = wire_get_u64(arguments), more = wire_get_u64(arguments);
    uint64_t *counter = process_handle_get(worker, COUNTER_TYPE, handle);
    if (!counter || process_handle_get(worker, OTHER_TYPE, handle))
        return OG_BAD_ARGUMENT;
    wire_put_u64(results, *counter += more);
    return wire_finish(arguments);
}

HANDLER(counter_free)
{
    uint64_t *counter = process_handle_remove(worker, COUNTER_TYPE, wire_get_u64(arguments));
    if (!counter)
        return OG_BAD_ARGUMENT;
    free(counter);
    return wire_finish(arguments);
}

HANDLER(handles_full)
{
    uint64_t count = 0;
    while (process_handle_add(worker, OTHER_TYPE, worker))
        count++;
    wire_put_u64(results, count);
    return wire_finish(arguments);
}

HANDLER(refuse)
{
    return (enum og_error)wire_get_u32(arguments);
}

HANDLER(mistaken)
{
    wire_put_u64(results, 1);
    return wire_finish(arguments);
}

HANDLER(random_and_clock)
{
    uint8_t bytes[16];
    struct timespec now;
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes ||
        clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return OG_SYSTEM;
    wire_put_bytes(results, bytes, sizeof bytes);
    wire_put_u64(results, (uint64_t)now.tv_sec);
    return wire_finish(arguments);
}

HANDLER(do_ordinary)
{
    uint32_t which = wire_get_u32(arguments);
    errno = 0;
    wire_put_u32(results, which < ordinary_count ? (uint32_t)ordinary[which].do_it() : UINT32_MAX);
    return wire_finish(arguments);
}

HANDLER(call_sleep)
{
    sleep((unsigned)wire_get_u64(arguments));
    return wire_finish(arguments);
}

HANDLER(host_name)
{
    struct utsname name = {0};
    uname(&name);
    wire_put_bytes(results, name.nodename, strlen(name.nodename));
    return wire_finish(arguments);
}

const struct process_handler process_handlers[] = {
    [TEST_ECHO] = {echo},
    [TEST_REVERSE] = {reverse},
    [TEST_JOIN] = {join},
    [TEST_SUM] = {sum},
    [TEST_CRASH] = {crash},
    [TEST_ABORT] = {call_abort},
    [TEST_HANG] = {hang},
    [TEST_EXIT] = {call_exit},
    [TEST_SYSTEM_CALL] = {make_system_call},
    [TEST_ALLOCATE] = {allocate},
    [TEST_EXHAUST] = {exhaust},
    [TEST_CALLBACKS] = {callbacks},
    [TEST_CALLBACK_BYTES] = {callback_bytes},
    [TEST_CALLBACK_RESERVED] = {callback_reserved},
    [TEST_COUNTER_NEW] = {counter_new},
    [TEST_COUNTER_ADD] = {counter_add},
    [TEST_COUNTER_FREE] = {counter_free},
    [TEST_HANDLES_FULL] = {handles_full},
    [TEST_REFUSE] = {refuse},
    [TEST_MISTAKEN] = {mistaken},
    [TEST_RANDOM] = {random_and_clock},
    [TEST_ORDINARY] = {do_ordinary},
    [TEST_SLEEP] = {call_sleep},
    [TEST_HOST_NAME] = {host_name},
};
const size_t process_handler_count = TEST_FUNCTION_COUNT;
