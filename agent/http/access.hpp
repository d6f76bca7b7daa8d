#pragma once

#include <cstdint>
#include <initializer_list>

namespace standin::http {

/// The access that a route demands. Which role of which program has it: roles.hpp.
enum class Access : std::uint8_t {
    Read,     ///< changes nothing and asks nobody else
    Command,  ///< changes something; agents also demand the headers Standin-Epoch and Standin-Operation
    Content,  ///< hands out what a disk holds
    Confirm,  ///< rests on a person's word alone, or discards what cannot be had again
    Probe     ///< changes nothing, but sends requests to a job's machine; no command, so none waits for its end
};

/// What a certificate's name may do.
class Grants {
  public:
    constexpr Grants() = default;
    constexpr Grants(std::initializer_list<Access> all) {
        for (const auto one : all) bits_ = static_cast<std::uint8_t>(bits_ | bit(one));
    }
    [[nodiscard]] constexpr bool may(Access access) const { return (bits_ & bit(access)) != 0; }
    [[nodiscard]] constexpr bool none() const { return bits_ == 0; }
    constexpr void add(Grants more) { bits_ = static_cast<std::uint8_t>(bits_ | more.bits_); }

  private:
    static constexpr std::uint8_t bit(Access access) {
        return static_cast<std::uint8_t>(1U << static_cast<std::uint8_t>(access));
    }
    std::uint8_t bits_ = 0;
};

}  // namespace standin::http
