/* Validators: each accepts every value of its type and refuses the nearest thing that is
 * none. */
#include "cmocka-tests.h"
#include "fake-domain.h"

static struct fake_domain fake;
static struct og_scope scope;
static struct og_fault fault;

static int begin(void **state) OG_NO_ANALYSIS
{
    (void)state;
    fake_domain_open(&fake);
    og_scope_begin(&fake.domain, &scope);
    og_read_begin(&scope.access);
    return 0;
}

static int end(void **state) OG_NO_ANALYSIS
{
    (void)state;
    og_read_end(&scope.access);
    og_scope_end(&scope);
    fake_domain_close(&fake);
    return 0;
}

/* What foreign code left at `address`, as a reference. */
#define AT(type, address) ((type const og_ref *)(uintptr_t)(address))
#define OUTCOME(valid)    ((valid) ? OG_OK : fault.error)

static void bool_is_zero_or_one(void **state) OG_NO_ANALYSIS
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        AS_FOREIGN_CODE(unsigned char, fake.heap) = (unsigned char)byte;
        const _Bool og_valid *valid = og_validate_bool(&scope.access, AT(_Bool, fake.heap), &fault);
        assert_int_equal(OUTCOME(valid), byte < 2 ? OG_OK : OG_INVALID);
        if (byte < 2)
            assert_int_equal(og_value(&scope.access, valid), byte);
    }
}

static void range_has_both_ends_and_nothing_outside(void **state) OG_NO_ANALYSIS
{
    (void)state;
    const struct {
        int value;
        enum og_error want;
    } cases[] = {{-4, OG_INVALID}, {-3, OG_OK}, {0, OG_OK}, {5, OG_OK}, {6, OG_INVALID}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AS_FOREIGN_CODE(int, fake.heap) = cases[i].value;
        assert_int_equal(
            OUTCOME(og_validate_range(&scope.access, AT(int, fake.heap), -3, 5, &fault)),
            cases[i].want);
        AS_FOREIGN_CODE(int8_t, fake.heap) = (int8_t)cases[i].value;
        assert_int_equal(
            OUTCOME(og_validate_range(&scope.access, AT(int8_t, fake.heap), -3, 5, &fault)),
            cases[i].want);
        AS_FOREIGN_CODE(int16_t, fake.heap) = (int16_t)cases[i].value;
        assert_int_equal(
            OUTCOME(og_validate_range(&scope.access, AT(int16_t, fake.heap), -3, 5, &fault)),
            cases[i].want);
        AS_FOREIGN_CODE(int64_t, fake.heap) = cases[i].value;
        assert_int_equal(
            OUTCOME(og_validate_range(&scope.access, AT(int64_t, fake.heap), -3, 5, &fault)),
            cases[i].want);
    }
}

static void unsigned_range_does_not_take_large_numbers_for_negative(void **state) OG_NO_ANALYSIS
{
    (void)state;
    AS_FOREIGN_CODE(uint32_t, fake.heap) = UINT32_MAX;
    assert_int_equal(
        OUTCOME(og_validate_range(&scope.access, AT(uint32_t, fake.heap), 0, 5, &fault)),
        OG_INVALID);
    assert_int_equal(
        OUTCOME(og_validate_range(&scope.access, AT(uint32_t, fake.heap), 5, UINT32_MAX, &fault)),
        OG_OK);
    AS_FOREIGN_CODE(uint32_t, fake.heap) = 4;
    assert_int_equal(
        OUTCOME(og_validate_range(&scope.access, AT(uint32_t, fake.heap), 5, UINT32_MAX, &fault)),
        OG_INVALID);
    AS_FOREIGN_CODE(uint64_t, fake.heap) = UINT64_MAX;
    assert_int_equal(
        OUTCOME(og_validate_range(&scope.access, AT(uint64_t, fake.heap), 0, 5, &fault)),
        OG_INVALID);
    AS_FOREIGN_CODE(uint8_t, fake.heap) = 255;
    assert_int_equal(
        OUTCOME(og_validate_range(&scope.access, AT(uint8_t, fake.heap), 0, 254, &fault)),
        OG_INVALID);
    AS_FOREIGN_CODE(uint16_t, fake.heap) = 65535;
    assert_int_equal(
        OUTCOME(og_validate_range(&scope.access, AT(uint16_t, fake.heap), 0, 65534, &fault)),
        OG_INVALID);
}

