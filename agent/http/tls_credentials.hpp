#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/http/pem.hpp"
#include "agent/http/revocations.hpp"

namespace standin::http {

/// The files of a program's TLS. Every part has a certificate of the site's own CA and communicates only with parts
/// that have one, too.
struct TlsFiles {
    std::string ca;
    std::string certificate;
    std::string key;
    std::string crl{};         ///< revoked certificates; empty: revocation is not checked
    std::string crl_memory{};  ///< where the last good list is stored; empty: nowhere
};

/// What a handshake uses. Immutable; a reload replaces it as a whole.
struct TlsMaterial {
    std::vector<CertificatePointer> chain;  ///< the own certificate first
    KeyPointer key;
    std::vector<CertificatePointer> authorities;
    StorePointer store;  ///< of the authorities
};

/// The present certificate, key, CAs and revocation list of this program. New handshakes use what was read last;
/// existing connections continue. Thread-safe.
///
/// Material that cannot be used does not replace the present one: a new certificate without its key, or a list that is
/// missing, damaged, of another CA or older than the present one. A list that has passed its next update stays in
/// force. Each of these is reported (checkHealth() in tls_health.hpp). The last good list is also stored in
/// `crl_memory`, so that it outlives the program; open() fails only if neither can be used.
class TlsCredentials {
  public:
    /// InvalidInput says which file is wrong.
    static base::Result<std::shared_ptr<TlsCredentials>> open(const TlsFiles& files);

    /// Reads everything again. InvalidInput: what was wrong; the rest is in force.
    base::Result<void> reload();
    /// Reads the revocation list again if its file was changed; true if it was.
    bool reloadChangedList();

    [[nodiscard]] std::shared_ptr<const TlsMaterial> material() const;
    [[nodiscard]] std::shared_ptr<const Revocations> revocations() const;  ///< null: no list is configured
    [[nodiscard]] bool isRevoked(const X509* certificate) const;
    /// Increases with each reload; an older connection may have been opened with other material.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] const TlsFiles& files() const { return files_; }

    struct Problems {
        std::string files;        ///< why the certificate files on the disk are not in force; empty: they are
        std::string revocations;  ///< likewise for the list
    };
    [[nodiscard]] Problems problems() const;

  private:
    explicit TlsCredentials(TlsFiles files) : files_(std::move(files)) {}
    base::Result<void> reloadFiles();
    base::Result<void> reloadList();
    base::Result<void> takeList(const std::string& pem);

    const TlsFiles files_;
    mutable std::mutex mutex_;
    std::mutex reloading_;  ///< one reload at a time
    std::shared_ptr<const TlsMaterial> material_;
    std::shared_ptr<const Revocations> revocations_;
    Problems problems_;
    std::string list_stamp_;  ///< of the file read last
    std::atomic<std::uint64_t> generation_{0};
};

}  // namespace standin::http
