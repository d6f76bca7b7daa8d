#include "coordinator/traps/oid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "agent/base/text.hpp"

namespace standin::traps {

base::Result<Oid> Oid::parse(std::string_view text) {
    const auto wrong = [&] {
        return base::failure(
            base::ErrorCode::InvalidInput,
            fmt::format("'{}' is not an OID: write numbers with dots between them", base::shortened(text, 80)));
    };
    std::string_view rest = text.starts_with('.') ? text.substr(1) : text;
    std::vector<std::uint32_t> numbers;
    while (true) {
        std::uint32_t number = 0;
        const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        if (problem != std::errc{} || numbers.size() == longest) return wrong();
        numbers.push_back(number);
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        if (rest.empty()) break;
        if (rest.front() != '.') return wrong();
        rest.remove_prefix(1);
    }
    if (numbers.size() < 2) return wrong();
    return Oid(std::move(numbers));
}

std::string Oid::text() const {
    return fmt::format("{}", fmt::join(numbers_, "."));
}

bool Oid::startsWith(const Oid& prefix) const {
    return numbers_.size() >= prefix.numbers_.size() &&
           std::equal(prefix.numbers_.begin(), prefix.numbers_.end(), numbers_.begin());
}

base::Result<OidPattern> OidPattern::parse(std::string_view text) {
    OidPattern pattern;
    pattern.below_ = text.ends_with(".*");
    auto oid = Oid::parse(pattern.below_ ? text.substr(0, text.size() - 2) : text);
    if (!oid) return base::failure(oid.error());
    pattern.oid_ = std::move(oid).value();
    return pattern;
}

bool OidPattern::matchesWithoutZero(const std::vector<std::uint32_t>& numbers) const {
    const auto& wanted = oid_.numbers();
    const std::size_t behind = below_ ? 0 : 1;  // numbers that the pattern has behind the 0
    if (wanted.size() < 2 + behind || wanted[wanted.size() - 1 - behind] != 0) return false;
    const std::size_t before = wanted.size() - 1 - behind;
    if (numbers.size() != before + 1 || (!below_ && numbers.back() != wanted.back())) return false;
    return std::equal(numbers.begin(), numbers.end() - 1, wanted.begin());
}

}  // namespace standin::traps