enum colour { RED = -1, GREEN = 5, BLUE = 7 };
static const int64_t colours[] = {RED, GREEN, BLUE};

static void enum_is_one_of_its_enumerators(void **state) OG_NO_ANALYSIS
{
    (void)state;
    for (int number = -3; number < 10; number++) {
        AS_FOREIGN_CODE(int, fake.heap) = number;
        const enum colour og_valid *valid =
            og_validate_enum(&scope.access, AT(enum colour, fake.heap), colours, 3, &fault);
        int is_colour = number == RED || number == GREEN || number == BLUE;
        assert_int_equal(OUTCOME(valid), is_colour ? OG_OK : OG_INVALID);
    }
}

static void pointer_must_lead_into_the_domain(void **state) OG_NO_ANALYSIS
{
    (void)state;
    int host = 0;
    const struct {
        uintptr_t pointer;
        unsigned rights;
        enum og_error want;
    } cases[] = {
        {fake.data, OG_READ, OG_OK},
        {fake.data, OG_READ | OG_WRITE, OG_OK},
        {fake.read_only, OG_READ, OG_OK},
        {fake.read_only, OG_READ | OG_WRITE, OG_OUT_OF_BOUNDS},
        {0, OG_READ, OG_NULL},
        {fake.data + 1, OG_READ, OG_MISALIGNED},
        {(uintptr_t)&host, OG_READ, OG_OUT_OF_BOUNDS},
        {fake.end - 4, OG_READ, OG_OUT_OF_BOUNDS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AS_FOREIGN_CODE(uintptr_t, fake.heap) = cases[i].pointer;
        const int *const og_valid *valid = og_validate_pointer(
            &scope.access, AT(const int *, fake.heap), 2, cases[i].rights, &fault);
        assert_int_equal(OUTCOME(valid), cases[i].want);
        if (valid)
            assert_int_equal(og_foreign_address(og_pointer(&scope.access, valid)),
                             cases[i].pointer);
    }
}

static enum og_error string_at(uintptr_t address, size_t maximum, size_t *length) OG_NO_ANALYSIS
{
    return OUTCOME(og_validate_string(&scope.access, AT(char, address), maximum, length, &fault));
}

static void string_ends_within_its_bound(void **state)
{
    (void)state;
    size_t length = 99;
    memcpy((void *)fake.heap, "hello", 6);
    assert_int_equal(string_at(fake.heap, 6, &length), OG_OK);
    assert_int_equal(length, 5);
    assert_int_equal(string_at(fake.heap, 5, &length), OG_UNTERMINATED);
    assert_int_equal(string_at(fake.heap, 0, &length), OG_UNTERMINATED);
    assert_int_equal(string_at(fake.heap, SIZE_MAX, NULL), OG_OK);
    assert_int_equal(string_at(fake.heap + 5, 1, &length), OG_OK);
    assert_int_equal(length, 0);
}

static void string_ends_before_its_region_does(void **state)
{
    (void)state;
    size_t length;
    /* One region's text runs into its end; whatever follows must not be looked at. */
    memset((void *)(fake.data + PART - 4), 'a', 4);
    memset((void *)(fake.end - 4), 'a', 4);
    assert_int_equal(string_at(fake.data + PART - 4, 100, &length), OG_UNTERMINATED);
    assert_int_equal(string_at(fake.end - 4, SIZE_MAX, &length), OG_UNTERMINATED);
    AS_FOREIGN_CODE(char, fake.end - 1) = '\0';
    assert_int_equal(string_at(fake.end - 4, SIZE_MAX, &length), OG_OK);
    assert_int_equal(length, 3);
    assert_int_equal(string_at(fake.end, 1, &length), OG_OUT_OF_BOUNDS);
}

static enum og_error strings_at(uintptr_t address, size_t maximum, size_t *count) OG_NO_ANALYSIS
{
    return OUTCOME(og_validate_strings(&scope.access, AT(char *, address), maximum, count, &fault));
}

static void strings_end_with_a_null_and_each_with_a_nul(void **state)
{
    (void)state;
    size_t count = 99;
    uintptr_t text = fake.heap + 64;
    uintptr_t *slots = (uintptr_t *)fake.heap;
    memcpy((void *)text, "hello", 6);
    slots[0] = slots[1] = text;
    slots[2] = 0;
    assert_int_equal(strings_at(fake.heap, 2, &count), OG_OK);
    assert_int_equal(count, 2);
    assert_int_equal(strings_at(fake.heap, SIZE_MAX, NULL), OG_OK);
    assert_int_equal(strings_at(fake.heap + 16, 0, &count), OG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(strings_at(fake.heap, 1, &count), OG_UNTERMINATED);
    assert_int_equal(strings_at(fake.heap + 1, 2, &count), OG_MISALIGNED);
    assert_int_equal(strings_at(0, 2, &count), OG_NULL);
    /* One string is none: it is outside, or runs into the end of its memory. */
    slots[1] = (uintptr_t)&count;
    assert_int_equal(strings_at(fake.heap, 2, &count), OG_OUT_OF_BOUNDS);
    assert_int_equal(fault.address, slots[1]);
    slots[1] = fake.end - 1;
    *(char *)slots[1] = 'a';
    assert_int_equal(strings_at(fake.heap, 2, &count), OG_UNTERMINATED);
    assert_int_equal(fault.address, slots[1]);
    /* The array itself runs into the end. */
    slots = (uintptr_t *)(fake.end - 2 * sizeof(*slots));
    slots[0] = slots[1] = text;
    assert_int_equal(strings_at((uintptr_t)slots, SIZE_MAX, &count), OG_UNTERMINATED);
    assert_int_equal(strings_at(fake.end - 1, SIZE_MAX, &count), OG_MISALIGNED);
    assert_int_equal(strings_at(fake.end, SIZE_MAX, &count), OG_OUT_OF_BOUNDS);
}

/* Each search is as long as the memory, and there are as many as the library likes. */
static void strings_are_together_no_longer_than_the_memory(void **state)
{
    (void)state;
    enum { MANY = 64 };
    size_t count = 99;
    uintptr_t *slots = (uintptr_t *)fake.heap;
    uintptr_t text = fake.heap + (MANY + 1) * sizeof(*slots);
    memset((void *)text, 'a', fake.end - text);
    *(char *)(fake.end - 1) = '\0';
    for (size_t i = 0; i < MANY; i++)
        slots[i] = text;
    slots[MANY] = slots[1] = 0;
    assert_int_equal(strings_at(fake.heap, MANY, &count), OG_OK);
    assert_int_equal(count, 1);
    slots[1] = text;
    assert_int_equal(strings_at(fake.heap, MANY, &count), OG_UNTERMINATED);
    assert_int_equal(fault.address, text);
    /* What does not overlap may be all of it. */
    for (size_t i = 0; i < MANY; i++) {
        slots[i] = text + i;
        *(char *)(text + i) = '\0';
    }
    assert_int_equal(strings_at(fake.heap, MANY, &count), OG_OK);
    assert_int_equal(count, MANY);
}

static void utf8_is_what_the_unicode_table_says(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        int malformed_at; /* -1: well-formed */
    } cases[] = {
        {"", 0, -1},
        {"plain text longer than eight", 28, -1},
        {"a\0b", 3, -1},
        {"\x7f", 1, -1},
        {"\xc2\x80", 2, -1},
        {"\xdf\xbf", 2, -1},
        {"\xe0\xa0\x80", 3, -1},
        {"\xed\x9f\xbf", 3, -1},
        {"\xee\x80\x80", 3, -1},
        {"\xf0\x90\x80\x80", 4, -1},
        {"\xf4\x8f\xbf\xbf", 4, -1},
        {"12345678\xe2\x82\xac", 11, -1},
        {"1234567\xe2\x82\xac", 10, -1},
        {"\x80", 1, 0},              /* a continuation alone */
        {"\xc0\x80", 2, 0},          /* overlong NUL */
        {"\xc1\xbf", 2, 0},          /* overlong */
        {"\xe0\x9f\xbf", 3, 0},      /* overlong */
        {"\xf0\x8f\xbf\xbf", 4, 0},  /* overlong */
        {"\xed\xa0\x80", 3, 0},      /* a surrogate */
        {"\xf4\x90\x80\x80", 4, 0},  /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 4, 0},  /* no such first byte */
        {"\xff", 1, 0},              /* no such first byte */
        {"abc\xc2", 4, 3},           /* cut short */
        {"12345678\xe2\x82", 10, 8}, /* cut short */
        {"\xf0\x90\x80", 3, 0},      /* cut short */
        {"\xe2\x28\xa1", 3, 0},      /* second byte wrong */
        {"\xe2\x82\x28", 3, 0},      /* third byte wrong */
        {"\xf0\x90\x80\x28", 4, 0},  /* fourth byte wrong */
        {"12345678\xff"
         "2345678",
         16, 8},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy((void *)fake.heap, cases[i].text, cases[i].length);
        const char og_valid *valid =
            og_validate_utf8(&scope.access, AT(char, fake.heap), cases[i].length, &fault);
        assert_int_equal(OUTCOME(valid), cases[i].malformed_at < 0 ? OG_OK : OG_INVALID);
        if (!valid)
            assert_int_equal(fault.address - fake.heap, cases[i].malformed_at);
    }
    assert_int_equal(OUTCOME(og_validate_utf8(&scope.access, AT(char, fake.end - 2), 3, &fault)),
                     OG_OUT_OF_BOUNDS);
}

