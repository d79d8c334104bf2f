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

#endif
