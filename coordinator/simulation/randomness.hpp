#pragma once

#include <cstdint>
#include <string_view>

#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

/// splitmix64: the same numbers from the same seed on every machine and with every library, which the standard's
/// distributions do not promise.
class Randomness {
  public:
    explicit Randomness(std::uint64_t seed) : state_(seed) {}

    /// The random choice for the `occurrence`-th time that something happens. It depends on no other event:
    /// a script from which an action was taken out goes on as before everywhere else.
    static Randomness about(std::uint64_t seed, std::string_view what, std::uint64_t occurrence);

    std::uint64_t next();
    /// 0 … bound - 1. Precondition: bound > 0.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool percent(unsigned chance) { return below(100) < chance; }
    /// Both ends are possible.
    VirtualTime between(VirtualTime least, VirtualTime most);

  private:
    std::uint64_t state_;
};

}  // namespace standin::simulation