static void array_lies_inside_and_is_aligned(void **state) OG_NO_ANALYSIS
{
    (void)state;
    size_t fits = 2 * PART / sizeof(int);
    assert_int_equal(OUTCOME(og_validate_array(&scope.access, AT(int, fake.heap), fits, &fault)),
                     OG_OK);
    assert_int_equal(
        OUTCOME(og_validate_array(&scope.access, AT(int, fake.heap), fits + 1, &fault)),
        OG_OUT_OF_BOUNDS);
    assert_int_equal(OUTCOME(og_validate_array(&scope.access, AT(int, fake.heap + 2), 1, &fault)),
                     OG_MISALIGNED);
    assert_int_equal(
        OUTCOME(og_validate_array(&scope.access, AT(int, fake.heap), SIZE_MAX / 2, &fault)),
        OG_OVERFLOW);
    assert_int_equal(OUTCOME(og_validate_array(&scope.access, AT(int, 0), 1, &fault)), OG_NULL);
}

static void array_of_bools_names_the_first_bad_one(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static const struct og_rule rule = {.kind = OG_BOOL, .name = "flag", .size = 1};
    memset((void *)fake.heap, 1, 100);
    assert_int_equal(
        OUTCOME(og_validate_array_of(&scope.access, AT(_Bool, fake.heap), 100, &rule, &fault)),
        OG_OK);
    AS_FOREIGN_CODE(unsigned char, fake.heap + 99) = 2;
    assert_int_equal(
        OUTCOME(og_validate_array_of(&scope.access, AT(_Bool, fake.heap), 100, &rule, &fault)),
        OG_INVALID);
    assert_int_equal(fault.address - fake.heap, 99);
    assert_string_equal(fault.symbol, "flag");
    assert_int_equal(
        OUTCOME(og_validate_array_of(&scope.access, AT(_Bool, fake.heap), 99, &rule, &fault)),
        OG_OK);
}

