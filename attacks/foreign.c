/* The foreign library that attacks: each of its functions does what the prepared attack's part of
 * that kind does, or what an honest library would. Values go out as they are: a bool's register may
 * hold anything, which no C function of that type could say. So library.h's functions of such
 * types are not declared here. */
#define attack_bool   declared_bool
#define attack_colour declared_colour
#define attack_layer  declared_layer
#define attack_status declared_status
#include "attacks/attack.h"
#undef attack_bool
#undef attack_colour
#undef attack_layer
#undef attack_status

#include "attacks/foreign-parts.h"

#define EXPORT __attribute__((visibility("default")))

/* What the host of an attack that acts while it is loaded (or unloaded) writes into the library's
 * file, where it finds the marker. */
__attribute__((used)) static volatile struct {
    char marker[16];
    uint32_t number, moment;
    uint64_t places[PLACE_COUNT];
    char path[128];
} at_load = {.marker = "og-attack-load-"};

enum { NEVER, CONSTRUCTOR, DESTRUCTOR, RESOLVER };

static struct attack current;
static const struct foreign_part *part = &foreign_parts[0];
static char path_kept[128];
static uint8_t held[128];

static void prepare(uint32_t number, const volatile uint64_t *places, uint32_t count,
                    const volatile char *path)
{
    uint64_t *words = &current.secret_global;
    for (uint32_t i = 0; i < count && i < PLACE_COUNT; i++)
        words[i] = places[i];
    for (size_t i = 0; i + 1 < sizeof(path_kept) && (path_kept[i] = path[i]); i++)
        path_kept[i + 1] = 0;
    current.path = path_kept;
    part = &foreign_parts[number < FOREIGN_PARTS ? number : 0];
}

EXPORT void attack_prepare(uint32_t number, const uint64_t *places, uint32_t count,
                           const char *path)
{
    prepare(number, places, count, path);
}

/* A copy for each call: several threads may be inside. */
EXPORT uint64_t attack_run(uint32_t step, uint8_t *loot, uint32_t size, attack_callback *call)
{
    struct attack at = current;
    at.step = step;
    at.loot = size >= LOOT_SIZE ? loot : held;
    at.call = call;
    return part->run ? part->run(&at) : 0;
}

EXPORT uint32_t attack_add(uint32_t a, uint32_t b)
{
    return a + b;
}

EXPORT uint64_t attack_hold(const uint8_t *bytes, uint32_t size)
{
    memcpy(held, bytes, size < sizeof(held) ? size : sizeof(held));
    return (uintptr_t)held;
}

/* --- values: the attack's, or an honest one --- */

static uint64_t value_or(uint64_t honest)
{
    return part->value ? part->value(&current) : honest;
}

EXPORT uint32_t attack_bool(void);
EXPORT uint32_t attack_bool(void)
{
    return (uint32_t)value_or(1);
}

EXPORT uint32_t attack_colour(void);
EXPORT uint32_t attack_colour(void)
{
    return (uint32_t)value_or(ATTACK_GREEN);
}

EXPORT uint32_t attack_layer(void);
EXPORT uint32_t attack_layer(void)
{
    return (uint32_t)value_or(3);
}

EXPORT uint32_t attack_status(void);
EXPORT uint32_t attack_status(void)
{
    return (uint32_t)value_or(0);
}

EXPORT int attack_fill(uint8_t *out, size_t *size)
{
    if (part->fill)
        return part->fill(&current, out, size);
    memset(out, 'a', *size);
    return 0;
}

EXPORT int attack_echo(const uint8_t *in, size_t in_size, uint8_t *out, size_t *out_size)
{
    if (part->echo)
        return part->echo(&current, in, in_size, out, out_size);
    *out_size = in_size < *out_size ? in_size : *out_size;
    memcpy(out, in, *out_size);
    return 0;
}

EXPORT int attack_record(struct attack_record *record)
{
    if (part->record)
        return part->record(&current, record);
    *record = (struct attack_record){ATTACK_BLUE, true, 5};
    return 0;
}

EXPORT int attack_numbers(uint32_t *numbers, size_t count)
{
    if (part->numbers)
        return part->numbers(&current, numbers, count);
    for (size_t i = 0; i < count; i++)
        numbers[i] = i & 7;
    return 0;
}

EXPORT int attack_tell(attack_teller *tell)
{
    return part->tell ? part->tell(&current, tell) : (tell("honest"), 0);
}

EXPORT int attack_hand(attack_hander *hand)
{
    static const uint8_t bytes[4] = "abc";
    return part->hand ? part->hand(&current, hand) : (hand(bytes, sizeof(bytes)), 0);
}

EXPORT int attack_list(attack_lister *list)
{
    static const char *texts[] = {"one", "two", NULL};
    return part->list ? part->list(&current, list) : (list(texts), 0);
}

EXPORT int attack_order(attack_orderer *order)
{
    return part->order ? part->order(&current, order) : (order(ATTACK_RED, false, 1), 0);
}

EXPORT int attack_window(const uint8_t **next, size_t *left)
{
    if (part->window)
        return part->window(&current, next, left);
    *next += *left;
    *left = 0;
    return 0;
}

struct attack_thing {
    int used;
};

EXPORT struct attack_thing *attack_make(void)
{
    static struct attack_thing thing;
    return part->thing ? part->thing(&current) : &thing;
}

EXPORT int attack_use(struct attack_thing *thing)
{
    return ++thing->used;
}

EXPORT void attack_end(struct attack_thing *thing)
{
    thing->used = 0;
}

/* --- while the library is loaded or unloaded --- */

static void act_at(uint32_t moment)
{
    if (at_load.moment != moment)
        return;
    prepare(at_load.number, at_load.places, PLACE_COUNT, at_load.path);
    current.loot = held;
    if (part->run)
        part->run(&current);
}

#if defined(__x86_64__)
/* The loader calls it while it relocates the library, before any constructor: the table of parts
 * may not be relocated yet, so that this one does its work by itself. */
static void nothing(void)
{
}

static void (*resolve(void))(void)
{
    if (at_load.moment == RESOLVER)
        kernel3(SYS_open, ADDRESS(at_load.path), 0101, 0600); /* O_CREAT | O_WRONLY */
    return nothing;
}

static void resolved(void) __attribute__((ifunc("resolve")));
#else
static void resolved(void)
{
}
#endif

__attribute__((constructor)) static void construct(void)
{
    resolved();
    act_at(CONSTRUCTOR);
}

__attribute__((destructor)) static void destruct(void)
{
    act_at(DESTRUCTOR);
}
