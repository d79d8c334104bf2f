/* Applies a macro to the slots 000 to 077, in octal: for the functions of which each slot has
 * its own. */
#ifndef OMNIGLOT_NONE_SLOTS_H
#define OMNIGLOT_NONE_SLOTS_H

/* clang-format off */
#define NONE_EIGHT(apply, tens)                                                                    \
    apply(tens##0) apply(tens##1) apply(tens##2) apply(tens##3)                                    \
    apply(tens##4) apply(tens##5) apply(tens##6) apply(tens##7)
#define NONE_SIXTY_FOUR(apply)                                                                     \
    NONE_EIGHT(apply, 00) NONE_EIGHT(apply, 01) NONE_EIGHT(apply, 02) NONE_EIGHT(apply, 03)        \
    NONE_EIGHT(apply, 04) NONE_EIGHT(apply, 05) NONE_EIGHT(apply, 06) NONE_EIGHT(apply, 07)
/* clang-format on */

#endif
