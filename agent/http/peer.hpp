#pragma once

#include <openssl/types.h>

#include <string>

namespace Poco::Net {
class SecureStreamSocket;
}

namespace standin::http {

/// Who a certificate says it belongs to: the common name of its subject.
struct PeerName {
    std::string text;  ///< UTF-8 on one line, fit for a message, a journal and an audit
    bool usable =
        false;  ///< false: it is no name (none, several, or bytes that no name has), and no role can be given to it
};

PeerName nameOf(const X509* certificate);
/// As nameOf(); an empty, unusable name if the peer showed no certificate.
PeerName peerOf(Poco::Net::SecureStreamSocket& socket);

}  // namespace standin::http
