#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/result.hpp"
#include "coordinator/traps/trap.hpp"

namespace Poco {
class RegularExpression;
}

namespace standin::traps {

/// Why something does not match, in words. Words cost more than the comparison, and a storm asks for none: with
/// `Words::Spared` the text stays empty.
enum class Words { Wanted, Spared };
using Mismatch = std::optional<std::string>;

/// What a rule asks of one varbind. Everything that is set must hold; an absent varbind fulfils nothing but `present:
/// false`.
struct ValueCondition {
    Oid oid;
    bool present = true;
    std::optional<unsigned> byte;       ///< look at this byte (from 0) of the octets as a number, not at the whole
    std::optional<std::string> equals;  ///< the value as VarBind::text() shows it
    std::optional<std::int64_t> at_least, at_most;           ///< both included
    std::string pattern_text;                                ///< as written, for explanations
    std::shared_ptr<const Poco::RegularExpression> pattern;  ///< found anywhere in the text (PCRE)

    /// Nullopt if it holds, else why not: `1.3.… is '2', not '4'`.
    [[nodiscard]] Mismatch violation(const Trap& trap, Words words) const;

    /// Compiles `text` into `pattern`; InvalidInput says where the expression is wrong.
    base::Result<void> setPattern(const std::string& text);
};

}  // namespace standin::traps
