/* Memory that lives as long as the program's one job: nothing is freed before memory_free. */
#ifndef BINDGEN_MEMORY_H
#define BINDGEN_MEMORY_H

#include <stddef.h>

/* Zeroed. Running out of memory ends the program with a message. */
void *memory_take(size_t size);
/* The same end, for who allocates by other means. */
_Noreturn void memory_is_used_up(void);

/* printf into a string. */
const char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The `length` characters at `text`, as a string. */
const char *memory_copy(const char *text, size_t length);

void memory_free(void);

#endif
