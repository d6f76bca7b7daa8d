#pragma once

#include <string>

#include "agent/http/tls.hpp"
#include "tests/support/temporary_directory.hpp"

namespace standin::tests {

/// A certificate authority of the test's own, in a directory of its own.
class CertificateAuthority {
  public:
    CertificateAuthority();

    /// A certificate whose common name is `name`, good for 127.0.0.1, localhost and `name`.
    /// Given `latin_1_name`, that is its common name, byte by byte in Latin-1.
    http::TlsFiles issue(const std::string& name, const std::string& latin_1_name = "");

  private:
    TemporaryDirectory directory_;
};

}  // namespace standin::tests
