/* Validators of text: strings that end where they must, and UTF-8. */
#include "extent.h"
#include "omniglot/runtime.h"
#include "omniglot/validate.h"

#include <string.h>

const void og_valid *og_validate_string_at(const struct og_access *access, uintptr_t address,
                                           size_t maximum, size_t *length, struct og_fault *fault)
{
    if (og_check_reading(access, fault))
        return NULL;
    uintptr_t memory_end = og_readable_end(access->context, address);
    if (!memory_end) {
        (void)og_memory_check_slowly(access->context, address, 1, 1, OG_READ, fault);
        return NULL;
    }
    /* Not beyond the bound, and not beyond the memory, whichever comes first. */
    size_t room = memory_end - address;
    if (room > maximum)
        room = maximum;
    const char *start = (const char *)address, *end = memchr(start, '\0', room);
    if (!end) {
        og_fail(fault, OG_UNTERMINATED, NULL, address, NULL);
        return NULL;
    }
    if (length)
        *length = (size_t)(end - start);
    return (const void og_valid *)address;
}

/* How many bytes there are for foreign code to have strings in. */
static size_t readable_bytes(const struct og_context *context)
{
    const struct og_domain *domain = context->domain;
    size_t bytes = context->live_end - context->live_start;
    if (__builtin_add_overflow(bytes, context->frames_end - context->frames_start, &bytes))
        return SIZE_MAX;
    for (size_t i = 0; i < domain->region_count; i++)
        if (domain->regions[i].rights & OG_READ &&
            __builtin_add_overflow(bytes, domain->regions[i].end - domain->regions[i].start,
                                   &bytes))
            return SIZE_MAX;
    return bytes;
}

const void og_valid *og_validate_strings_at(const struct og_access *access, uintptr_t address,
                                            size_t maximum, size_t *count, struct og_fault *fault)
{
    const volatile uintptr_t *slots = (const volatile uintptr_t *)address;
    if (og_check_readable(access, address, sizeof(*slots), 1, _Alignof(uintptr_t), fault))
        return NULL;
    size_t room = (og_readable_end(access->context, address) - address) / sizeof(*slots);
    /* Many pointers to one long string would have the host search for longer than any call takes.
     */
    size_t left = readable_bytes(access->context), length;
    for (size_t i = 0; i < room && i <= maximum; i++) {
        uintptr_t string = slots[i];
        if (!string) {
            if (count)
                *count = i;
            return (const void og_valid *)address;
        }
        if (!og_validate_string_at(access, string, left, &length, fault))
            return NULL;
        left -= length + 1;
    }
    og_fail(fault, OG_UNTERMINATED, NULL, address, "an array of strings without its NULL");
    return NULL;
}

/* The length in bytes of the character at `text`, or 0 if it is malformed. Unicode 15,
 * table 3-7: what a first byte allows as the second is what rules out overlong forms
 * (E0, F0), surrogates (ED) and anything above U+10FFFF (F4). */
static size_t character_length(const unsigned char *text, size_t room)
{
    unsigned char first = text[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xC2 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF5 ? 4
                                   : 0;
    if (length > room)
        return 0;
    if (length < 2)
        return length;
    unsigned char second = text[1];
    unsigned char lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < lowest || second > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/* Where the first malformed character begins; `length` if there is none. */
static size_t first_malformed(const unsigned char *text, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint64_t eight;
        if (length - at >= sizeof(eight)) {
            memcpy(&eight, text + at, sizeof(eight));
            if (!(eight & 0x8080808080808080u)) {
                at += sizeof(eight);
                continue;
            }
        }
        size_t character = character_length(text + at, length - at);
        if (!character)
            return at;
        at += character;
    }
    return length;
}

const void og_valid *og_validate_utf8_at(const struct og_access *access, uintptr_t address,
                                         size_t length, struct og_fault *fault)
{
    if (og_check_readable(access, address, 1, length, 1, fault))
        return NULL;
    size_t malformed = first_malformed((const unsigned char *)address, length);
    if (malformed != length) {
        og_fail(fault, OG_INVALID, NULL, address + malformed, "malformed UTF-8");
        return NULL;
    }
    return (const void og_valid *)address;
}
