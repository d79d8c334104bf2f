/* Hosts on other machines: what the kernel, a container or an administrator forbids. What can be
 * had works; for what cannot there is a sentence that says what is in the way. */
#include "omniglot/tests/hosts/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>

enum { SET_SYSCALL_USER_DISPATCH = 59, SET_MDWE = 65, MDWE_REFUSE_EXEC_GAIN = 1 };

/* --- filters --- */

/* The call, where its argument's bits are as told, fails with the error. */
struct denied {
    unsigned number;
    unsigned argument, mask, value; /* mask 0: always */
    int error;
};

#define OFFSET(field) ((unsigned)offsetof(struct seccomp_data, field))

static void deny(const struct denied *denied, size_t count)
{
    struct sock_filter code[512];
    unsigned length = 0;
    for (size_t i = 0; i < count; i++) {
        const struct denied *call = &denied[i];
        unsigned argument = OFFSET(args) + 8 * call->argument;
        struct sock_filter rule[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 4),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument),
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call->mask),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->value & call->mask, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)call->error),
        };
        memcpy(&code[length], rule, sizeof(rule));
        length += sizeof(rule) / sizeof(rule[0]);
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {(unsigned short)length, code};
    CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

#define DENY(...)                                                                                  \
    deny((const struct denied[]){__VA_ARGS__},                                                     \
         sizeof((const struct denied[]){__VA_ARGS__}) / sizeof(struct denied))
#define ALWAYS(call, error)                                                                        \
    {                                                                                              \
        SYS_##call, 0, 0, 0, (error)                                                               \
    }

/* Opening it is refused, and what is said has the words. The process goes on. */
static void is_refused(enum og_error wanted, const char *words)
{
    enum og_error error = hosts_system.open(&the_library, 0, &fault);
    printf("# %s: %s\n", og_error_name(error), error ? fault.message : "");
    CHECK(error == wanted);
    CHECK(says(words));
}

static void runs_where_user_dispatch_is_denied(void)
{
    DENY({SYS_prctl, 0, ~0u, SET_SYSCALL_USER_DISPATCH, EPERM});
    if (hosts_system.is == OG_MPK_ONLY) {
        is_refused(OG_UNSUPPORTED, "Syscall User Dispatch");
        CHECK(says("prctl"));
    } else {
        open_it();
        works();
    }
}

static void runs_where_the_kernel_lacks_user_dispatch(void)
{
    DENY({SYS_prctl, 0, ~0u, SET_SYSCALL_USER_DISPATCH, EINVAL});
    if (hosts_system.is == OG_MPK_ONLY) {
        is_refused(OG_UNSUPPORTED, "Linux 5.11");
    } else {
        open_it();
        works();
    }
}

static void *call_in_a_thread(void *unused)
{
    call_ends(OG_UNSUPPORTED, HOSTED_COUNT, 0);
    CHECK(says("Syscall User Dispatch"));
    return unused;
}

static void user_dispatch_is_denied_after_it_has_opened(void)
{
    open_it();
    DENY({SYS_prctl, 0, ~0u, SET_SYSCALL_USER_DISPATCH, EPERM});
    works();
    in_thread(call_in_a_thread, NULL);
    works();
}

/* What Docker's and Podman's filters deny to a container without privileges; libseccomp's
 * SCMP_ACT_ERRNO(EPERM), but for clone3. */
#define BY_CONTAINERS                                                                              \
    ALWAYS(clone3, ENOSYS), ALWAYS(acct, EPERM), ALWAYS(add_key, EPERM), ALWAYS(bpf, EPERM),       \
        ALWAYS(fanotify_init, EPERM), ALWAYS(get_mempolicy, EPERM), ALWAYS(init_module, EPERM),    \
        ALWAYS(ioperm, EPERM), ALWAYS(iopl, EPERM), ALWAYS(kcmp, EPERM), ALWAYS(keyctl, EPERM),    \
        ALWAYS(mbind, EPERM), ALWAYS(mount, EPERM), ALWAYS(move_pages, EPERM),                     \
        ALWAYS(open_by_handle_at, EPERM), ALWAYS(perf_event_open, EPERM),                          \
        ALWAYS(pivot_root, EPERM), ALWAYS(process_madvise, EPERM), ALWAYS(quotactl, EPERM),        \
        ALWAYS(reboot, EPERM), ALWAYS(request_key, EPERM), ALWAYS(setns, EPERM),                   \
        ALWAYS(settimeofday, EPERM), ALWAYS(swapon, EPERM), ALWAYS(syslog, EPERM),                 \
        ALWAYS(umount2, EPERM), ALWAYS(unshare, EPERM), ALWAYS(userfaultfd, EPERM),                \
        ALWAYS(vhangup, EPERM), {SYS_personality, 0, ~0x20008u, 0x10000u, EPERM},                  \
        {SYS_clone, 0, 0x10000000, 0x10000000, EPERM},                                             \
    {                                                                                              \
        SYS_clone, 0, 0x20000000, 0x20000000, EPERM                                                \
    }

