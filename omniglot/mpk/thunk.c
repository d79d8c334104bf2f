/* Thunks: what the host calls in a foreign function's stead. Each clears the registers that could
 * hold an argument and do not, loads the domain's index and the function's address into the two
 * that no argument uses, and jumps to the gate.
 *
 * They are written through one mapping and executed through another, so that nothing is ever
 * writable and executable at once. Both are of a file, which other processes share that are made of
 * this one, however they are: they make none. */
#include "mpk.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    SIZE = MPK_THUNKS * MPK_THUNK_SIZE,
    LONGEST = 2 * 4 + 3 * 2 /* xor */ + 4 * 7 /* pxor */ + 10 + 10 /* r10, r11 */ + 6 + 8 /* jmp */,
    PREFIXES = 14, /* the most that an instruction has: thunks are scanned one by one */
};
_Static_assert(LONGEST + PREFIXES <= MPK_THUNK_SIZE, "zeros separate a thunk from the next");

extern const char og_mpk_gate_call[], og_mpk_gate_call_wide[], og_mpk_gate_call_integers[],
    og_mpk_gate_call_integers_wide[], og_mpk_gate_call_shaped[], og_mpk_gate_call_shaped_wide[],
    og_mpk_gate_call_shaped_integers[], og_mpk_gate_call_shaped_integers_wide[];

enum og_error mpk_thunks_open(struct mpk_domain *domain, struct og_fault *fault)
{
    int file;
    enum og_error error = mpk_memory_file("omniglot-thunks", SIZE, &file, fault);
    if (error)
        return error;
    void *writable = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int number = writable == MAP_FAILED ? errno : 0;
    void *code = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    number = number ? number : errno;
    close(file);
    if (writable != MAP_FAILED)
        domain->thunks = writable;
    if (code != MAP_FAILED)
        domain->thunk_code = (uintptr_t)code;
    errno = number;
    if (writable == MAP_FAILED || code == MAP_FAILED)
        return mpk_no_code(fault, 0, "cannot map the domain's thunks");
    return OG_OK;
}

void mpk_thunks_close(struct mpk_domain *domain)
{
    if (domain->thunks)
        munmap(domain->thunks, SIZE);
    if (domain->thunk_code)
        munmap((void *)domain->thunk_code, SIZE);
}

static uintptr_t gate_for(struct mpk_shape shape)
{
    static const char *const gates[2][2][2] = {
        {{og_mpk_gate_call_integers, og_mpk_gate_call_integers_wide},
         {og_mpk_gate_call, og_mpk_gate_call_wide}},
        {{og_mpk_gate_call_shaped_integers, og_mpk_gate_call_shaped_integers_wide},
         {og_mpk_gate_call_shaped, og_mpk_gate_call_shaped_wide}},
    };
    bool is_shaped = shape.stack_words || shape.x87_results;
    return (uintptr_t)gates[is_shaped][shape.registers.floats > 0][og_mpk_has_wide_registers];
}

static unsigned char *put(unsigned char *at, const void *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* Registers without an argument: xor %r9d, %r9d and so on. Vector registers, if none has one, are
 * the gate's to clear. */
static unsigned char *put_clearing(unsigned char *at, struct og_registers registers)
{
    static const struct {
        unsigned char size, code[3];
    } clear_integer[] = {
        {2, {0x31, 0xff}}, {2, {0x31, 0xf6}},       {2, {0x31, 0xd2}},
        {2, {0x31, 0xc9}}, {3, {0x45, 0x31, 0xc0}}, {3, {0x45, 0x31, 0xc9}},
    };
    for (unsigned i = registers.integers; i < 6; i++)
        at = put(at, clear_integer[i].code, clear_integer[i].size);
    for (unsigned i = registers.floats; registers.floats && i < 8; i++) {
        unsigned char pxor[] = {0x66, 0x0f, 0xef, (unsigned char)(0xc0 | i << 3 | i)};
        at = put(at, pxor, sizeof(pxor));
    }
    return at;
}

/* mov $domain + shape << 32, %r10; movabs $target, %r11; jmp *gate(%rip) */
static void write_thunk(unsigned char thunk[MPK_THUNK_SIZE], uint64_t head, uintptr_t target,
                        struct mpk_shape shape)
{
    static const unsigned char to_r10[] = {0x49, 0xba}, short_to_r10[] = {0x41, 0xba};
    static const unsigned char to_r11[] = {0x49, 0xbb};
    static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0};
    unsigned char *at = put_clearing(thunk, shape.registers);
    uintptr_t gate = gate_for(shape);
    uint32_t domain = (uint32_t)head;
    if (head >> 32)
        at = put(put(at, to_r10, sizeof(to_r10)), &head, sizeof(head));
    else
        at = put(put(at, short_to_r10, sizeof(short_to_r10)), &domain, sizeof(domain));
    at = put(put(at, to_r11, sizeof(to_r11)), &target, sizeof(target));
    put(put(at, jump, sizeof(jump)), &gate, sizeof(gate));
}

void (*mpk_thunk(struct mpk_domain *domain, uintptr_t target, struct mpk_shape shape))(void)
{
    unsigned char thunk[MPK_THUNK_SIZE] = {0};
    uint64_t head = (uint64_t)shape.x87_results << 48 | (uint64_t)shape.stack_words << 32;
    uintptr_t entry = 0;
    const char *name;
    write_thunk(thunk, head | domain->index, target, shape);
    /* The address is the domain's word, and a thunk can be jumped into. */
    if (mpk_scan(thunk, sizeof(thunk), &name) < sizeof(thunk))
        return NULL;
    pthread_mutex_lock(&domain->lock);
    for (size_t i = 0; i < domain->thunk_count && !entry; i++)
        if (!memcmp(domain->thunks + i * MPK_THUNK_SIZE, thunk, MPK_THUNK_SIZE))
            entry = domain->thunk_code + i * MPK_THUNK_SIZE;
    if (!entry && domain->thunk_count < MPK_THUNKS && domain->thunks_of == mpk_own.process) {
        memcpy(domain->thunks + domain->thunk_count * MPK_THUNK_SIZE, thunk, MPK_THUNK_SIZE);
        entry = domain->thunk_code + domain->thunk_count * MPK_THUNK_SIZE;
        domain->thunk_made[domain->thunk_count++] = (struct mpk_thunk_made){target, shape};
    }
    pthread_mutex_unlock(&domain->lock);
    return (void (*)(void))entry;
}

const struct mpk_thunk_made *mpk_thunk_find(struct mpk_domain *domain, void (*thunk)(void))
{
    size_t index = ((uintptr_t)thunk - domain->thunk_code) / MPK_THUNK_SIZE;
    pthread_mutex_lock(&domain->lock);
    size_t count = domain->thunk_count;
    pthread_mutex_unlock(&domain->lock);
    return index < count ? &domain->thunk_made[index] : NULL;
}
