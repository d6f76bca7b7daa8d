#pragma once

#include <algorithm>
#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/base/text.hpp"

namespace standin::base {

/// True for a valid name: 1 to 63 characters of [A-Za-z0-9._@-], starting with a letter or digit. Such a name is safe
/// as a file name, in a URL path and in a log line.
inline bool isIdentifier(std::string_view text) {
    auto alphanumeric = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && text.size() <= 63 && alphanumeric(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '@' || c == '-'; });
}

/// A name with the kind of thing in its type, so that kinds cannot be confused. Empty means 'none'.
template <typename Tag>
class Identifier {
  public:
    Identifier() = default;
    /// Precondition: `text` is a valid identifier or empty; text from outside goes through parse().
    explicit Identifier(std::string text) : text_(std::move(text)) {
        STANDIN_ASSERT(text_.empty() || isIdentifier(text_));
    }

    static Result<Identifier> parse(std::string_view text) {
        if (!isIdentifier(text)) {
            return failure(ErrorCode::InvalidInput,
                           std::string(Tag::noun) + " '" + shortened(text, 80) +
                               "' is not a name: 1 to 63 of letters, digits, '.', '_', '@', '-'");
        }
        return Identifier(std::string(text));
    }

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    auto operator<=>(const Identifier&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Identifier& id) { return out << id.text_; }

  private:
    std::string text_;
};

// clang-format off
struct ServerTag  { static constexpr const char* noun = "server"; };
struct SpareTag   { static constexpr const char* noun = "spare"; };
struct StandInTag { static constexpr const char* noun = "stand-in"; };
struct SegmentTag { static constexpr const char* noun = "segment"; };
struct MemberTag  { static constexpr const char* noun = "member"; };
struct PortTag    { static constexpr const char* noun = "port"; };
struct ImageTag   { static constexpr const char* noun = "image"; };
struct DiskTag    { static constexpr const char* noun = "disk"; };
struct RestoreTag { static constexpr const char* noun = "restore"; };
struct AgentTag   { static constexpr const char* noun = "agent"; };
struct JobTag     { static constexpr const char* noun = "job"; };
// clang-format on

using ServerName = Identifier<ServerTag>;
using SpareName = Identifier<SpareTag>;
using StandInName = Identifier<StandInTag>;  ///< `<server>-<generation>`, e.g. `server01-3`
using SegmentId = Identifier<SegmentTag>;
using MemberName = Identifier<MemberTag>;  ///< a machine on a segment: `server`, `stand-in`, `spare`, `holder`
using PortName = Identifier<PortTag>;      ///< a switch port
using ImageId = Identifier<ImageTag>;
using DiskName = Identifier<DiskTag>;
using RestoreId = Identifier<RestoreTag>;
using AgentName = Identifier<AgentTag>;
using JobName = Identifier<JobTag>;

}  // namespace standin::base

template <typename Tag>
struct std::hash<standin::base::Identifier<Tag>> {
    std::size_t operator()(const standin::base::Identifier<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.text());
    }
};