/* A struct with one of everything. */
struct inner {
    enum colour colour;
    unsigned char flags[3];
};
struct message {
    int16_t level;
    uint32_t count;
    const int *items;
    const char *comment;
    void (*notify)(void);
    struct inner inner[2];
    double weight;
};

static const struct og_rule inner_fields[] = {
    {.kind = OG_ENUM,
     .name = "colour",
     .offset = offsetof(struct inner, colour),
     .size = sizeof(enum colour),
     .values = colours,
     .value_count = 3},
    {.kind = OG_BOOL,
     .name = "flags",
     .offset = offsetof(struct inner, flags),
     .size = 1,
     .count = 3},
};
static const struct og_rule message_fields[] = {
    {.kind = OG_SIGNED,
     .name = "level",
     .offset = offsetof(struct message, level),
     .size = 2,
     .low.i = -2,
     .high.i = 2},
    {.kind = OG_UNSIGNED,
     .name = "count",
     .offset = offsetof(struct message, count),
     .size = 4,
     .low.u = 0,
     .high.u = 1000},
    {.kind = OG_POINTER,
     .name = "items",
     .offset = offsetof(struct message, items),
     .size = sizeof(int *),
     .pointee_size = sizeof(int),
     .pointee_alignment = _Alignof(int),
     .rights = OG_READ,
     .counted = 1,
     .counted_offset = offsetof(struct message, count),
     .counted_size = 4},
    {.kind = OG_POINTER,
     .name = "comment",
     .offset = offsetof(struct message, comment),
     .size = sizeof(char *),
     .pointee_size = 1,
     .pointee_alignment = 1,
     .pointee_count = 1,
     .rights = OG_READ,
     .nullable = 1},
    {.kind = OG_FUNCTION,
     .name = "notify",
     .offset = offsetof(struct message, notify),
     .size = sizeof(void (*)(void)),
     .nullable = 1},
    {.kind = OG_STRUCT,
     .name = "inner",
     .offset = offsetof(struct message, inner),
     .size = sizeof(struct inner),
     .count = 2,
     .fields = inner_fields,
     .field_count = 2},
    {.kind = OG_ANY,
     .name = "weight",
     .offset = offsetof(struct message, weight),
     .size = sizeof(double)},
};
static const struct og_rule message_rule = {
    .kind = OG_STRUCT,
    .name = "message",
    .size = sizeof(struct message),
    .fields = message_fields,
    .field_count = sizeof(message_fields) / sizeof(message_fields[0]),
};

