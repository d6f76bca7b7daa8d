#include "agent/http/tls_credentials.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "agent/base/durable_file.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

constexpr std::size_t largest_list = 16U << 20;

Result<std::shared_ptr<const TlsMaterial>> readMaterial(const TlsFiles& files) {
    auto material = std::make_shared<TlsMaterial>();
    auto authorities = readCertificates(files.ca);
    if (!authorities) return failure(authorities.error());
    auto chain = readCertificates(files.certificate);
    if (!chain) return failure(chain.error());
    auto key = readPrivateKey(files.key);
    if (!key) return failure(key.error());
    if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("TLS certificate '{}' does not belong to key '{}'", files.certificate, files.key));
    }
    material->chain = std::move(*chain);
    material->key = std::move(*key);
    material->authorities = std::move(*authorities);
    material->store.reset(X509_STORE_new());
    for (const auto& authority : material->authorities) X509_STORE_add_cert(material->store.get(), authority.get());
    return std::shared_ptr<const TlsMaterial>(std::move(material));
}

/// Differs whenever the file is another one or was written to.
std::string stampOf(const std::string& path) {
    struct ::stat found {};
    if (::stat(path.c_str(), &found) != 0) return "absent";
    return fmt::format("{}/{}/{}/{}.{}", found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec,
                       found.st_mtim.tv_nsec);
}

}  // namespace

Result<std::shared_ptr<TlsCredentials>> TlsCredentials::open(const TlsFiles& files) {
    std::shared_ptr<TlsCredentials> made(new TlsCredentials(files));
    if (auto read = made->reloadFiles(); !read) return failure(read.error());
    if (files.crl.empty()) return made;
    const auto read = made->reloadList();
    if (read || made->revocations()) return made;
    // A certificate that was taken back must not come in again because a file is missing when the program starts.
    auto kept = files.crl_memory.empty() ? Result<std::string>(failure(ErrorCode::NotFound, ""))
                                         : base::readWhole(files.crl_memory, largest_list);
    if (!kept) return failure(read.error());
    if (auto taken = made->takeList(*kept); !taken) return failure(read.error());
    return made;
}

Result<void> TlsCredentials::reload() {
    const auto files = reloadFiles();
    const auto list = files_.crl.empty() ? Result<void>() : reloadList();
    return files ? list : files;
}

bool TlsCredentials::reloadChangedList() {
    if (files_.crl.empty()) return false;
    {
        const std::lock_guard lock(mutex_);
        if (stampOf(files_.crl) == list_stamp_) return false;
    }
    static_cast<void>(reloadList());  // health says what is wrong with it
    return true;
}

Result<void> TlsCredentials::reloadFiles() {
    const std::lock_guard alone(reloading_);
    auto material = readMaterial(files_);
    const std::lock_guard lock(mutex_);
    problems_.files = material ? "" : material.error().message;
    if (!material) return failure(material.error());
    material_ = std::move(*material);
    ++generation_;
    return {};
}

Result<void> TlsCredentials::reloadList() {
    const std::lock_guard alone(reloading_);
    const auto stamp = stampOf(files_.crl);
    auto pem = base::readGiven(files_.crl, largest_list);
    auto taken =
        pem ? takeList(*pem) : Result<void>(failure(ErrorCode::InvalidInput, "cannot be read: " + pem.error().message));
    if (taken && !files_.crl_memory.empty()) {
        // A list that cannot be kept is missing at the next start only, and a full disk is reported elsewhere.
        static_cast<void>(base::writeDurably(files_.crl_memory, *pem));
    }
    const std::lock_guard lock(mutex_);
    list_stamp_ = stamp;
    problems_.revocations = taken ? "" : fmt::format("revocation list '{}' {}", files_.crl, taken.error().message);
    if (!taken) return failure(ErrorCode::InvalidInput, problems_.revocations);
    return {};
}

Result<void> TlsCredentials::takeList(const std::string& pem) {
    const auto authorities = material();
    auto read = Revocations::from(pem, authorities->authorities);
    if (!read) return failure(read.error());
    const std::lock_guard lock(mutex_);
    if (revocations_ && read->isOlderThan(*revocations_))
        return failure(ErrorCode::InvalidInput, "is older than the one in force, which named more");
    revocations_ = std::make_shared<const Revocations>(std::move(*read));
    ++generation_;
    return {};
}

std::shared_ptr<const TlsMaterial> TlsCredentials::material() const {
    const std::lock_guard lock(mutex_);
    return material_;
}

std::shared_ptr<const Revocations> TlsCredentials::revocations() const {
    const std::lock_guard lock(mutex_);
    return revocations_;
}

bool TlsCredentials::isRevoked(const X509* certificate) const {
    const auto list = revocations();
    return list && list->revokes(certificate);
}

TlsCredentials::Problems TlsCredentials::problems() const {
    const std::lock_guard lock(mutex_);
    return problems_;
}

}  // namespace standin::http
