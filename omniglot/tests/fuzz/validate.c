/* Fuzzes the validators: random foreign memory, random references and rules made from the
 * input. AddressSanitizer sees a read outside the domain (its memory is one exact block),
 * and what was accepted is checked again by the plainest code there is. */
#include "../fake-domain.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *rest;
static size_t left;

static uint64_t take(size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && left; i++, left--)
        value = value << 8 | *rest++;
    return value;
}

/* A rule from the input, not always a sensible one; `pool` is where nested ones go. */
struct pool {
    struct og_rule rules[64];
    size_t used;
    int64_t values[8];
};

static void make_rule(struct pool *pool, struct og_rule *rule, size_t room, unsigned depth)
{
    *rule = (struct og_rule){.kind = (enum og_kind)(take(1) % (OG_STRUCT + 2)), .name = "field"};
    rule->offset = take(1);
    rule->size = rule->kind == OG_STRUCT ? room : take(1) % 17;
    rule->count = take(1) % 5;
    switch (rule->kind) {
    case OG_SIGNED:
    case OG_UNSIGNED:
        rule->low.u = take(2);
        rule->high.u = take(8);
        break;
    case OG_ENUM:
        rule->values = pool->values;
        rule->value_count = take(1) % 8;
        break;
    case OG_POINTER:
        rule->size = sizeof(uintptr_t);
        rule->pointee_size = take(1);
        rule->pointee_alignment = (size_t)1 << take(1) % 5;
        rule->pointee_count = take(2);
        rule->counted = take(1) & 1;
        rule->nullable = take(1) & 1;
        rule->counted_offset = take(1);
        rule->counted_size = take(1) % 9;
        rule->rights = (unsigned)take(1) % 4;
        break;
    case OG_STRUCT: {
        size_t count = take(1) % 6;
        if (depth < 4 && pool->used + count <= 64) {
            struct og_rule *fields = &pool->rules[pool->used];
            pool->used += count;
            for (size_t i = 0; i < count; i++)
                make_rule(pool, &fields[i], take(1), depth + 1);
            rule->fields = fields;
            rule->field_count = count;
        }
        break;
    }
    default:
        break;
    }
}

static void fail(const char *what)
{
    fprintf(stderr, "validator accepted %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) OG_NO_ANALYSIS
{
    struct fake_domain fake;
    struct og_scope scope;
    struct og_fault fault;
    static struct pool pool;
    rest = data;
    left = size;
    pool.used = 0;
    fake_domain_open(&fake);
    og_scope_begin(&fake.domain, &scope);
    if (!og_alloc(&scope, char, take(2) % (2 * PART), &fault))
        abort();

    /* An address near one of the edges, and a little memory behind it. */
    const uintptr_t edges[] = {fake.read_only,
                               fake.read_only + PART,
                               fake.data,
                               fake.data + PART,
                               fake.context.live_start,
                               fake.heap,
                               fake.end,
                               0};
    uintptr_t address = edges[take(1) % 8] + take(1) - 128;
    size_t count = take(1) % 4 == 3 ? take(8) : take(1);
    unsigned which = (unsigned)take(1) % 9;
    for (size_t i = 0; i < 8; i++)
        pool.values[i] = (int8_t)take(1);
    struct og_rule rule;
    size_t element = take(1);
    make_rule(&pool, &rule, element, 0);
    if (take(1) & 1) {
        /* Pointers that lead somewhere. */
        uintptr_t target = edges[take(1) % 8] + take(1) % 16;
        for (uintptr_t at = fake.heap; at < fake.heap + 512; at += sizeof(target))
            AS_FOREIGN_CODE(uintptr_t, at) = target;
    }
    size_t bytes = left < 2 * PART ? left : 2 * PART;
    memcpy((void *)fake.heap, rest, bytes < PART ? bytes : PART);
    memcpy((void *)(fake.end - (bytes < PART ? bytes : PART)), rest, bytes < PART ? bytes : PART);

    og_read_begin(&scope.access);
    const unsigned char *memory = (const unsigned char *)address;
    size_t length = 0;
    switch (which) {
    case 0:
        if (og_validate_bool_at(&scope.access, address, &fault) && memory[0] > 1)
            fail("a bool");
        break;
    case 1:
        og_validate_range_at(&scope.access, address, element % 10, count & 1, take(2), take(8),
                             &fault);
        break;
    case 2:
        og_validate_enum_at(&scope.access, address, element % 10, count & 1, pool.values, 8,
                            &fault);
        break;
    case 3:
        og_validate_pointer_at(&scope.access, address, element, count, 1, OG_READ, &fault);
        break;
    case 4:
        if (og_validate_string_at(&scope.access, address, count, &length, &fault) &&
            (length >= count || strnlen((const char *)memory, length + 1) != length))
            fail("a string");
        break;
    case 7:
        if (og_validate_strings_at(&scope.access, address, count, &length, &fault))
            for (size_t i = 0; i < length; i++)
                if (strlen(((const char *const *)address)[i]) == SIZE_MAX || length > count)
                    fail("strings");
        break;
    case 5:
        if (og_validate_utf8_at(&scope.access, address, count, &fault))
            for (size_t i = 0; i < count; i++)
                if (memory[i] == 0xC0 || memory[i] == 0xC1 || memory[i] > 0xF4 ||
                    (memory[i] >= 0x80 && memory[i] < 0xC0 && i == 0))
                    fail("UTF-8");
        break;
    case 6:
        if (og_validate_array_at(&scope.access, address, element, count, 1, &fault))
            for (size_t i = 0; i < element * count; i++)
                length += *(const volatile unsigned char *)(address + i);
        break;
    default:
        og_validate_rule_at(&scope.access, address, rule.size, count, 1, &rule, &fault);
    }
    og_read_end(&scope.access);
    og_scope_end(&scope);
    fake_domain_close(&fake);
    return 0;
}
