#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace standin::http {

class TlsCredentials;

/// Makes all handshakes of `context` use the present content of `credentials`: the own certificate and key, and for the
/// peer's certificate the CAs and the revocation list. The context keeps the credentials.
void bindCredentials(SSL_CTX* context, std::shared_ptr<TlsCredentials> credentials);

/// The bound credentials; null if there are none.
std::shared_ptr<TlsCredentials> credentialsOf(SSL_CTX* context);

/// Why the last peer's certificate was refused in a handshake of this thread, with its name; empty if the last one was
/// accepted or presented none. OpenSSL itself reports only that one was refused.
std::string lastRefusal();
void forgetLastRefusal();

}  // namespace standin::http
