#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/http/pem.hpp"

namespace standin::http {

/// The certificates that their CAs have taken back (RFC 5280, section 5), as one file lists them. Immutable.
///
/// A list that has passed its next update still counts: what it names stays revoked. Whether that is reported is the
/// caller's (TlsCredentials). Lists of a part of a CA's certificates, and those that only say what changed, are
/// refused: they would leave a certificate usable that is revoked elsewhere.
class Revocations {
  public:
    /// Each list must be signed by one of `authorities` that may sign lists. InvalidInput says what is wrong.
    static base::Result<Revocations> from(std::string_view pem, const std::vector<CertificatePointer>& authorities);

    [[nodiscard]] bool revokes(const X509* certificate) const;
    [[nodiscard]] std::size_t count() const;
    /// When the first of the lists should be replaced by a newer one; the far future where none says so.
    [[nodiscard]] base::WallTime nextUpdate() const;
    [[nodiscard]] base::WallTime lastUpdate() const;
    /// True if for one of the CAs this is an older list than `other`.
    [[nodiscard]] bool isOlderThan(const Revocations& other) const;
    /// Names of CAs among `authorities` without a list.
    [[nodiscard]] std::vector<std::string> uncovered(const std::vector<CertificatePointer>& authorities) const;

  private:
    struct List {
        RevocationListPointer list;
        CertificatePointer signer;
    };
    std::vector<List> lists_;
};

}  // namespace standin::http
