#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace standin::audit {

/// One entry of an audit as it is stored. Entries form a chain: each contains the hash of the one before, and its own
/// hash covers that and its content, so that a changed, removed or moved entry is detected. An attacker who can write
/// everything can also rebuild the whole chain: note the newest hash elsewhere from time to time (`AuditMark`).
struct Link {
    std::uint64_t number = 0;  ///< from 1, without gaps
    std::string at;            ///< RFC 3339
    std::string who;
    std::string what;
    std::string outcome;
    std::string previous;  ///< hash of the entry before; beginning() for the first
    std::string hash;      ///< empty: written by a release without hashes
};

/// An entry's number and hash, `17:9f86…`.
struct AuditMark {
    std::uint64_t number = 0;
    std::string hash;
    [[nodiscard]] std::string text() const { return std::to_string(number) + ":" + hash; }
    static std::optional<AuditMark> parse(const std::string& text);
    bool operator==(const AuditMark&) const = default;
};

/// The `previous` of the first entry.
std::string beginning();

/// SHA-256 in hexadecimal over the entry's `previous` and, each with its length, its number and texts.
std::string hashOf(const Link& link);

/// Sets number, previous and hash of an entry that follows `last`.
void append(Link& link, const AuditMark& last);

/// Checks a chain from its oldest entry on and reports where it is broken.
class Verifier {
  public:
    /// `before`: the newest entry that was forgotten. Without it the first entry is assumed to be the oldest one kept.
    explicit Verifier(std::optional<AuditMark> before = {});

    void take(const Link& link);
    /// `newest`: the expected last entry; 0: there is none.
    void end(const std::optional<AuditMark>& newest);
    /// Reports another break of the chain at this place, such as an unreadable line.
    void complain(const std::string& sentence) { breaks_.push_back(sentence); }

    [[nodiscard]] const std::vector<std::string>& breaks() const { return breaks_; }
    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    /// A sentence: the number of entries, whether the chain is intact, and the newest entry's mark, to be noted
    /// elsewhere.
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] const AuditMark& last() const { return last_; }

  private:
    void place(const Link& link);

    std::vector<std::string> breaks_;
    AuditMark last_;
    bool anchored_ = false;  ///< the next entry must follow `last_`
    std::uint64_t entries_ = 0;
    std::uint64_t first_ = 0;
};

}  // namespace standin::audit
