#include "agent/http/peer.hpp"

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <algorithm>
#include <string_view>

namespace standin::http {

namespace {

// OpenSSL converts what other encodings there are (Latin-1, BMP) and refuses what is not valid in its own.
std::string utf8Of(const ASN1_STRING* value, bool& valid) {
    unsigned char* converted = nullptr;
    const int length = ASN1_STRING_to_UTF8(&converted, value);
    valid = length >= 0;
    if (!valid) {
        const auto* raw = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
        return {raw, static_cast<std::size_t>(ASN1_STRING_length(value))};
    }
    std::string text(reinterpret_cast<const char*>(converted), static_cast<std::size_t>(length));
    OPENSSL_free(converted);
    return text;
}

bool isControl(unsigned char one) {
    return one < 0x20 || one == 0x7f;
}

// U+0080 to U+009F: terminals obey some of them.
bool hasUpperControl(std::string_view utf8) {
    for (std::size_t at = 0; at + 1 < utf8.size(); ++at) {
        const auto second = static_cast<unsigned char>(utf8[at + 1]);
        if (utf8[at] == '\xc2' && second >= 0x80 && second <= 0x9f) return true;
    }
    return false;
}

constexpr const char* no_name = "(no common name)";

/// `text` as far as it can be shown on one line; the rest as '?'.
std::string shownFrom(std::string text, bool valid) {
    constexpr std::size_t longest = 256;  // four times what X.520 allows
    const bool ascii_only = !valid || hasUpperControl(text) || text.size() > longest;
    std::replace_if(
        text.begin(), text.end(),
        [&](char one) {
            const auto byte = static_cast<unsigned char>(one);
            return isControl(byte) || (ascii_only && byte > 0x7f);
        },
        '?');
    return text.substr(0, longest);
}

}  // namespace

PeerName nameOf(const X509* certificate) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (first < 0) return {no_name, false};
    bool valid = false;
    const auto text = utf8Of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)), valid);
    if (text.empty()) return {no_name, false};
    const auto shown = shownFrom(text, valid);
    // Of several names each program would take another one; a name that has to be altered to be shown is another name.
    const bool single = X509_NAME_get_index_by_NID(subject, NID_commonName, first) < 0;
    return {shown, valid && single && shown == text};
}

}  // namespace standin::http
