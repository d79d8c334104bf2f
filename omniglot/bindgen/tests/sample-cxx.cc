/* A host in C++: it has the generated stubs from sample-cxx-stubs.c. */
#include "omniglot/bindgen/tests/sample/sample-og.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

static int number;

static void report(bool passed, const char *name)
{
    std::printf("%sok %d - %s\n", passed ? "" : "not ", ++number, name);
    if (!passed)
        std::exit(1);
}

static void keep(int code)
{
    std::printf("# called back with %d\n", code);
}

static void use(struct sample *sample)
{
    og_fault fault;
    int result = 0;
    bool truth = false;
    char out[8] = "";
    size_t size = sizeof(out);
    report(!call_sample_add(sample, &result, 1, 2, &fault) && result == 3, "numbers_are_carried");
    report(!call_sample_is_odd(sample, &truth, 3, &fault) && truth, "bools_are_carried");
    report(!call_sample_shout(sample, &result, "hey", out, &size, &fault) && size == 3 &&
               !std::memcmp(out, "HEY", 3),
           "buffers_go_in_and_out");
    sample_tally tally = {};
    report(!call_sample_counter_new(sample, &tally, 4, &fault) &&
               !call_sample_counter_next(sample, &result, &tally, &fault) && result == 4 &&
               !call_sample_counter_free(sample, &tally, &fault),
           "handles_are_the_librarys");
    sample_fail_call call = {};
    report(!sample_fail_call_open(sample, &call, keep, nullptr, &fault) &&
               !call_sample_fail(sample, &result, &call, 5, &fault) && result == 6,
           "callbacks_are_called");
    sample_fail_call_close(sample, &call);
    report(!call_sample_misbehave(sample, 1, &fault) &&
               call_sample_is_odd(sample, &truth, 3, &fault) == OG_CONTRACT,
           "what_is_no_bool_is_refused");
}

int main()
{
    char path[PATH_MAX] = "";
    og_options options = {};
    og_fault fault;
    struct sample sample = {};
    options.isolation = OG_NONE;
    if (readlink("/proc/self/exe", path, sizeof(path) - 32) <= 0)
        return 1;
    std::strcpy(std::strrchr(path, '/'), "/../lib/libogsample.so");
    report(!sample_open_from(&sample, path, &options, &fault), "a_library_is_opened");
    use(&sample);
    sample_close(&sample);
    std::printf("1..%d\n", number);
    return 0;
}
