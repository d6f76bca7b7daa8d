#pragma once

#include <cstdint>
#include <initializer_list>

namespace standin::http {

/// The access that a route demands. roles.hpp says which roles give it.
enum class Access : std::uint8_t {
    Read,     ///< changes nothing and sends no request elsewhere
    Command,  ///< changes something; agents also demand the headers Standin-Epoch and Standin-Operation
    Content,  ///< returns the content of a disk
    Confirm,  ///< relies on a person's word alone, or discards data that cannot be recovered
    Probe  ///< changes nothing, but sends requests to a job's machine; not a command, so other commands do not wait for
           ///< it
};

/// The accesses of a certificate's name.
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
