/* What generated stubs of a WebAssembly module build on, the copying discipline as RLBox has it in
 * Firefox: the library's instance is a linear memory of its own; arguments are copied into what the
 * module's malloc gives there, and results out of it, checked. The call itself is a plain call of
 * the translated function. What is in the module is laid out for 32 bits: sizes and offsets come
 * from the generated stubs. A fault is never NULL in these functions. */
#ifndef WASM_STUBS_H
#define WASM_STUBS_H

#include "baselines/copying/callback_copy.h"
#include "baselines/copying/wasm/wasm.h"
#include "baselines/scopeless.h"
#include <omniglot/interface.h>
#include <omniglot/stubs/checks.h>

struct instance {
    struct wasm_instance *wasm;
};

/* Opens a fresh instance of the module `name`. Errors as wasm_open's. */
static inline enum og_error instance_open(struct instance *instance, const char *name,
                                          const char *soname, const void *options,
                                          struct og_fault *fault)
{
    (void)soname;  /* the module is a part of the program */
    (void)options; /* there is nothing to choose */
    return wasm_open(&instance->wasm, name, fault);
}

/* Closes it; one that was never opened is fine, if it is all zero. Nothing can refuse. */
static inline enum og_error instance_close(struct instance *instance, struct og_fault *fault)
{
    (void)fault;
    wasm_close(instance->wasm);
    instance->wasm = NULL;
    return OG_OK;
}

/* Puts a fresh instance in its place. */
static inline enum og_error instance_reset(struct instance *instance, struct og_fault *fault)
{
    return wasm_reset(instance->wasm, fault);
}

/* ---- arguments ---- */

/* Does a host number fit the 32 bits that the module has for it? */
static inline enum og_error module_number_fits(uint64_t number, bool is_signed,
                                               const char *function, struct og_fault *fault)
{
    bool fits = is_signed ? (int64_t)number == (int32_t)number : number == (uint32_t)number;
    return fits ? OG_OK
                : og_fail(fault, OG_OVERFLOW, function, 0,
                          "a number that does not fit the 32 bits that a module has for it");
}

/* Allocates `count` elements of `size` bytes for the library to fill. */
static inline enum og_error module_room(struct wasm_instance *wasm, uint32_t *address, size_t count,
                                        size_t size, struct og_fault *fault)
{
    return wasm_allocate(wasm, address, OG_PRODUCT(count, size), fault);
}

/* Allocates as much and copies the host's `values` there. */
static inline enum og_error module_in(struct wasm_instance *wasm, uint32_t *address,
                                      const void *values, size_t count, size_t size,
                                      struct og_fault *fault)
{
    enum og_error error = module_room(wasm, address, count, size, fault);
    if (!error && count)
        memcpy(wasm_at(wasm, *address), values, count * size);
    return error;
}

/* Takes the padding that the host has in its own out of what was copied in. `solid`: the bits of
 * one element that are fields'. */
static inline enum og_error module_solid(const struct wasm_instance *wasm, uint32_t address,
                                         size_t count, size_t size, const unsigned char *solid)
{
    host_keep_solid(wasm_at(wasm, address), count, size, solid);
    return OG_OK;
}

/* Copies `count` elements out, if they are in the module's memory and what the rule says; NULL: any
 * bytes are. Nothing runs in the module meanwhile. */
static inline enum og_error module_out(const struct wasm_instance *wasm, void *values,
                                       uint32_t address, size_t count, size_t size,
                                       const struct og_rule *rule, const char *function,
                                       struct og_fault *fault)
{
    size_t bytes = OG_PRODUCT(count, size);
    if (!wasm_is_inside(wasm, address, bytes))
        return og_fail(fault, OG_OUT_OF_BOUNDS, function, address,
                       "what it filled is not in the module's memory");
    if (rule && !host_rule_holds(rule, wasm_at(wasm, address), count))
        return og_fail(fault, OG_INVALID, function, address, NULL);
    if (bytes)
        memcpy(values, wasm_at(wasm, address), bytes);
    return OG_OK;
}

