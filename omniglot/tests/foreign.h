#ifndef OMNIGLOT_TESTS_FOREIGN_H
#define OMNIGLOT_TESTS_FOREIGN_H

#pragma GCC visibility push(default)

typedef int foreign_callback(int number, double fraction, const char *text);
typedef double foreign_callback_double(double fraction);

struct foreign_large {
    long numbers[5];
};

extern int foreign_counter;
extern const char foreign_text[];

int foreign_count(void); /* 42, 43, ... */
char *foreign_allocate(unsigned long size);
char *foreign_allocate_zeroed(unsigned long count, unsigned long size);
char *foreign_duplicate(const char *text);
void foreign_release(void *memory);
void *foreign_resize(void *memory, unsigned long size);
void *foreign_resize_array(void *memory, unsigned long count, unsigned long size);
void *foreign_align(unsigned long alignment, unsigned long size);
int foreign_keep(const char *text); /* keeps a copy until the next */
const char *foreign_kept(void);
int foreign_call(foreign_callback *callback, int number, double fraction);      /* plus 1 */
double foreign_call_double(foreign_callback_double *callback, double fraction); /* times 2 */
void foreign_spoil(unsigned char *memory, unsigned long size);
struct foreign_large foreign_return_large(long first);

#pragma GCC visibility pop

#endif
