/* The generated stubs of the copying discipline. */
#include "omniglot/bindgen/tests/sample/sample-copying.h"

#include "omniglot/bindgen/tests/sample-calls.h"

int main(void)
{
    return run_sample_tests("bindgen-copying");
}
