/* The console, and stdout and stderr over it. */
#include "board.h"
#include "kernel.h"

#include <stdio.h>

void kernel_write(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        board_put((uint8_t)text[i]);
}

void kernel_print(const char *text)
{
    while (*text)
        board_put((uint8_t)*text++);
}

void kernel_print_hex(uint32_t number)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        board_put((uint8_t) "0123456789abcdef"[number >> shift & 15]);
}

static int put(char character, FILE *file)
{
    (void)file;
    board_put((uint8_t)character);
    return character;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;
