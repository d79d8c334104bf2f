/* The library that attacks, as every system's stubs see it. */
#include "attacks/library.h"
#include <omniglot/interface.h>

OG_LIBRARY(attacks, "libattacks.so");

uint64_t called_back(uint64_t value) OG_CALLED_BACK;
int told(const char *text OG_STRING) OG_CALLED_BACK;
int handed(const uint8_t *bytes OG_IN(size), uint32_t size) OG_CALLED_BACK;
int listed(const char **texts OG_STRINGS) OG_CALLED_BACK;
int ordered(enum attack_colour colour, bool visible, int layer OG_RANGE(0, 7)) OG_CALLED_BACK;

void attack_prepare(uint32_t number, const uint64_t *places OG_IN(count), uint32_t count,
                    const char *path OG_STRING);
uint64_t attack_run(uint32_t step, uint8_t *loot OG_OUT(size), uint32_t size,
                    attack_callback *call OG_CALLBACK(called_back));
uint32_t attack_add(uint32_t a, uint32_t b);
uint64_t attack_hold(const uint8_t *bytes OG_IN(size), uint32_t size);

bool attack_bool(void);
enum attack_colour attack_colour(void);
int attack_layer(void) OG_RANGE(0, 7);
int attack_status(void) OG_RETURNS(0, -1);
int attack_fill(uint8_t *out OG_OUT(*size), size_t *size OG_LENGTH_OF(out)) OG_RETURNS(0);
int attack_echo(const uint8_t *in OG_IN(in_size), size_t in_size, uint8_t *out OG_OUT(*out_size),
                size_t *out_size OG_LENGTH_OF(out)) OG_RETURNS(0);
int attack_record(struct attack_record *record OG_OUT(1)) OG_RETURNS(0);
OG_FIELD(struct attack_record, layer, OG_RANGE(0, 7));
OG_VALIDATE(struct attack_record);
int attack_numbers(uint32_t *numbers OG_OUT(count) OG_RANGE(0, 7), size_t count) OG_RETURNS(0);
int attack_tell(attack_teller *tell OG_CALLBACK(told)) OG_RETURNS(0);
int attack_hand(attack_hander *hand OG_CALLBACK(handed)) OG_RETURNS(0);
int attack_list(attack_lister *list OG_CALLBACK(listed)) OG_RETURNS(0);
int attack_order(attack_orderer *order OG_CALLBACK(ordered)) OG_RETURNS(0);
int attack_window(const uint8_t **next OG_IN_WINDOW(left), size_t *left) OG_RETURNS(0);

struct attack_thing *attack_make(void) OG_RETURNS_HANDLE(thing);
int attack_use(struct attack_thing *thing OG_HANDLE(thing));
void attack_end(struct attack_thing *thing OG_HANDLE_END(thing));