static struct message *good_message(void)
{
    struct message *message = (struct message *)fake.heap;
    *message = (struct message){
        .level = -2,
        .count = 4,
        .items = (const int *)fake.data,
        .notify = (void (*)(void))fake.callback,
        .inner = {{GREEN, {0, 1, 1}}, {BLUE, {1, 0, 0}}},
    };
    return message;
}

static enum og_error message_outcome(void) OG_NO_ANALYSIS
{
    return OUTCOME(
        og_validate(&scope.access, AT(struct message, fake.heap), &message_rule, &fault));
}

static void struct_with_every_field_right_is_accepted(void **state)
{
    (void)state;
    struct message *message = good_message();
    assert_int_equal(message_outcome(), OG_OK);
    message->notify = NULL;
    message->comment = (const char *)fake.read_only;
    assert_int_equal(message_outcome(), OG_OK);
    message->count = 0;
    message->items = NULL;
    assert_int_equal(message_outcome(), OG_OK);
}

static void struct_is_refused_for_each_field_by_name(void **state)
{
    (void)state;
    struct message *message;
#define REFUSED(change, field, error)                                                              \
    message = good_message();                                                                      \
    change;                                                                                        \
    assert_int_equal(message_outcome(), error);                                                    \
    assert_string_equal(fault.symbol, field)
    REFUSED(message->level = 3, "level", OG_INVALID);
    REFUSED(message->level = -3, "level", OG_INVALID);
    REFUSED(message->count = 1001, "count", OG_INVALID);
    REFUSED(message->items = NULL, "items", OG_NULL);
    REFUSED(message->items = (const int *)(fake.data + 1), "items", OG_MISALIGNED);
    REFUSED(message->items = (const int *)(fake.data + PART - 12), "items", OG_OUT_OF_BOUNDS);
    REFUSED(message->comment = (const char *)&fake, "comment", OG_OUT_OF_BOUNDS);
    REFUSED(message->notify = (void (*)(void))(fake.callback + 1), "notify", OG_INVALID);
    REFUSED(message->inner[0].colour = (enum colour)0, "colour", OG_INVALID);
    REFUSED(message->inner[1].colour = (enum colour)6, "colour", OG_INVALID);
    REFUSED(message->inner[0].flags[0] = 2, "flags", OG_INVALID);
    REFUSED(message->inner[1].flags[2] = 255, "flags", OG_INVALID);
    (void)message;
}

