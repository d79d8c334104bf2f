/* The stubs of the lwIP node against one that breaks its interface: the driver never sees a frame
 * that is not the node's, and the call says why. Compiled for og-pmp and for copy-pmp. */
#include WORKLOAD_STUBS
#include WORKLOAD_DISCIPLINE

#include "lying-node.h"
#include "omniglot/rv32/tests/tap.h"

#include <string.h>

static struct lwip lwip;
static struct lwip_node_frame driver;
static struct og_fault fault;
static unsigned char secret[64] = "the host's";
static unsigned frames;

static void deliver(const unsigned char *frame, size_t size)
{
    (void)frame;
    (void)size;
    frames++;
}

/* Feeds the frame that makes the node do so. */
static enum og_error feed(enum lying what)
{
    unsigned char frame[64] = {(unsigned char)what};
    uintptr_t host = (uintptr_t)secret;
    int result = -1;
    memcpy(frame + 1, &host, sizeof(host));
    frames = 0;
    return call_node_input(&lwip, &result, frame, sizeof(frame), &fault);
}

static void start(void)
{
    int result = -1;
    check(!lwip_node_frame_open(&lwip, &driver, deliver, NULL, &fault));
    check(!call_node_start(&lwip, &result, &driver, &fault) && result == 0);
}

/* What it said was refused, and the node is believed no more until it is reset. */
static void start_again(void)
{
    int result = -1;
    check(call_node_start(&lwip, &result, &driver, &fault) == OG_POISONED);
    check(!instance_reset(&lwip.instance, &fault));
    start();
    check(feed(LYING_IS_HONEST) == OG_OK && frames == 1);
}

static void an_honest_frame_arrives(void)
{
    check(!lwip_open(&lwip, CASE_OPTIONS(), &fault));
    start();
    check(feed(LYING_IS_HONEST) == OG_OK && frames == 1);
}

static void a_frame_in_host_memory_is_refused(void)
{
    check(feed(LYING_SENDS_HOST_MEMORY) == OG_OUT_OF_BOUNDS && frames == 0);
    check(fault.address == (uintptr_t)secret);
    start_again();
}

static void a_frame_that_leaves_the_domain_is_refused(void)
{
    check(feed(LYING_SENDS_PAST_ITS_MEMORY) == OG_OUT_OF_BOUNDS && frames == 0);
    start_again();
}

static void a_frame_longer_than_there_is_is_refused(void)
{
    check(feed(LYING_SENDS_TOO_MUCH) == OG_CONTRACT && frames == 0);
    start_again();
}

static void a_frame_at_null_is_refused(void)
{
    check(feed(LYING_SENDS_NULL) == OG_NULL && frames == 0);
    start_again();
}

static void a_result_that_there_is_not_is_refused(void)
{
    check(feed(LYING_RETURNS_NONSENSE) == OG_CONTRACT && frames == 0);
    check(feed(LYING_IS_HONEST) == OG_OK && frames == 1);
    lwip_close(&lwip);
}

static const struct tap_test tests[] = {
    TAP_TEST(an_honest_frame_arrives),
    TAP_TEST(a_frame_in_host_memory_is_refused),
    TAP_TEST(a_frame_that_leaves_the_domain_is_refused),
    TAP_TEST(a_frame_longer_than_there_is_is_refused),
    TAP_TEST(a_frame_at_null_is_refused),
    TAP_TEST(a_result_that_there_is_not_is_refused),
};

int main(void)
{
    return tap_run(tests, TAP_COUNT(tests));
}
