/* The foreign library that attacks: one function for each way in which a host and a library
 * exchange something. What it does is the attack's that was prepared last. */
#ifndef ATTACKS_LIBRARY_H
#define ATTACKS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attack_colour { ATTACK_RED, ATTACK_GREEN, ATTACK_BLUE };

struct attack_record {
    enum attack_colour colour;
    bool visible;
    int32_t layer; /* 0 to 7 */
};

typedef uint64_t attack_callback(uint64_t value);
typedef int attack_teller(const char *text);
typedef int attack_hander(const uint8_t *bytes, uint32_t size);
typedef int attack_lister(const char **texts);
typedef int attack_orderer(enum attack_colour colour, bool visible, int layer);

/* Says which attack it is from now on, and where the host's things are. */
void attack_prepare(uint32_t number, const uint64_t *places, uint32_t count, const char *path);
uint64_t attack_run(uint32_t step, uint8_t *loot, uint32_t size, attack_callback *call);

/* What honest libraries do. */
uint32_t attack_add(uint32_t a, uint32_t b);
uint64_t attack_hold(const uint8_t *bytes, uint32_t size); /* returns where they are now */

/* --- values --- */

bool attack_bool(void);
enum attack_colour attack_colour(void);
int attack_layer(void);  /* 0 to 7 */
int attack_status(void); /* 0, or -1 */
int attack_fill(uint8_t *out, size_t *size);
int attack_echo(const uint8_t *in, size_t in_size, uint8_t *out, size_t *out_size);
int attack_record(struct attack_record *record);
int attack_numbers(uint32_t *numbers, size_t count); /* each 0 to 7 */
int attack_tell(attack_teller *tell);
int attack_hand(attack_hander *hand);
int attack_list(attack_lister *list);
int attack_order(attack_orderer *order);
int attack_window(const uint8_t **next, size_t *left);

struct attack_thing;
struct attack_thing *attack_make(void);
int attack_use(struct attack_thing *thing);
void attack_end(struct attack_thing *thing);

#endif
