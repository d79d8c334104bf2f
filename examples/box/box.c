/* A library of one's own in a box: it gets a text, and fills a buffer that it never sees.
 *
 *   box LIBRARY [ISOLATION]     LIBRARY: the path of libwords.so; ISOLATION: best, mpk, proc,
 *                               none */
#include "words-og.h"

#include <stdio.h>

static enum og_error look_at(struct words *words, const char *text, struct og_fault *fault)
{
    size_t count = 0;
    char longest[32];
    size_t size = sizeof(longest);
    int status = 0;
    enum og_error error = call_words_count(words, &count, text, fault);
    if (!error)
        error = call_words_longest(words, &status, text, longest, &size, fault);
    if (error)
        return error;
    /* What came back is what the interface allows: no more than there was room for. That it ends
     * with a NUL is nothing that the interface says. */
    if (status == 0)
        printf("%zu words, the longest is %.*s\n", count, (int)size - 1, longest);
    else
        printf("%zu words, and one that is too long\n", count);
    return OG_OK;
}

int main(int argc, char **argv)
{
    struct og_options options = {.deadline_ms = 1000};
    struct words words = {0};
    struct og_fault fault;
    enum og_error error = OG_OK;
    if (argc < 2) {
        fprintf(stderr, "usage: box LIBRARY [ISOLATION]\n");
        return 2;
    }
    if (argc > 2)
        error = og_isolation_by_name(&options.isolation, argv[2], &fault);
    if (!error)
        error = words_open_from(&words, argv[1], &options, &fault);
    if (!error)
        error = look_at(&words, "a library in a box reaches nothing", &fault);
    if (error)
        fprintf(stderr, "%s: %s\n", og_error_name(error), fault.message);
    words_close(&words);
    return error != OG_OK;
}
