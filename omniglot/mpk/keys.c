/* Protection keys: key 0 is the host's, one is readable in every domain, the others are one
 * domain's each. A process has 16, so 14 domains at most. */
#include "mpk.h"

#include <cpuid.h>
#include <errno.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE 2
#endif

enum { KEYS = 16 };

bool og_mpk_has_wide_registers;
static int readonly_key = -1;
static bool taken[KEYS];
static int domain_keys[KEYS];
static int domain_key_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool has_protection_keys(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 1u << 4);
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
    /* A mode that does not exist: EINVAL where the call does. The selector is not looked at. */
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 2, 0, 0, &readonly_key) && errno != EINVAL)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel lacks Syscall User Dispatch (Linux 5.11 and later have it)");
    return OG_OK;
}

enum og_error mpk_keys_open(struct og_fault *fault)
{
    if (readonly_key >= 0)
        return OG_OK;
    og_mpk_has_wide_registers = __builtin_cpu_supports("avx512f"); /* and the kernel does */
    readonly_key = pkey_alloc(0, 0);
    if (readonly_key < 0)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0, "no protection key is free in this process");
    return OG_OK;
}

enum og_error mpk_key_take(int *key, struct og_fault *fault)
{
    *key = -1;
    pthread_mutex_lock(&lock);
    /* Keys stay allocated: the kernel gives them out with the mappings of their last owner. */
    for (int i = 0; i < domain_key_count && *key < 0; i++)
        if (!taken[domain_keys[i]])
            *key = domain_keys[i];
    if (*key < 0) {
        *key = pkey_alloc(0, 0);
        if (*key >= 0)
            domain_keys[domain_key_count++] = *key;
    }
    if (*key >= 0)
        taken[*key] = true;
    pthread_mutex_unlock(&lock);
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

int mpk_key_readonly(void)
{
    return readonly_key;
}

/* Two bits a key: 1 denies access, 2 denies writing (Intel SDM volume 3, 4.6.2). */
uint32_t mpk_key_pkru(int key)
{
    return ~(UINT32_C(3) << (2 * key)) & ~(UINT32_C(1) << (2 * readonly_key));
}

pthread_mutex_t *mpk_keys_lock(void)
{
    return &lock;
}