/* Frees it; 0 is fine. What went wrong before, in `error`, goes on; an error here is new. */
static inline enum og_error module_release(struct wasm_instance *wasm, uint32_t address,
                                           enum og_error error, struct og_fault *fault)
{
    if (wasm->poisoned || !address)
        return error;
    struct og_fault ignored;
    enum og_error freed = wasm_release(wasm, address, error ? &ignored : fault);
    return error ? error : freed;
}

/* Makes the object at `owner` the owner of `address`, if the call left an object; what it kept
 * before is freed, or `address` is. */
static inline enum og_error module_keep(struct wasm_instance *wasm, uint32_t owner, uint32_t *kept,
                                        uint32_t address, enum og_error error,
                                        struct og_fault *fault)
{
    if (!error && owner) {
        uint32_t before = *kept;
        *kept = address;
        address = before;
    }
    return module_release(wasm, address, error, fault);
}

/* ---- numbers and structs in the module ---- */

/* Writes `count` numbers: `host_size` bytes each at `values`, `size` bytes in the module, which may
 * be fewer. */
static inline enum og_error module_store(const struct wasm_instance *wasm, uint32_t address,
                                         const void *values, size_t host_size, size_t size,
                                         bool is_signed, size_t count, struct og_fault *fault)
{
    if (!wasm_is_inside(wasm, address, size * count))
        return og_fail(fault, OG_OUT_OF_BOUNDS, NULL, address, "not in the module's memory");
    for (size_t i = 0; i < count; i++) {
        const unsigned char *value = (const unsigned char *)values + i * host_size;
        if (host_size > size) {
            uint64_t number = host_rule_number(value, host_size, is_signed);
            enum og_error error = module_number_fits(number, is_signed, NULL, fault);
            if (error)
                return error;
        }
        memcpy(wasm_at(wasm, address + (uint32_t)(i * size)), value, size);
    }
    return OG_OK;
}

/* Reads them. */
static inline enum og_error module_load(const struct wasm_instance *wasm, uint32_t address,
                                        void *values, size_t host_size, size_t size, bool is_signed,
                                        size_t count, struct og_fault *fault)
{
    if (!wasm_is_inside(wasm, address, size * count))
        return og_fail(fault, OG_OUT_OF_BOUNDS, NULL, address, "not in the module's memory");
    for (size_t i = 0; i < count; i++) {
        const unsigned char *from = wasm_at(wasm, address + (uint32_t)(i * size));
        unsigned char *value = (unsigned char *)values + i * host_size;
        if (host_size > size) {
            uint64_t number = host_rule_number(from, size, is_signed);
            memcpy(value, &number, host_size);
        } else {
            memcpy(value, from, size);
        }
    }
    return OG_OK;
}

/* What the library says is left, or filled, of `most`: it cannot be more than that. */
static inline enum og_error module_count(const struct wasm_instance *wasm, uint32_t address,
                                         void *count, size_t host_size, size_t size, uint64_t most,
                                         const char *function, struct og_fault *fault)
{
    if (!wasm_is_inside(wasm, address, size))
        return og_fail(fault, OG_OUT_OF_BOUNDS, function, address, "not in the module's memory");
    uint64_t counted = host_rule_number(wasm_at(wasm, address), size, false);
    if (counted > most)
        return instance_contract(fault, function);
    memcpy(count, &counted, host_size);
    return OG_OK;
}

/* A zeroed struct for one call. */
static inline enum og_error module_struct(struct wasm_instance *wasm, uint32_t *address,
                                          size_t size, struct og_fault *fault)
{
    enum og_error error = wasm_take(wasm, address, size, fault);
    if (!error)
        memset(wasm_at(wasm, *address), 0, size);
    return error;
}

