#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/http/tls.hpp"
#include "tests/support/temporary_directory.hpp"

namespace standin::tests {

/// A certificate authority of the test's own, in a directory of its own.
class CertificateAuthority {
  public:
    CertificateAuthority();

    static constexpr int usual_days = 90;  // long before health has anything to say about their end

    /// A certificate whose common name is `name`, good for 127.0.0.1, localhost and `name`. The files of an earlier one
    /// of that name are replaced. Given `latin_1_name`, that is its common name, byte by byte in Latin-1.
    http::TlsFiles issue(const std::string& name, int days = usual_days, const std::string& latin_1_name = "");
    http::TlsFiles issue(const std::string& name, const std::string& latin_1_name);

    /// Takes the newest certificate of that name back; listTo() tells it.
    void revoke(const std::string& name);
    /// Writes the revocation list to `path`, made `age` ago and due to be replaced `due` after now.
    void listTo(const std::string& path, std::chrono::seconds age = std::chrono::seconds(0),
                std::chrono::seconds due = std::chrono::hours(24 * 20));

  private:
    void openssl(std::vector<std::string> arguments);

    TemporaryDirectory directory_;
};

}  // namespace standin::tests
