#include "sensors.h"

int sensors_read(bool is_broken, reading_function *hear, void *data)
{
    if (hear(data, "door", true, UNIT_CELSIUS, 21.5))
        return 1;
    hear(data, "roof", false, is_broken ? (enum unit)7 : UNIT_PASCAL, 101325);
    return 2;
}
