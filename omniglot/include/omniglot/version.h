/* Which version of Omniglot this is: the one place that says so. */
#ifndef OMNIGLOT_VERSION_H
#define OMNIGLOT_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers, as text. While it begins with 0, one with another second number may
 * change what programs are compiled against: they are to be compiled again. */
#define OG_VERSION "0.1.0"

/* The version of the library that the program runs with, as text: OG_VERSION of the headers that it
 * was built from. Never NULL; any thread may call it. Not on the embedded target, where an image is
 * of one build. */
const char *og_version(void);

#ifdef __cplusplus
}
#endif

#endif
