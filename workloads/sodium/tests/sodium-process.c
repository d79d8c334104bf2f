/* libsodium's process stubs and worker: failures travel back as statuses without output,
 * and what no honest stub sends is refused by the worker, which goes on. */
#include "workloads/sodium/sodium-process.h"
#include "omniglot/tests/cmocka-tests.h"
#include "workloads/sodium/tests/forged-box.h"

static struct sodium sodium;
static struct og_fault fault;
static unsigned char in[64];
static unsigned char out[64 + crypto_secretbox_MACBYTES];
static const unsigned char nonce[crypto_secretbox_NONCEBYTES];
static const unsigned char key[crypto_secretbox_KEYBYTES];

static int start(void **state)
{
    (void)state;
    sodium = (struct sodium){0};
    return sodium_open(&sodium, NULL, &fault);
}

static int stop(void **state)
{
    (void)state;
    sodium_close(&sodium);
    return 0;
}

static void a_forged_box_does_not_open_and_leaves_the_buffer_alone(void **state)
{
    (void)state;
    assert_forged_box_leaves_the_buffer_alone(&sodium);
}

static void a_box_shorter_than_its_tag_does_not_open(void **state)
{
    (void)state;
    int result = 1;
    assert_int_equal(
        call_crypto_secretbox_open_easy(&sodium, &result, out, in, 3, nonce, key, &fault), OG_OK);
    assert_int_equal(result, -1);
}

static void a_key_of_the_wrong_size_is_refused_and_the_worker_goes_on(void **state)
{
    (void)state;
    int result = 1;
    struct wire_reader results;
    uint64_t generation = process_generation(sodium.instance.sandbox);
    struct wire_writer *arguments =
        process_call_begin(sodium.instance.sandbox, sodium_number_of_crypto_secretbox_easy);
    wire_put_bytes(arguments, in, sizeof(in));
    wire_put_u64(arguments, sizeof(in));
    wire_put_bytes(arguments, nonce, sizeof(nonce));
    wire_put_bytes(arguments, key, sizeof(key) - 1);
    assert_int_equal(process_call_finish(sodium.instance.sandbox, &results, &fault), OG_CONTRACT);
    assert_int_equal(call_crypto_hash_sha256(&sodium, &result, out, in, sizeof(in), &fault), OG_OK);
    assert_int_equal(process_generation(sodium.instance.sandbox), generation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forged_box_does_not_open_and_leaves_the_buffer_alone),
        cmocka_unit_test(a_box_shorter_than_its_tag_does_not_open),
        cmocka_unit_test(a_key_of_the_wrong_size_is_refused_and_the_worker_goes_on),
    };
    return cmocka_run_group_tests_name("sodium-process", tests, start, stop);
}