static void struct_lies_inside_and_is_aligned(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct message host = *good_message();
    assert_int_equal(message_outcome(), OG_OK);
    assert_int_equal(
        OUTCOME(og_validate(&scope.access, AT(struct message, &host), &message_rule, &fault)),
        OG_OUT_OF_BOUNDS);
    assert_int_equal(OUTCOME(og_validate(&scope.access, AT(struct message, fake.end - 8),
                                         &message_rule, &fault)),
                     OG_OUT_OF_BOUNDS);
    assert_int_equal(OUTCOME(og_validate(&scope.access, AT(struct message, fake.heap + 4),
                                         &message_rule, &fault)),
                     OG_MISALIGNED);
    assert_int_equal(OUTCOME(og_validate_array_of(&scope.access, AT(struct message, fake.heap),
                                                  SIZE_MAX / 2, &message_rule, &fault)),
                     OG_OVERFLOW);
}

static void enum_field_is_compared_by_its_bytes(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static const int64_t values[] = {-1, UINT32_MAX - 1};
    static const struct og_rule rule = {
        .kind = OG_ENUM, .name = "e", .size = 4, .values = values, .value_count = 2};
    const struct {
        int number;
        enum og_error want;
    } cases[] = {{-1, OG_OK}, {-2, OG_OK}, {-3, OG_INVALID}, {1, OG_INVALID}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AS_FOREIGN_CODE(int, fake.heap) = cases[i].number;
        assert_int_equal(OUTCOME(og_validate(&scope.access, AT(int, fake.heap), &rule, &fault)),
                         cases[i].want);
    }
}

static void rule_of_a_size_that_its_kind_has_not_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static const struct og_rule fields[] = {
        {.kind = OG_BOOL, .size = 2},
        {.kind = OG_SIGNED, .size = 3},
        {.kind = OG_UNSIGNED, .size = 16, .high.u = UINT64_MAX},
        {.kind = OG_ENUM, .size = 3, .values = colours, .value_count = 3},
        {.kind = OG_POINTER, .size = sizeof(void *) / 2, .nullable = 1},
        {.kind = OG_FUNCTION, .size = sizeof(void *) / 2, .nullable = 1},
        {.kind = OG_STRUCT, .size = 0},
        {.kind = OG_BOOL, .size = 1, .count = SIZE_MAX},
        {.kind = OG_SIGNED, .size = 2, .count = SIZE_MAX / 2 + 1},
        {.kind = OG_BOOL, .size = 1, .offset = SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct og_rule rule = {
            .kind = OG_STRUCT, .size = 16, .fields = &fields[i], .field_count = 1};
        assert_null(
            OG_PLAIN(og_validate_rule_at(&scope.access, fake.heap, 16, 1, 1, &rule, &fault)));
        assert_int_equal(fault.error, OG_BAD_ARGUMENT);
    }
    /* Nothing encloses it, so there is no field that could count. */
    static const struct og_rule counted = {
        .kind = OG_POINTER, .size = 8, .counted = 1, .counted_size = 8, .nullable = 1};
    assert_int_equal(OUTCOME(og_validate(&scope.access, AT(uint64_t, fake.heap), &counted, &fault)),
                     OG_BAD_ARGUMENT);
}