static void runs_in_a_container(void)
{
    DENY(BY_CONTAINERS);
    open_it_with_deadline(5000);
    works();
    if (hosts_system.is & ISOLATED)
        fault_and_reset();
    close_it();
}

/* Older ones deny protection keys, too. */
static void runs_in_a_container_without_protection_keys(void)
{
    DENY(BY_CONTAINERS, ALWAYS(pkey_alloc, EPERM), ALWAYS(pkey_free, EPERM),
         ALWAYS(pkey_mprotect, EPERM));
    if (hosts_system.is == OG_MPK_ONLY) {
        is_refused(OG_UNSUPPORTED, "seccomp");
    } else {
        open_it();
        works();
        close_it();
    }
}

/* systemd's MemoryDenyWriteExecute=, as a filter. */
static void runs_where_memory_cannot_become_executable(void)
{
    DENY({SYS_mprotect, 2, PROT_EXEC, PROT_EXEC, EPERM},
         {SYS_pkey_mprotect, 2, PROT_EXEC, PROT_EXEC, EPERM},
         {SYS_mmap, 2, PROT_EXEC | PROT_WRITE, PROT_EXEC | PROT_WRITE, EPERM},
         {SYS_shmat, 2, 0100000, 0100000, EPERM});
    if (hosts_system.is == OG_MPK_ONLY) {
        is_refused(OG_UNSUPPORTED, "MemoryDenyWriteExecute");
    } else {
        open_it();
        works();
        close_it();
    }
}

/* The same as a property of the process, since Linux 6.3. */
static bool give_up_executable_memory(void)
{
    if (!prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0))
        return true;
    CHECK(errno == EINVAL);
    printf("# this kernel has no such property\n");
    return false;
}

static void gives_up_executable_memory_after_it_has_opened(void)
{
    open_it();
    if (!give_up_executable_memory())
        return;
    works();
    fault_and_reset();
    struct hosts_library *first = the_library;
    is_refused(OG_UNSUPPORTED, "PR_SET_MDWE");
    CHECK(fault.system_error == EACCES);
    the_library = first;
    works();
    close_it();
}

static void runs_where_the_process_has_given_up_executable_memory(void)
{
    if (!give_up_executable_memory())
        return;
    if (hosts_system.is == OG_MPK_ONLY) {
        is_refused(OG_UNSUPPORTED, "MemoryDenyWriteExecute");
    } else {
        open_it();
        works();
        close_it();
    }
}

static void runs_where_memory_files_are_denied(void)
{
    DENY(ALWAYS(memfd_create, EPERM));
    if (hosts_system.is == OG_MPK_ONLY)
        is_refused(OG_UNSUPPORTED, "memfd_create");
    else if (hosts_system.is == OG_NONE_ONLY)
        is_refused(OG_SYSTEM, "cannot copy the library to memory");
    else if (hosts_system.is == PROCESS_ONLY)
        is_refused(OG_UNSUPPORTED, "filter");
    else
        open_it();
}

/* --- limits --- */

static void limit(int which, rlim_t amount)
{
    struct rlimit soft;
    CHECK(!getrlimit(which, &soft));
    soft.rlim_cur = amount;
    CHECK(!setrlimit(which, &soft));
}

/* A module of WebAssembly takes 8. */
static void runs_with_9_gib_of_address_space(void)
{
    limit(RLIMIT_AS, (rlim_t)9 << 30);
    open_it();
    works();
    close_it();
}

