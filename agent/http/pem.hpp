#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"

/// OpenSSL objects with owners, and functions that read them from PEM files.
namespace standin::http {

struct FreeOpenSsl {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_CRL* list) const { X509_CRL_free(list); }
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    void operator()(X509_STORE_CTX* verification) const { X509_STORE_CTX_free(verification); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* in) const { BIO_free(in); }
};
using CertificatePointer = std::unique_ptr<X509, FreeOpenSsl>;
using RevocationListPointer = std::unique_ptr<X509_CRL, FreeOpenSsl>;
using StorePointer = std::unique_ptr<X509_STORE, FreeOpenSsl>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;

/// All certificates of a file, in order. InvalidInput, with the file's name: it cannot be read, or has none or a broken
/// one.
base::Result<std::vector<CertificatePointer>> readCertificates(const std::string& path);
/// A private key without a pass phrase.
base::Result<KeyPointer> readPrivateKey(const std::string& path);
/// All revocation lists of a text; empty if there is none. InvalidInput: one is broken.
base::Result<std::vector<RevocationListPointer>> revocationListsIn(std::string_view pem);

/// The start of the epoch for a value that cannot be parsed.
base::WallTime momentOf(const ASN1_TIME* time);

}  // namespace standin::http
