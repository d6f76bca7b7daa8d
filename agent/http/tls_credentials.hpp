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

/// Every part has a certificate of the team's own CA and talks only to parts that have one too.
struct TlsFiles {
    std::string ca;
    std::string certificate;
    std::string key;
    std::string crl{};         ///< revoked certificates; empty: none is looked for
    std::string crl_memory{};  ///< where the last good list is kept; empty: nowhere
};

/// What a handshake is made with. Immutable; a reload replaces it whole.
struct TlsMaterial {
    std::vector<CertificatePointer> chain;  ///< the own certificate first
    KeyPointer key;
    std::vector<CertificatePointer> authorities;
    StorePointer store;  ///< of the authorities
};

/// The certificate, key, CAs and revocation list that this program shows and asks for, as they are now. New handshakes
/// use what was read last; connections that stand go on. Safe to call from any thread.
///
/// What cannot be used leaves in force what was: a new certificate without its key, a list that is missing, damaged, of
/// another CA or older than the one before. A list that has passed its next update stays in force. Each of these is a
/// problem (checkHealth() in tls_health.hpp). The last good list is also kept in `crl_memory`, so that it outlives the
/// program; only where there is none either does open() fail.
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
    /// Grows with everything that was reloaded; a connection that was made before may have been made with something
    /// else.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] const TlsFiles& files() const { return files_; }

    struct Problems {
        std::string files;        ///< why the certificate's files on the disk are not in force; empty = they are
        std::string revocations;  ///< the same of the list
    };
    [[nodiscard]] Problems problems() const;

  private:
    explicit TlsCredentials(TlsFiles files) : files_(std::move(files)) {}
    base::Result<void> reloadFiles();
    base::Result<void> reloadList();
    base::Result<void> takeList(const std::string& pem);

    const TlsFiles files_;
    mutable std::mutex mutex_;
    std::mutex reloading_;  ///< one at a time
    std::shared_ptr<const TlsMaterial> material_;
    std::shared_ptr<const Revocations> revocations_;
    Problems problems_;
    std::string list_stamp_;  ///< of the file that was read last
    std::atomic<std::uint64_t> generation_{0};
};

}  // namespace standin::http
