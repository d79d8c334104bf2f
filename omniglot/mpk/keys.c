/* Protection keys: key 0 is the host's, MPK_GATE_KEY is readable in every domain, the others are
 * one domain's each. A process has 16, so 14 domains at most.
 *
 * All of them are taken when the first domain opens. The gate has to know the readable one when it
 * is assembled, and a host that held keys of its own would find them open, whatever it had set,
 * after each call. */
#include "mpk.h"

#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE 2
#endif

enum { KEYS = 16, FIRST_DOMAINS = MPK_GATE_KEY + 1 };

bool og_mpk_has_wide_registers;
static bool are_ours;
static bool taken[KEYS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool has_protection_keys(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 1u << 4);
}

/* Advanced Performance Extensions (Intel APX specification, 3.1.2): with them a prefix takes the
 * place of the byte 0F, by which forbidden instructions are found (code/scan.c). */
static bool has_new_prefixes(void)
{
    enum { OSXSAVE = 1 << 27, APX = 1 << 19 };
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE))
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & APX) != 0;
}

enum og_error og_mpk_supported(struct og_fault *fault)
{
    if (!has_protection_keys())
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "this machine offers no protection keys (PKU): the processor lacks them, or "
                       "a hypervisor or the kernel hides them");
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel does not let programs set the thread pointer (FSGSBASE)");
    if (!__builtin_cpu_supports("avx"))
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the processor offers no AVX, by which the gate clears vector registers");
    if (has_new_prefixes())
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "APX is enabled: instructions that could undo the isolation can be written "
                       "as nobody looks for them (boot with clearcpuid=apx)");
    /* A selector where no program has any: EFAULT where the call exists. */
    int dispatch = prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, -1L) ? errno : 0;
    if (dispatch == EINVAL)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel lacks Syscall User Dispatch (Linux 5.11 and later have it)");
    if (dispatch != EFAULT)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "Syscall User Dispatch is denied, by a seccomp filter: it has to allow "
                       "prctl(PR_SET_SYSCALL_USER_DISPATCH)");
    return OG_OK;
}

/* Gives back the `count` keys that were free. */
static enum og_error refuse_keys(const int *keys, int count, struct og_fault *fault)
{
    char message[sizeof(fault->message)];
    bool are_taken = errno == ENOSPC;
    for (int i = 0; i < count; i++)
        pkey_free(keys[i]);
    if (!are_taken)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the system denies protection keys: a seccomp filter, as a container has, "
                       "has to allow pkey_alloc, pkey_free and pkey_mprotect");
    snprintf(
        message, sizeof(message),
        "the process has taken %d of its %d protection keys (pkey_alloc, execute-only memory), "
        "and domains need all: open the first one before",
        KEYS - 1 - count, KEYS - 1);
    return og_fail(fault, OG_UNSUPPORTED, NULL, 0, message);
}

enum og_error mpk_keys_open(struct og_fault *fault)
{
    int keys[KEYS], key, count = 0;
    if (are_ours)
        return OG_OK;
    og_mpk_has_wide_registers = __builtin_cpu_supports("avx512f"); /* and the kernel does */
    while (count < KEYS && (key = pkey_alloc(0, 0)) >= 0)
        keys[count++] = key;
    are_ours = count == KEYS - 1;
    return are_ours ? OG_OK : refuse_keys(keys, count, fault);
}

enum og_error mpk_key_take(int *key, struct og_fault *fault)
{
    *key = -1;
    pthread_mutex_lock(&lock);
    for (int i = FIRST_DOMAINS; i < KEYS && *key < 0; i++)
        if (!taken[i])
            *key = i;
    if (*key >= 0)
        taken[*key] = true;
    pthread_mutex_unlock(&lock);
    _Static_assert(KEYS - FIRST_DOMAINS == 14, "the message says so");
    if (*key < 0)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0,
                       "no protection key is left: at most 14 domains can be open at once");
    return OG_OK;
}

void mpk_key_give(int key)
{
    if (key < 0)
        return;
    pthread_mutex_lock(&lock);
    taken[key] = false;
    pthread_mutex_unlock(&lock);
}

uint32_t mpk_key_pkru(int key)
{
    return ~(UINT32_C(3) << (2 * key)) & ~(uint32_t)MPK_GATE_KEY_DENIED;
}

pthread_mutex_t *mpk_keys_lock(void)
{
    return &lock;
}
