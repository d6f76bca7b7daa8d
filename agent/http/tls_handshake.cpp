#include "agent/http/tls_handshake.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "agent/http/peer.hpp"
#include "agent/http/tls_credentials.hpp"

namespace standin::http {

namespace {

using Kept = std::shared_ptr<TlsCredentials>;
using Verification = std::unique_ptr<X509_STORE_CTX, FreeOpenSsl>;

constexpr int longest_chain = 4;

// OpenSSL calls back in the thread that shakes hands, and that thread learns nothing but 'failed'.
thread_local std::string refusal;

void freeKept(void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<Kept*>(kept);
}

int keptIndex() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, freeKept);
    return index;
}

TlsCredentials& keptBy(SSL_CTX* context) {
    return **static_cast<Kept*>(SSL_CTX_get_ex_data(context, keptIndex()));
}

int firstRevoked(const TlsCredentials& credentials, X509_STORE_CTX* verified) {
    const auto* chain = X509_STORE_CTX_get0_chain(verified);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        if (credentials.isRevoked(sk_X509_value(chain, i))) return i;
    }
    return -1;
}

// In place of the context's own store, which is what it was when the program started.
int verifyPeer(X509_STORE_CTX* asked, void*) {
    const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(asked, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto& credentials = keptBy(SSL_get_SSL_CTX(ssl));
    const auto material = credentials.material();
    auto* peer = X509_STORE_CTX_get0_cert(asked);
    const Verification verification(X509_STORE_CTX_new());
    if (!verification || X509_STORE_CTX_init(verification.get(), material->store.get(), peer,
                                             X509_STORE_CTX_get0_untrusted(asked)) != 1) {
        X509_STORE_CTX_set_error(asked, X509_V_ERR_OUT_OF_MEM);
        return 0;
    }
    X509_STORE_CTX_set_default(verification.get(), SSL_is_server(ssl) == 1 ? "ssl_client" : "ssl_server");
    X509_STORE_CTX_set_depth(verification.get(), longest_chain);
    bool good = X509_verify_cert(verification.get()) == 1;
    int problem = X509_STORE_CTX_get_error(verification.get());
    if (good && firstRevoked(credentials, verification.get()) >= 0) {
        good = false;
        problem = X509_V_ERR_CERT_REVOKED;
    }
    X509_STORE_CTX_set_error(asked, good ? X509_V_OK : problem);
    if (good) X509_STORE_CTX_set0_verified_chain(asked, X509_STORE_CTX_get1_chain(verification.get()));
    refusal = good ? std::string()
                   : fmt::format("certificate '{}': {}", nameOf(peer).text, X509_verify_cert_error_string(problem));
    return good ? 1 : 0;
}

int showOwn(SSL* ssl, void*) {
    const auto material = keptBy(SSL_get_SSL_CTX(ssl)).material();
    STACK_OF(X509)* others = sk_X509_new_null();
    for (std::size_t i = 1; i < material->chain.size(); ++i) sk_X509_push(others, material->chain[i].get());
    const int done = SSL_use_cert_and_key(ssl, material->chain.front().get(), material->key.get(), others, 1);
    sk_X509_free(others);
    return done;
}

}  // namespace

void bindCredentials(SSL_CTX* context, std::shared_ptr<TlsCredentials> credentials) {
    SSL_CTX_set_ex_data(context, keptIndex(), new Kept(std::move(credentials)));
    SSL_CTX_set_cert_verify_callback(context, verifyPeer, nullptr);
    SSL_CTX_set_cert_cb(context, showOwn, nullptr);
}

std::shared_ptr<TlsCredentials> credentialsOf(SSL_CTX* context) {
    const auto* kept = static_cast<Kept*>(SSL_CTX_get_ex_data(context, keptIndex()));
    return kept == nullptr ? nullptr : *kept;
}

std::string lastRefusal() {
    return refusal;
}
void forgetLastRefusal() {
    refusal.clear();
}

}  // namespace standin::http
