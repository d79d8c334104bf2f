/* cmocka with the headers it needs before it, and its names kept short. */
#ifndef OMNIGLOT_TESTS_CMOCKA_TESTS_H
#define OMNIGLOT_TESTS_CMOCKA_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