static void function_pointer_that_may_not_be_null_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static const struct og_rule rule = {
        .kind = OG_FUNCTION, .name = "f", .size = sizeof(uintptr_t)};
    AS_FOREIGN_CODE(uintptr_t, fake.heap) = 0;
    assert_int_equal(OUTCOME(og_validate(&scope.access, AT(uintptr_t, fake.heap), &rule, &fault)),
                     OG_INVALID);
    AS_FOREIGN_CODE(uintptr_t, fake.heap) = fake.callback;
    assert_int_equal(OUTCOME(og_validate(&scope.access, AT(uintptr_t, fake.heap), &rule, &fault)),
                     OG_OK);
}

static void rule_that_would_read_past_the_object_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static const struct og_rule outside = {
        .kind = OG_UNSIGNED, .name = "x", .offset = 4, .size = 8, .high.u = UINT64_MAX};
    static const struct og_rule odd = {.kind = OG_UNSIGNED, .name = "x", .size = 3};
    static const struct og_rule far = {.kind = OG_BOOL, .name = "x", .size = 1, .count = 9};
    static const struct og_rule counted = {.kind = OG_POINTER,
                                           .name = "x",
                                           .size = 8,
                                           .pointee_size = 1,
                                           .pointee_alignment = 1,
                                           .rights = OG_READ,
                                           .counted = 1,
                                           .counted_offset = 8,
                                           .counted_size = 4};
    const struct og_rule *fields[] = {&outside, &odd, &far, &counted};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct og_rule rule = {
            .kind = OG_STRUCT, .size = 8, .fields = fields[i], .field_count = 1};
        assert_int_equal(
            OUTCOME(og_validate(&scope.access, AT(uint64_t, fake.heap), &rule, &fault)),
            OG_BAD_ARGUMENT);
    }
    const struct og_rule wrong_size = {.kind = OG_ANY, .size = 4};
    assert_int_equal(
        OUTCOME(og_validate(&scope.access, AT(uint64_t, fake.heap), &wrong_size, &fault)),
        OG_BAD_ARGUMENT);
    const struct og_rule unknown = {.kind = (enum og_kind)99, .size = 8};
    assert_int_equal(OUTCOME(og_validate(&scope.access, AT(uint64_t, fake.heap), &unknown, &fault)),
                     OG_BAD_ARGUMENT);
    const struct og_rule empty = {.kind = OG_STRUCT, .size = 0};
    assert_null(
        OG_PLAIN(og_validate_rule_at(&scope.access, fake.heap, 0, SIZE_MAX, 1, &empty, &fault)));
    assert_int_equal(fault.error, OG_BAD_ARGUMENT);
    struct og_rule endless = {.kind = OG_STRUCT, .size = 8, .field_count = 1};
    endless.fields = &endless;
    assert_int_equal(OUTCOME(og_validate(&scope.access, AT(uint64_t, fake.heap), &endless, &fault)),
                     OG_BAD_ARGUMENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(bool_is_zero_or_one),
        TEST(range_has_both_ends_and_nothing_outside),
        TEST(unsigned_range_does_not_take_large_numbers_for_negative),
        TEST(enum_is_one_of_its_enumerators),
        TEST(pointer_must_lead_into_the_domain),
        TEST(string_ends_within_its_bound),
        TEST(string_ends_before_its_region_does),
        TEST(strings_end_with_a_null_and_each_with_a_nul),
        TEST(strings_are_together_no_longer_than_the_memory),
        TEST(utf8_is_what_the_unicode_table_says),
        TEST(array_lies_inside_and_is_aligned),
        TEST(array_of_bools_names_the_first_bad_one),
        TEST(struct_with_every_field_right_is_accepted),
        TEST(struct_is_refused_for_each_field_by_name),
        TEST(struct_lies_inside_and_is_aligned),
        TEST(enum_field_is_compared_by_its_bytes),
        TEST(rule_of_a_size_that_its_kind_has_not_is_refused),
        TEST(function_pointer_that_may_not_be_null_is_refused),
        TEST(rule_that_would_read_past_the_object_is_refused),
    };
    return cmocka_run_group_tests_name("core-validate", tests, NULL, NULL);
}
