/* A library that needs a function which no library has. */
long nobody_has_this(long value);

__attribute__((visibility("default"))) long ask(long value)
{
    return nobody_has_this(value);
}
