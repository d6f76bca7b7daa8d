#pragma once

#include <Poco/AutoPtr.h>
#include <Poco/Net/Context.h>

#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/base/yaml_reader.hpp"
#include "agent/http/tls_credentials.hpp"

namespace Poco::Net {
class SecureStreamSocket;
}

namespace standin::http {

/// `tls: {ca_file, certificate_file, key_file, crl_file?}`.
TlsFiles tlsFilesFrom(base::YamlReader& reader);

/// Initialises Poco's TLS during its lifetime; one in main().
class TlsLibrary {
  public:
    TlsLibrary();
    ~TlsLibrary();
    TlsLibrary(const TlsLibrary&) = delete;
    TlsLibrary& operator=(const TlsLibrary&) = delete;
};

using TlsContext = Poco::AutoPtr<Poco::Net::Context>;

/// Requires TLS 1.2 or newer; a peer without a certificate of the CA, or with a revoked one, is rejected in the
/// handshake. Each handshake uses the present content of the credentials. InvalidInput: they cannot be used.
base::Result<TlsContext> serverContext(const std::shared_ptr<TlsCredentials>& credentials);
base::Result<TlsContext> clientContext(const std::shared_ptr<TlsCredentials>& credentials);
/// With credentials that are never reloaded.
base::Result<TlsContext> serverContext(const TlsFiles& files);
base::Result<TlsContext> clientContext(const TlsFiles& files);

/// True if the server's certificate names `host` (DNS name or IP address) in its subject alternative names.
bool certificateNames(Poco::Net::SecureStreamSocket& socket, const std::string& host);

}  // namespace standin::http
