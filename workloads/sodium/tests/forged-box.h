/* What opening a forged box has to do, through whatever stubs are included before. */
#ifndef WORKLOADS_SODIUM_TESTS_FORGED_BOX_H
#define WORKLOADS_SODIUM_TESTS_FORGED_BOX_H

#include "omniglot/tests/cmocka-tests.h"

static inline void assert_forged_box_leaves_the_buffer_alone(struct sodium *sodium)
{
    static const unsigned char message[64];
    static const unsigned char nonce[crypto_secretbox_NONCEBYTES];
    static const unsigned char key[crypto_secretbox_KEYBYTES];
    unsigned char box[sizeof(message) + crypto_secretbox_MACBYTES];
    unsigned char plain[sizeof(message)] = "as it was";
    struct og_fault fault;
    int result = 1;
    assert_int_equal(call_crypto_secretbox_easy(sodium, &result, box, message, sizeof(message),
                                                nonce, key, &fault),
                     OG_OK);
    assert_int_equal(result, 0);
    box[20] ^= 1;
    assert_int_equal(call_crypto_secretbox_open_easy(sodium, &result, plain, box, sizeof(box),
                                                     nonce, key, &fault),
                     OG_OK);
    assert_int_equal(result, -1);
    assert_string_equal((const char *)plain, "as it was");
}

#endif
