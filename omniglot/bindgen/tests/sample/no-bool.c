/* sample_is_odd, without the prototype that says it returns a bool: a compiler that knows makes
 * one of whatever is returned. sample_low_byte, which returns a whole register. */
#include "omniglot/bindgen/tests/sample/misbehaving.h"

unsigned char sample_is_odd(unsigned number);

unsigned char sample_is_odd(unsigned number)
{
    return (unsigned char)(misbehaving ? 2 : number & 1);
}

unsigned sample_low_byte(unsigned number);

unsigned sample_low_byte(unsigned number)
{
    return misbehaving ? number | 0xabcd00 : number & 255;
}
