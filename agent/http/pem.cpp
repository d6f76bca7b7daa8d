#include "agent/http/pem.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

#include "agent/base/durable_file.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

using Input = std::unique_ptr<BIO, FreeOpenSsl>;

constexpr std::size_t largest_file = 16U << 20;  // a revocation list of 300,000 certificates

Input inputOf(std::string_view text) {
    return Input(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Reads one after the other; false: what follows is no end but something broken.
template <typename Pointer, typename Read>
bool readAll(std::string_view pem, std::vector<Pointer>& into, Read read) {
    auto in = inputOf(pem);
    ERR_clear_error();
    while (auto* one = read(in.get())) into.emplace_back(one);
    const auto problem = ERR_peek_last_error();
    ERR_clear_error();
    return ERR_GET_LIB(problem) == ERR_LIB_PEM && ERR_GET_REASON(problem) == PEM_R_NO_START_LINE;
}

base::Result<std::string> textOf(const std::string& path) {
    auto text = base::readGiven(path, largest_file);
    if (!text)
        return failure(ErrorCode::InvalidInput,
                       fmt::format("TLS file '{}' cannot be read ({}); run playbooks/site.yml to issue certificates",
                                   path, text.error().message));
    return text;
}

// Nobody is there to type a pass phrase.
int noPassPhrase(char*, int, int, void*) {
    return 0;
}

}  // namespace

base::Result<std::vector<CertificatePointer>> readCertificates(const std::string& path) {
    auto text = textOf(path);
    if (!text) return failure(text.error());
    std::vector<CertificatePointer> certificates;
    const bool whole =
        readAll(*text, certificates, [](BIO* in) { return PEM_read_bio_X509(in, nullptr, noPassPhrase, nullptr); });
    if (!whole || certificates.empty())
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' does not hold PEM certificates only", path));
    return certificates;
}

base::Result<KeyPointer> readPrivateKey(const std::string& path) {
    auto text = textOf(path);
    if (!text) return failure(text.error());
    auto in = inputOf(*text);
    KeyPointer key(PEM_read_bio_PrivateKey(in.get(), nullptr, noPassPhrase, nullptr));
    ERR_clear_error();
    if (!key)
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' holds no PEM private key without pass phrase", path));
    return key;
}

base::Result<std::vector<RevocationListPointer>> revocationListsIn(std::string_view pem) {
    std::vector<RevocationListPointer> lists;
    const bool whole =
        readAll(pem, lists, [](BIO* in) { return PEM_read_bio_X509_CRL(in, nullptr, noPassPhrase, nullptr); });
    if (!whole) return failure(ErrorCode::InvalidInput, "is no PEM file of revocation lists, or a damaged one");
    return lists;
}

base::WallTime momentOf(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace standin::http
