/* A C++ library that throws and catches within itself, and one exception that nobody catches. */
#include <stdexcept>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace
{
struct counted {
    static int alive;
    counted()
    {
        alive++;
    }
    ~counted()
    {
        alive--;
    }
};
int counted::alive;

int descend(int depth)
{
    counted here;
    if (depth == 0)
        throw std::runtime_error("the bottom, " + std::to_string(counted::alive) + " deep");
    return descend(depth - 1) + 1;
}
} // namespace

/* How long the message of the exception is, which came from `depth` calls down. */
EXPORT long throw_and_catch(long depth)
{
    try {
        return descend(static_cast<int>(depth));
    } catch (const std::exception &error) {
        return counted::alive == 0 ? static_cast<long>(std::string(error.what()).size()) : -1;
    }
}

EXPORT long out_of_range()
{
    std::vector<int> three{1, 2, 3};
    try {
        return three.at(7);
    } catch (const std::out_of_range &) {
        return 77;
    }
}

EXPORT void throw_out()
{
    throw std::runtime_error("nobody catches this");
}
