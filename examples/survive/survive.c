/* A library that writes to the program's memory: the call ends with an error, the library is put
 * back to where it was when it was opened, and the program goes on. Where nothing isolates, it does
 * not open the library.
 *
 *   survive LIBRARY     the path of libfrail.so */
#include "frail-og.h"

#include <stdio.h>

static int secret = 42;

static enum og_error survive(struct frail *frail, struct og_fault *fault)
{
    int calls = 0;
    char text[OG_DESCRIPTION];
    enum og_error error = call_frail_count(frail, &calls, 0, fault);
    if (error)
        return error;
    printf("call %d\n", calls);
    error = call_frail_count(frail, &calls, (unsigned long)&secret, fault);
    if (error != OG_FAULTED)
        return error;
    og_fault_describe(frail->instance.domain, fault, text, sizeof(text));
    fprintf(stderr, "%s\n", text);
    printf("%s; the secret is %d\n", og_error_name(error), secret);
    error = call_frail_count(frail, &calls, 0, fault);
    printf("until it is reset: %s\n", og_error_name(error));
    error = instance_reset(&frail->instance, fault);
    if (!error)
        error = call_frail_count(frail, &calls, 0, fault);
    if (!error)
        printf("call %d\n", calls);
    return error;
}

int main(int argc, char **argv)
{
    const struct og_options options = {.deadline_ms = 1000};
    struct frail frail = {0};
    struct og_fault fault = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: survive LIBRARY\n");
        return 2;
    }
    enum og_error error = frail_open_from(&frail, argv[1], &options, &fault);
    if (!error)
        error = survive(&frail, &fault);
    if (error)
        fprintf(stderr, "%s: %s\n", og_error_name(error), fault.message);
    frail_close(&frail);
    return error != OG_OK;
}
