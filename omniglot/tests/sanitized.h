/* Is this built with the address sanitizer, which takes memory, addresses and keys for itself? */
#ifndef OMNIGLOT_TESTS_SANITIZED_H
#define OMNIGLOT_TESTS_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

/* Or with the thread sanitizer, which has handlers of signals wait until a function of its own
 * returns: where a lock has just been taken, too. */
#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZED 1
#elif defined(__has_feature)
#define THREAD_SANITIZED __has_feature(thread_sanitizer)
#else
#define THREAD_SANITIZED 0
#endif

#endif