/* A zeroed struct that lives on. */
static inline enum og_error module_object(struct wasm_instance *wasm, uint32_t *address,
                                          size_t size, struct og_fault *fault)
{
    enum og_error error = wasm_allocate(wasm, address, size, fault);
    if (!error)
        memset(wasm_at(wasm, *address), 0, size);
    return error;
}

/* Is there one? It may have ended, with another instance's memory. */
static inline enum og_error module_object_check(const struct wasm_instance *wasm, uint32_t address,
                                                size_t size, struct og_fault *fault)
{
    if (!address)
        return og_fail(fault, OG_NULL, NULL, 0, "the object has ended, or was never made");
    return wasm_is_inside(wasm, address, size)
               ? OG_OK
               : og_fail(fault, OG_OUT_OF_BOUNDS, NULL, address, "not in the module's memory");
}

/* ---- arguments of callbacks: any numbers ---- */

/* Is there a text at `address` that a NUL ends, of at most `maximum` bytes with it? */
static inline enum og_error module_text(const struct wasm_instance *wasm, uint32_t address,
                                        size_t maximum, const char **text, struct og_fault *fault)
{
    size_t room;
    if (!address)
        return og_fail(fault, OG_NULL, NULL, 0, NULL);
    if (!wasm_is_inside(wasm, address, 1))
        return og_fail(fault, OG_OUT_OF_BOUNDS, NULL, address, "not in the module's memory");
    *text = (const char *)wasm_at(wasm, address);
    room = wasm->memory->size - address;
    if (!memchr(*text, '\0', room < maximum ? room : maximum))
        return og_fail(fault, OG_UNTERMINATED, NULL, address, NULL);
    return OG_OK;
}

static inline enum og_error module_callback_string(const struct wasm_instance *wasm,
                                                   uint32_t address, struct callback_copy *copy,
                                                   const char **text, struct og_fault *fault)
{
    enum og_error error = module_text(wasm, address, SIZE_MAX, text, fault);
    return error ? error : callback_copy_string(copy, text, fault);
}

static inline enum og_error module_callback_strings(const struct wasm_instance *wasm,
                                                    uint32_t address, struct callback_copy *copy,
                                                    const char ***texts, struct og_fault *fault)
{
    const char *found[OG_STRINGS_MAX + 1];
    size_t left = wasm->memory->size; /* for all of them: many pointers can be to one text */
    for (size_t i = 0; i <= OG_STRINGS_MAX; i++) {
        uint32_t pointer, slot = address + (uint32_t)(i * sizeof(pointer));
        if (!address || slot < address || !wasm_is_inside(wasm, slot, sizeof(pointer)))
            return og_fail(fault, address ? OG_OUT_OF_BOUNDS : OG_NULL, NULL, address,
                           "not in the module's memory");
        memcpy(&pointer, wasm_at(wasm, slot), sizeof(pointer));
        found[i] = NULL;
        if (!pointer) {
            *texts = found;
            return callback_copy_strings(copy, texts, fault);
        }
        enum og_error error = module_text(wasm, pointer, left, &found[i], fault);
        if (error)
            return error;
        left -= strlen(found[i]) + 1;
    }
    return og_fail(fault, OG_UNTERMINATED, NULL, address, "an array of texts without its NULL");
}

/* `count` numbers of `size` bytes. */
static inline enum og_error module_callback_array(const struct wasm_instance *wasm,
                                                  uint32_t address, size_t count, size_t size,
                                                  struct callback_copy *copy, const void **values,
                                                  struct og_fault *fault)
{
    if (!address)
        return og_fail(fault, OG_NULL, NULL, 0, NULL);
    if (!wasm_is_inside(wasm, address, OG_PRODUCT(count, size)))
        return og_fail(fault, OG_OUT_OF_BOUNDS, NULL, address, "not in the module's memory");
    *values = wasm_at(wasm, address);
    return callback_copy_array(copy, values, size, count, fault);
}

#endif