static void runs_with_too_little_address_space(void)
{
    bool opened = false;
    /* Through every place where it can be too little, and the process lives. What just opens may
     * leave no room for what the library allocates next: that is asked with the limit gone. */
    for (rlim_t mebibytes = 64; mebibytes < 16384 && !opened; mebibytes += mebibytes / 2) {
        limit(RLIMIT_AS, mebibytes << 20);
        enum og_error error = hosts_system.open(&the_library, 0, &fault);
        opened = !error;
        printf("# %lu MiB: %s: %s\n", (unsigned long)mebibytes, og_error_name(error),
               error ? fault.message : "");
        CHECK(!error || error == OG_NO_MEMORY || error == OG_SYSTEM);
        if (error && hosts_system.is == OG_MPK_ONLY)
            CHECK(says("ulimit -v") || says("memory"));
    }
    CHECK(opened);
    limit(RLIMIT_AS, RLIM_INFINITY);
    works();
}

static void runs_where_no_signal_can_be_queued(void)
{
    enum { MOMENT = 300 };
    limit(RLIMIT_SIGPENDING, 0);
    CHECK(hosts_system.open(&the_library, MOMENT, &fault) == OG_OK);
    works();
}

/* Without a deadline none has to be sent. */
static void runs_where_the_clocks_signal_is_denied(void)
{
    enum { MOMENT = 300 };
    DENY(ALWAYS(rt_tgsigqueueinfo, EPERM));
    if (hosts_system.is == OG_MPK_ONLY) {
        CHECK(hosts_system.open(&the_library, MOMENT, &fault) == OG_UNSUPPORTED);
        CHECK(says("rt_tgsigqueueinfo"));
        open_it();
    } else {
        CHECK(hosts_system.open(&the_library, MOMENT, &fault) == OG_OK);
    }
    works();
}

static int first_free_descriptor(void)
{
    int file = dup(STDOUT_FILENO);
    CHECK(file >= 0 && !close(file));
    return file;
}

/* Each number of them that is too small, and the first that is not. */
static void runs_with_few_descriptors(void)
{
    enum { MOST = 16 };
    const int used = first_free_descriptor();
    int left = -1;
    enum og_error error = OG_SYSTEM;
    while (error && left < MOST) {
        limit(RLIMIT_NOFILE, (rlim_t)(used + ++left));
        error = hosts_system.open(&the_library, 0, &fault);
        printf("# %d: %s: %s\n", left, og_error_name(error), error ? fault.message : "");
        if (error && hosts_system.is == OG_MPK_ONLY)
            CHECK(error == OG_SYSTEM && fault.system_error == EMFILE && says("ulimit -n"));
    }
    limit(RLIMIT_NOFILE, (rlim_t)(used + MOST));
    if (error && hosts_system.is != OG_MPK_ONLY)
        return;
    CHECK(!error && left <= 8);
    works();
    if (hosts_system.is != OG_MPK_ONLY)
        return;
    CHECK(first_free_descriptor() == used); /* it keeps none */
    limit(RLIMIT_NOFILE, (rlim_t)used);
    fault_and_reset();
    close_it();
}

/* What loads is a file in memory; the kernel's signal for one that is too large would end the host.
 */
static void runs_where_files_must_be_small(void)
{
    enum { SMALL = 4 << 10 };
    open_it();
    works();
    struct hosts_library *first = the_library;
    limit(RLIMIT_FSIZE, SMALL);
    is_refused(OG_SYSTEM, hosts_system.is == OG_MPK_ONLY ? "ulimit -f" : "cannot copy");
    CHECK(fault.system_error == EFBIG);
    the_library = first;
    works();
    close_it();
}

/* Data: private memory that can be written. */
static void runs_with_little_data(void)
{
    enum og_error error = OG_NO_MEMORY;
    for (rlim_t mebibytes = 1; mebibytes < 1024 && error; mebibytes *= 2) {
        limit(RLIMIT_DATA, mebibytes << 20);
        error = hosts_system.open(&the_library, 0, &fault);
        printf("# %lu MiB: %s: %s\n", (unsigned long)mebibytes, og_error_name(error),
               error ? fault.message : "");
        if (error && hosts_system.is == OG_MPK_ONLY)
            CHECK((error == OG_NO_MEMORY || error == OG_SYSTEM) &&
                  (says("ulimit -d") || says("memory (ulimit -v, -d)")));
    }
    CHECK(!error);
    limit(RLIMIT_DATA, RLIM_INFINITY);
    works();
    close_it();
}

