#include "agent/audit/audit_chain.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "agent/base/number.hpp"

namespace standin::audit {

namespace {

constexpr std::size_t hash_digits = 64;

std::string hexadecimalSha256(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
    std::string hexadecimal;
    for (unsigned int i = 0; i < length; ++i) hexadecimal += fmt::format("{:02x}", digest[i]);
    return hexadecimal;
}

std::string gap(std::uint64_t from, std::uint64_t to) {
    return from == to ? fmt::format("entry {} is missing", from)
                      : fmt::format("entries {} to {} are missing", from, to);
}

}  // namespace

std::optional<AuditMark> AuditMark::parse(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) return std::nullopt;
    AuditMark mark;
    const auto number = base::parseNumber<decltype(mark.number)>(std::string_view(text).substr(0, colon));
    mark.hash = text.substr(colon + 1);
    const bool hexadecimal = mark.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!number || !hexadecimal || mark.hash.size() != hash_digits) return std::nullopt;
    mark.number = *number;
    return mark;
}

std::string beginning() {
    return std::string(hash_digits, '0');
}

std::string hashOf(const Link& link) {
    std::string text = link.previous;
    // With their lengths: otherwise a word could move from one to the next unseen.
    for (const auto& part : {std::to_string(link.number), link.at, link.who, link.what, link.outcome})
        text += fmt::format("\n{}:{}", part.size(), part);
    return hexadecimalSha256(text);
}

void append(Link& link, const AuditMark& last) {
    link.number = last.number + 1;
    link.previous = last.number == 0 ? beginning() : last.hash;
    link.hash = hashOf(link);
}

Verifier::Verifier(std::optional<AuditMark> before) {
    if (!before) return;
    last_ = *before;
    anchored_ = true;
}

// First its place among the others, then the entry itself is checked.
void Verifier::place(const Link& link) {
    const bool begins = !anchored_ && entries_ == 0;
    if (begins) {
        if (link.number == 1 && !link.hash.empty() && link.previous != beginning())
            breaks_.push_back("entry 1 says that another one was before it");
        return;
    }
    if (link.number > last_.number + 1) {
        breaks_.push_back(gap(last_.number + 1, link.number - 1));
    } else if (link.number <= last_.number) {
        breaks_.push_back(fmt::format("entry {} stands behind entry {}", link.number, last_.number));
    } else if (!last_.hash.empty() && !link.hash.empty() && link.previous != last_.hash) {
        breaks_.push_back(
            fmt::format("entry {} does not follow entry {}: one of them was replaced", link.number, last_.number));
    }
}

void Verifier::take(const Link& link) {
    place(link);
    if (link.hash.empty()) {
        breaks_.push_back(fmt::format("entry {} has no hash: it was not written by this program", link.number));
    } else if (hashOf(link) != link.hash) {
        breaks_.push_back(fmt::format("entry {} was changed: its hash is another one", link.number));
    }
    if (entries_ == 0) first_ = link.number;
    ++entries_;
    last_ = {link.number, link.hash};
    anchored_ = true;
}

std::string Verifier::summary() const {
    if (entries_ == 0) return breaks_.empty() ? "the audit is empty" : "the audit is BROKEN";
    return fmt::format("{} entries, {} to {}: {}; the newest is {}", entries_, first_, last_.number,
                       breaks_.empty() ? "the chain is whole" : fmt::format("BROKEN at {} places", breaks_.size()),
                       last_.text());
}

void Verifier::end(const std::optional<AuditMark>& newest) {
    if (!newest || *newest == last_) return;
    if (newest->number > last_.number) {
        breaks_.push_back(gap(last_.number + 1, newest->number) + " at the end");
    } else if (newest->number == last_.number) {
        breaks_.push_back(fmt::format("entry {} is not the one that was written", last_.number));
    } else {
        breaks_.push_back(
            fmt::format("entry {} stands behind entry {}, which was written last", last_.number, newest->number));
    }
}

}  // namespace standin::audit
