#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace standin::audit {

/// One entry of an audit as it is kept. Entries form a chain: each has the hash of the one before, and its own hash
/// is made from that and from all that it says, so that an entry which is changed, left out or moved shows. Somebody
/// who can write everything can also rebuild the whole chain: note the newest hash elsewhere from time to time
/// (`AuditMark`).
struct Link {
    std::uint64_t number = 0;  ///< from 1, without gaps
    std::string at;            ///< RFC 3339
    std::string who;
    std::string what;
    std::string outcome;
    std::string previous;  ///< hash of the entry before; beginning() for the first
    std::string hash;      ///< empty: written by a release before there were hashes
};

/// An entry's number and hash, `17:9f86…`.
struct AuditMark {
    std::uint64_t number = 0;
    std::string hash;
    [[nodiscard]] std::string text() const { return std::to_string(number) + ":" + hash; }
    static std::optional<AuditMark> parse(const std::string& text);
    bool operator==(const AuditMark&) const = default;
};

/// What the first entry follows.
std::string beginning();

/// SHA-256 in hexadecimal over the entry's `previous` and, each with its length, its number and texts.
std::string hashOf(const Link& link);

/// Fills in number, previous and hash of an entry that follows `last`.
void append(Link& link, const AuditMark& last);

/// Goes through a chain from its oldest entry on and says where it breaks.
class Verifier {
  public:
    /// `before`: the newest entry that was forgotten. Without it the first entry is believed to be the oldest one that
    /// is kept.
    explicit Verifier(std::optional<AuditMark> before = {});

    void take(const Link& link);
    /// `newest`: which one has to be the last; 0: there is none.
    void end(const std::optional<AuditMark>& newest);
    /// Says something else that breaks the chain at this place, such as a line that cannot be read.
    void complain(const std::string& sentence) { breaks_.push_back(sentence); }

    [[nodiscard]] const std::vector<std::string>& breaks() const { return breaks_; }
    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    /// In a sentence: how many entries, whether they are whole, and the newest one's mark, to be noted elsewhere.
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] const AuditMark& last() const { return last_; }

  private:
    void place(const Link& link);

    std::vector<std::string> breaks_;
    AuditMark last_;
    bool anchored_ = false;  ///< `last_` is an entry that the next one must follow
    std::uint64_t entries_ = 0;
    std::uint64_t first_ = 0;
};

}  // namespace standin::audit