/* Whom the limit holds: not the superuser. */
static void start_no_thread(void)
{
    CHECK(!setuid(65534) && !prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    limit(RLIMIT_NPROC, 1);
    is_refused(OG_SYSTEM, "ulimit -u");
    CHECK(fault.system_error == EAGAIN);
    limit(RLIMIT_NPROC, 64);
    open_it();
    works();
    limit(RLIMIT_NPROC, 1);
    works();
    struct hosts_library *first = the_library;
    open_it(); /* the thread is for the first */
    close_it();
    CHECK(hosts_system.open(&the_library, 1000, &fault) == OG_SYSTEM);
    CHECK(says("ulimit -u") && says("clock"));
    the_library = first;
    works();
    close_it();
}

static void runs_where_no_thread_can_be_started(void)
{
    CHECK(ended_well(status_of(start_no_thread)));
}

/* --- the machine's --- */

static bool set(const char *path, const char *value)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool done = file >= 0 && write(file, value, strlen(value)) == (ssize_t)strlen(value);
    if (file >= 0)
        close(file);
    return done;
}

/* KiB that the system has promised. */
static long committed(void)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/meminfo", "re");
    CHECK(file);
    while (fgets(line, sizeof(line), file) && sscanf(line, "Committed_AS: %ld", &kib) != 1)
        ;
    fclose(file);
    CHECK(kib > 0);
    return kib;
}

/* From now on it promises so much more, and no more than that; 0: half of the machine's memory. */
static void limit_commitment(long mebibytes)
{
    char text[32];
    snprintf(text, sizeof(text), "%ld", mebibytes ? committed() + (mebibytes << 10) : 50);
    CHECK(
        set(mebibytes ? "/proc/sys/vm/overcommit_kbytes" : "/proc/sys/vm/overcommit_ratio", text));
}

static void work_where_overcommit_is_off(void)
{
    enum { MEBIBYTES = 32 }; /* two stacks of 24, and what the libraries write */
    open_it();               /* the first: what all have in common */
    struct hosts_library *first = the_library;
    long before = committed();
    open_it();
    long taken = committed() - before;
    printf("# %ld KiB\n", taken);
    CHECK(taken < MEBIBYTES << 10);
    CHECK(hosts_system.close(first, &fault) == OG_OK);
    before -= taken;
    works();
    limit_commitment(8);
    CHECK(call(HOSTED_ALLOCATE, 24 << 20) == -ENOMEM); /* by brk */
    CHECK(call(HOSTED_ALLOCATE, 40 << 20) == -ENOMEM); /* by mmap */
    CHECK(call(HOSTED_ALLOCATE, 2 << 20) == 2 << 20);
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
    limit_commitment(0);
    CHECK(call(HOSTED_ALLOCATE, 24 << 20) == 24 << 20);
    CHECK(call(HOSTED_ALLOCATE, 40 << 20) == 40 << 20);
    works();
    close_it();
    CHECK(committed() - before < 4 << 10);
    limit_commitment(8);
    is_refused(OG_NO_MEMORY, "vm.overcommit_memory");
    limit_commitment(0);
    open_it();
    works();
    close_it();
}

static void runs_where_overcommit_is_off(void)
{
    CHECK(set("/proc/sys/vm/user_reserve_kbytes", "0")); /* of who has many addresses */
    CHECK(set("/proc/sys/vm/overcommit_memory", "2"));
    int status = status_of(work_where_overcommit_is_off);
    limit_commitment(0);
    CHECK(set("/proc/sys/vm/overcommit_memory", "0"));
    CHECK(ended_well(status));
}

static void runs_where_memory_files_are_not_executable(void)
{
    const char *const levels[] = {"1", "2"};
    if (access("/proc/sys/vm/memfd_noexec", F_OK)) {
        printf("# this kernel has no vm.memfd_noexec\n");
        return;
    }
    for (int i = 0; i < 2; i++) {
        CHECK(set("/proc/sys/vm/memfd_noexec", levels[i])); /* it can only rise in a namespace */
        enum og_error error = hosts_system.open(&the_library, 0, &fault);
        printf("# %s: %s: %s\n", levels[i], og_error_name(error), error ? fault.message : "");
        CHECK(!error || strstr(fault.message, "memfd_noexec"));
        if (!error) {
            works();
            close_it();
        }
    }
}

