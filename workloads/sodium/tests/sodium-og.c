/* libsodium's og stubs: a status that its interface rules out never gets to the caller,
 * and a box that does not open leaves the caller's buffer alone. */
#include "workloads/sodium/sodium-og.h"
#include "omniglot/tests/cmocka-tests.h"
#include "workloads/sodium/tests/forged-box.h"
#include "workloads/tests/lying-library.h"

static const struct og_options none = {.isolation = OG_NONE};
static struct og_fault fault;
static unsigned char in[64];
static unsigned char out[64 + crypto_secretbox_MACBYTES];
static const unsigned char nonce[crypto_secretbox_NONCEBYTES];
static const unsigned char key[crypto_secretbox_KEYBYTES];

static void open_liar(struct sodium *sodium)
{
    char path[PATH_MAX];
    assert_true(lying_library_find(path, "sodium"));
    assert_int_equal(sodium_open_from(sodium, path, &none, &fault), OG_OK);
}

static void a_status_that_libsodium_does_not_have_is_refused(void **state)
{
    (void)state;
    int result;
    struct sodium liar = {0};
    open_liar(&liar);
    assert_int_equal(call_sodium_init(&liar, &result, &fault), OG_CONTRACT);
    assert_int_equal(call_crypto_hash_sha256(&liar, &result, out, in, sizeof(in), &fault),
                     OG_CONTRACT);
    assert_string_equal(fault.symbol, "crypto_hash_sha256");
    assert_int_equal(call_crypto_hash_sha512(&liar, &result, out, in, sizeof(in), &fault),
                     OG_CONTRACT);
    assert_int_equal(
        call_crypto_generichash(&liar, &result, out, 32, in, sizeof(in), NULL, 0, &fault),
        OG_CONTRACT);
    assert_int_equal(
        call_crypto_secretbox_easy(&liar, &result, out, in, sizeof(in), nonce, key, &fault),
        OG_CONTRACT);
    assert_int_equal(
        call_crypto_secretbox_open_easy(&liar, &result, out, in, sizeof(in), nonce, key, &fault),
        OG_CONTRACT);
    sodium_close(&liar);
}

static void a_forged_box_does_not_open_and_leaves_the_buffer_alone(void **state)
{
    (void)state;
    struct sodium sodium = {0};
    assert_int_equal(sodium_open(&sodium, &none, &fault), OG_OK);
    assert_forged_box_leaves_the_buffer_alone(&sodium);
    sodium_close(&sodium);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_that_libsodium_does_not_have_is_refused),
        cmocka_unit_test(a_forged_box_does_not_open_and_leaves_the_buffer_alone),
    };
    return cmocka_run_group_tests_name("sodium-og", tests, NULL, NULL);
}
