#include "agent/http/tls.hpp"

#include <Poco/Net/NetSSL.h>
#include <Poco/Net/RejectCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/X509Certificate.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "agent/http/tls_handshake.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

TlsFiles tlsFilesFrom(base::YamlReader& reader) {
    auto tls = reader.map("tls");
    TlsFiles files{tls.text("ca_file"), tls.text("certificate_file"), tls.text("key_file")};
    files.crl = tls.text("crl_file", "");
    tls.finish();
    return files;
}

TlsLibrary::TlsLibrary() {
    Poco::Net::initializeSSL();
    Poco::SharedPtr<Poco::Net::InvalidCertificateHandler> reject_server(new Poco::Net::RejectCertificateHandler(true));
    Poco::SharedPtr<Poco::Net::InvalidCertificateHandler> reject_client(new Poco::Net::RejectCertificateHandler(false));
    Poco::Net::SSLManager::instance().initializeServer(nullptr, reject_server, nullptr);
    Poco::Net::SSLManager::instance().initializeClient(nullptr, reject_client, nullptr);
}

TlsLibrary::~TlsLibrary() {
    Poco::Net::uninitializeSSL();
}

namespace {

base::Result<TlsContext> contextFor(Poco::Net::Context::Usage usage,
                                    const std::shared_ptr<TlsCredentials>& credentials) {
    const auto& files = credentials->files();
    try {
        Poco::Net::Context::Params params;
        params.caLocation = files.ca;
        params.certificateFile = files.certificate;
        params.privateKeyFile = files.key;
        params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
        params.verificationDepth = 4;
        params.loadDefaultCAs = false;  // the team's CA only: certificates of public CAs are not trusted here
        TlsContext context(new Poco::Net::Context(usage, params));
        context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        // Names are checked by certificateNames(), which also knows IP addresses.
        context->enableExtendedCertificateVerification(false);
        // A session that is resumed would not ask again for the certificate.
        SSL_CTX_set_session_cache_mode(context->sslContext(), SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(context->sslContext(), SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context->sslContext(), 0);
        bindCredentials(context->sslContext(), credentials);
        return context;
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("could not use TLS certificate '{}' with key '{}' and CA '{}': {}",
                                   files.certificate, files.key, files.ca, exception.displayText()));
    }
}

base::Result<TlsContext> contextFor(Poco::Net::Context::Usage usage, const TlsFiles& files) {
    auto credentials = TlsCredentials::open(files);
    if (!credentials) return failure(credentials.error());
    return contextFor(usage, *credentials);
}

}  // namespace

base::Result<TlsContext> serverContext(const std::shared_ptr<TlsCredentials>& credentials) {
    return contextFor(Poco::Net::Context::SERVER_USE, credentials);
}
base::Result<TlsContext> clientContext(const std::shared_ptr<TlsCredentials>& credentials) {
    return contextFor(Poco::Net::Context::CLIENT_USE, credentials);
}
base::Result<TlsContext> serverContext(const TlsFiles& files) {
    return contextFor(Poco::Net::Context::SERVER_USE, files);
}
base::Result<TlsContext> clientContext(const TlsFiles& files) {
    return contextFor(Poco::Net::Context::CLIENT_USE, files);
}

bool certificateNames(Poco::Net::SecureStreamSocket& socket, const std::string& host) {
    if (!socket.havePeerCertificate()) return false;
    auto certificate = socket.peerCertificate();
    auto* x509 = const_cast<X509*>(certificate.certificate());
    return X509_check_ip_asc(x509, host.c_str(), 0) == 1 ||
           X509_check_host(x509, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

}  // namespace standin::http
