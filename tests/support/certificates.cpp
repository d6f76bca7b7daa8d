#include "tests/support/certificates.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "agent/base/process.hpp"

namespace standin::tests {

namespace {

void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    auto done = base::runToSuccess({arguments, "", std::chrono::seconds(30)});
    if (!done) throw std::runtime_error(done.error().message);
}

}  // namespace

CertificateAuthority::CertificateAuthority() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test CA",
             "-keyout", directory_ / "ca.key", "-out", directory_ / "ca.crt"});
}

http::TlsFiles CertificateAuthority::issue(const std::string& name, const std::string& latin_1_name) {
    const bool latin_1 = !latin_1_name.empty();
    auto file = [&](const std::string& suffix) { return directory_ / (name + suffix); };
    std::vector<std::string> request{"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                     "-subj", "/CN=" + (latin_1 ? latin_1_name : name), "-keyout", file(".key"), "-out", file(".csr")};
    if (latin_1) {  // as T61String, as older tools write it
        writeFile(file(".cnf"), "[req]\ndistinguished_name = dn\nstring_mask = nombstr\n[dn]\n");
        request.insert(request.end(), {"-config", file(".cnf")});
    }
    openssl(request);
    writeFile(file(".ext"), fmt::format("subjectAltName=DNS:{},DNS:localhost,IP:127.0.0.1\n", name));
    openssl({"x509", "-req", "-in", file(".csr"), "-CA", directory_ / "ca.crt", "-CAkey", directory_ / "ca.key", "-CAcreateserial", "-days", "2",
             "-extfile", file(".ext"), "-out", file(".crt")});
    return {directory_ / "ca.crt", file(".crt"), file(".key")};
}

}  // namespace standin::tests
