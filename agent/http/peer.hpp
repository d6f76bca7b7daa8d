#pragma once

#include <openssl/types.h>

#include <string>

namespace standin::http {

/// The owner of a certificate: the common name of its subject.
struct PeerName {
    std::string text;  ///< UTF-8 on one line, suitable for messages, journal and audit
    bool usable =
        false;  ///< false: it is not a valid name (none, several, or invalid bytes), so no role can be given to it
};

PeerName nameOf(const X509* certificate);

}  // namespace standin::http
