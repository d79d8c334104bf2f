#ifndef BASELINES_TASK_TESTS_LIAR_TASK_H
#define BASELINES_TASK_TESTS_LIAR_TASK_H

enum { LIAR_ANSWER = 77 };

/* The functions of the task. The first argument is an address of the host's. */
enum liar_function {
    LIAR_IS_HONEST,
    LIAR_WRITES_HOST_MEMORY,
    LIAR_SENDS_HOST_MEMORY,
    LIAR_RECEIVES_INTO_HOST_MEMORY,
    LIAR_SENDS_MORE_THAN_IT_HAS,
    LIAR_LIES_ABOUT_THE_SIZE,
    LIAR_ANSWERS_ANOTHER_CALL,
    LIAR_CALLS_A_CALLBACK_THAT_THERE_IS_NOT,
    LIAR_SENDS_AN_UNKNOWN_KIND,
    LIAR_REFUSES_WITH_NO_ERROR,
    LIAR_LOOPS,
    LIAR_SENDS_NOTHING,
    LIAR_RETURNS_AN_ERROR, /* in a message that has none */
    LIAR_REFUSES_WITH_RESULTS,
    LIAR_REFUSES_AS_IF_IT_HAD_FAULTED, /* which only the kernel can know */
    LIAR_CALLS_BACK,                   /* callback 0, and answers what that gave */
    LIAR_CALLS_BACK_FOR_EVER,
};

#endif
