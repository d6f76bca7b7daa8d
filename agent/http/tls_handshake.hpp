#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace standin::http {

class TlsCredentials;

/// Has all handshakes of `context` made with what `credentials` hold at that moment: the own certificate and key, and
/// for the peer's certificate the CAs and the revocation list. The context keeps the credentials.
void bindCredentials(SSL_CTX* context, std::shared_ptr<TlsCredentials> credentials);

/// Those that were bound; null if none were.
std::shared_ptr<TlsCredentials> credentialsOf(SSL_CTX* context);

/// Why the last peer's certificate was refused in a handshake of this thread, with its name; empty when the
/// last one was accepted, or showed none. OpenSSL reports only that there was one.
std::string lastRefusal();
void forgetLastRefusal();

}  // namespace standin::http
