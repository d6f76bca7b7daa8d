#include "coordinator/simulation/randomness.hpp"

namespace standin::simulation {

Randomness Randomness::about(std::uint64_t seed, std::string_view what, std::uint64_t occurrence) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : what) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    Randomness mixed(seed ^ hash);
    return Randomness(mixed.next() ^ occurrence * 0x9e3779b97f4a7c15);
}

std::uint64_t Randomness::next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

VirtualTime Randomness::between(VirtualTime least, VirtualTime most) {
    return least +
           VirtualTime(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
}

}  // namespace standin::simulation
