/* What libogsample's sources share. */
#ifndef BINDGEN_TESTS_MISBEHAVING_H
#define BINDGEN_TESTS_MISBEHAVING_H

/* Which of its lies a function tells; 0: none. */
extern int misbehaving __attribute__((visibility("hidden")));

#endif
