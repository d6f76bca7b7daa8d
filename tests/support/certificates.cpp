#include "tests/support/certificates.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <stdexcept>

#include "agent/base/durable_file.hpp"
#include "agent/base/process.hpp"

namespace standin::tests {

namespace {

std::string momentIn(std::chrono::seconds from_now) {
    const auto moment = std::chrono::system_clock::now() + from_now;
    return fmt::format("{:%Y%m%d%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(moment)));
}

}  // namespace

void CertificateAuthority::openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    auto done = base::runToSuccess({arguments, "", std::chrono::seconds(30)});
    if (!done) throw std::runtime_error(done.error().message);
}

CertificateAuthority::CertificateAuthority() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365", "-subj",
             "/CN=test CA", "-keyout", directory_ / "ca.key", "-out", directory_ / "ca.crt"});
    writeFile(directory_ / "index.txt", "");
    writeFile(directory_ / "ca.cnf",
              fmt::format(
                  "[ca]\ndefault_ca = one\n[one]\ndatabase = {0}/index.txt\ndefault_md = sha256\nunique_subject = no\n"
                  "certificate = {0}/ca.crt\nprivate_key = {0}/ca.key\n",
                  directory_.path()));
}

http::TlsFiles CertificateAuthority::issue(const std::string& name, const std::string& latin_1_name) {
    return issue(name, usual_days, latin_1_name);
}

http::TlsFiles CertificateAuthority::issue(const std::string& name, int days, const std::string& latin_1_name) {
    const bool latin_1 = !latin_1_name.empty();
    auto file = [&](const std::string& suffix) { return directory_ / (name + suffix); };
    std::vector<std::string> request{"req",       "-new",       "-newkey",
                                     "ec",        "-pkeyopt",   "ec_paramgen_curve:P-256",
                                     "-nodes",    "-subj",      "/CN=" + (latin_1 ? latin_1_name : name),
                                     "-keyout",   file(".key"), "-out",
                                     file(".csr")};
    if (latin_1) {  // as T61String, as older tools write it
        writeFile(file(".cnf"), "[req]\ndistinguished_name = dn\nstring_mask = nombstr\n[dn]\n");
        request.insert(request.end(), {"-config", file(".cnf")});
    }
    openssl(request);
    writeFile(file(".ext"), fmt::format("subjectAltName=DNS:{},DNS:localhost,IP:127.0.0.1\n", name));
    openssl({"x509", "-req", "-in", file(".csr"), "-CA", directory_ / "ca.crt", "-CAkey", directory_ / "ca.key",
             "-CAcreateserial", "-days", std::to_string(days), "-extfile", file(".ext"), "-out", file(".crt")});
    return {directory_ / "ca.crt", file(".crt"), file(".key")};
}

void CertificateAuthority::revoke(const std::string& name) {
    openssl({"ca", "-config", directory_ / "ca.cnf", "-revoke", directory_ / (name + ".crt")});
}

void CertificateAuthority::listTo(const std::string& path, std::chrono::seconds age, std::chrono::seconds due) {
    openssl({"ca", "-config", directory_ / "ca.cnf", "-gencrl", "-crl_lastupdate", momentIn(-age), "-crl_nextupdate",
             momentIn(due), "-out", directory_ / "ca.crl"});
    writeFile(path, *base::readWhole(directory_ / "ca.crl"));
}

}  // namespace standin::tests
