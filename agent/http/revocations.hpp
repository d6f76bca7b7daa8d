#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/http/pem.hpp"

namespace standin::http {

/// The revoked certificates of CAs (RFC 5280, section 5), from one file. Immutable.
///
/// A list that has passed its next update is still used: revoked certificates stay revoked. The caller decides whether
/// that is reported (TlsCredentials). Lists of a part of a CA's certificates and delta lists are refused: with them a
/// certificate that is revoked elsewhere could be used.
class Revocations {
  public:
    /// Each list must be signed by one of `authorities` with the right to sign lists. InvalidInput says what is wrong.
    static base::Result<Revocations> from(std::string_view pem, const std::vector<CertificatePointer>& authorities);

    [[nodiscard]] bool revokes(const X509* certificate) const;
    [[nodiscard]] std::size_t count() const;
    /// When the first of the lists should be replaced; the far future if no list says so.
    [[nodiscard]] base::WallTime nextUpdate() const;
    [[nodiscard]] base::WallTime lastUpdate() const;
    /// True if for one of the CAs this list is older than in `other`.
    [[nodiscard]] bool isOlderThan(const Revocations& other) const;
    /// Names of the CAs among `authorities` without a list.
    [[nodiscard]] std::vector<std::string> uncovered(const std::vector<CertificatePointer>& authorities) const;

  private:
    struct List {
        RevocationListPointer list;
        CertificatePointer signer;
    };
    std::vector<List> lists_;
};

}  // namespace standin::http
