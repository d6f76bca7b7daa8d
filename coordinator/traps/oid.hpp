#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::traps {

/// An SNMP object identifier, e.g. `1.3.6.1.4.1.3183.1.1.0.487169`; at most 128 numbers (RFC 2578, 3.5).
class Oid {
  public:
    static constexpr std::size_t longest = 128;

    Oid() = default;
    explicit Oid(std::vector<std::uint32_t> numbers) : numbers_(std::move(numbers)) {}

    /// Dotted numbers, with or without a leading dot. Names ('ifIndex') are not known here: no MIB is read.
    static base::Result<Oid> parse(std::string_view text);

    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool empty() const { return numbers_.empty(); }
    [[nodiscard]] bool startsWith(const Oid& prefix) const;
    [[nodiscard]] const std::vector<std::uint32_t>& numbers() const { return numbers_; }

    auto operator<=>(const Oid&) const = default;

  private:
    std::vector<std::uint32_t> numbers_;
};

/// What a rule says of an OID: exactly this one, or with `.*` at the end this one and all below it.
class OidPattern {
  public:
    static base::Result<OidPattern> parse(std::string_view text);

    /// The 0 before the last number, which RFC 3584 puts into a trap's OID, may be missing: some senders leave it out.
    [[nodiscard]] bool matches(const Oid& oid) const {
        return (below_ ? oid.startsWith(oid_) : oid == oid_) || matchesWithoutZero(oid.numbers());
    }
    /// Whatever `other` matches, this one matches, too.
    [[nodiscard]] bool covers(const OidPattern& other) const {
        return below_ ? other.oid_.startsWith(oid_) : !other.below_ && other.oid_ == oid_;
    }
    [[nodiscard]] std::string text() const { return oid_.text() + (below_ ? ".*" : ""); }
    [[nodiscard]] const Oid& oid() const { return oid_; }
    [[nodiscard]] bool below() const { return below_; }

  private:
    [[nodiscard]] bool matchesWithoutZero(const std::vector<std::uint32_t>& numbers) const;

    Oid oid_;
    bool below_ = false;
};

}  // namespace standin::traps