/* As in a chroot where nobody has mounted it. */
static void lose_proc(void)
{
    CHECK(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    open_it();
    CHECK(!umount2("/proc", MNT_DETACH) && access("/proc/self/maps", F_OK));
    works();
    fault_and_reset();
    struct hosts_library *first = the_library;
    is_refused(OG_UNSUPPORTED, "/proc has to be mounted");
    the_library = first;
    works();
    close_it();
    is_refused(OG_UNSUPPORTED, "/proc has to be mounted");
}

static void runs_without_proc(void)
{
    CHECK(ended_well(status_of(lose_proc)));
}

static void open_as_nobody(void)
{
    CHECK(!setuid(65534) && !prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    is_refused(OG_UNSUPPORTED, "vm.mmap_min_addr");
}

static void runs_where_page_zero_is_far(void)
{
    CHECK(set("/proc/sys/vm/mmap_min_addr", "2097152"));
    int status = status_of(open_as_nobody);
    CHECK(set("/proc/sys/vm/mmap_min_addr", "65536"));
    CHECK(ended_well(status));
}

/* --- restartable sequences --- */

static void has_no_restartable_sequences(void)
{
    CHECK(__rseq_size == 0);
    open_it();
    int64_t rounds = rounds_for(200);
    CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
    works();
    close_it();
}

/* Of its own, as an allocator has. */
static void has_restartable_sequences_of_its_own(void)
{
    static struct rseq own __attribute__((aligned(32)));
    CHECK(__rseq_size == 0);
    CHECK(!syscall(SYS_rseq, &own, sizeof(own), 0, RSEQ_SIG));
    enum og_error error = hosts_system.open(&the_library, 0, &fault);
    printf("# %s: %s\n", og_error_name(error), error ? fault.message : "");
    if (hosts_system.is == OG_MPK_ONLY) {
        CHECK(error == OG_UNSUPPORTED && says("rseq"));
        return;
    }
    CHECK(!error);
    works();
}

/* Of this thread glibc's stay registered, where a filter denies to leave them. */
static void *come_with_a_filter(void *opened)
{
    while (!*(atomic_bool *)opened)
        usleep(1000);
    DENY(ALWAYS(rseq, EPERM));
    call_ends(OG_UNSUPPORTED, HOSTED_COUNT, 0);
    CHECK(says("rseq"));
    return NULL;
}

static void cannot_leave_its_restartable_sequences(void)
{
    CHECK(__rseq_size != 0);
    atomic_bool opened = false;
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, come_with_a_filter, &opened));
    open_it();
    opened = true;
    CHECK(!pthread_join(thread, NULL));
    works();
}

const struct hosts_row hosts_settings[] = {
    ROW(runs_where_user_dispatch_is_denied, ALL),
    ROW(runs_where_the_kernel_lacks_user_dispatch, ALL),
    ROW(user_dispatch_is_denied_after_it_has_opened, OG_MPK_ONLY),
    ROW(runs_in_a_container, ALL),
    ROW(runs_in_a_container_without_protection_keys, ALL),
    ROW(runs_where_memory_cannot_become_executable, ALL),
    ROW(runs_where_the_process_has_given_up_executable_memory, ALL),
    ROW(gives_up_executable_memory_after_it_has_opened, OG_MPK_ONLY),
    ROW(runs_where_memory_files_are_denied, ALL),
    ROW(runs_with_9_gib_of_address_space, ALL),
    ROW(runs_with_too_little_address_space, ALL),
    ROW(runs_where_no_signal_can_be_queued, ALL),
    ROW(runs_where_the_clocks_signal_is_denied, ALL),
    ROW(runs_with_few_descriptors, ALL),
    ROW(runs_where_files_must_be_small, DOMAINS),
    ROW(runs_with_little_data, OG_MPK_ONLY),
    ROW_WITH(runs_where_no_thread_can_be_started, OG_MPK_ONLY, IN_GUEST),
    ROW_WITH(runs_without_proc, OG_MPK_ONLY, IN_GUEST),
    ROW_WITH(runs_where_overcommit_is_off, OG_MPK_ONLY, IN_GUEST),
    ROW_WITH(runs_where_memory_files_are_not_executable, OG_MPK_ONLY, IN_GUEST),
    ROW_WITH(runs_where_page_zero_is_far, OG_MPK_ONLY, IN_GUEST),
    ROW(cannot_leave_its_restartable_sequences, OG_MPK_ONLY),
    ROW_WITH(has_no_restartable_sequences, ALL, NO_RSEQ),
    ROW_WITH(has_restartable_sequences_of_its_own, ALL, NO_RSEQ),
    {NULL, NULL, 0, 0},
};
