#include "agent/image_store/images/checksum.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "agent/base/text.hpp"

namespace standin::image_store {

struct Sha256::Context {
    EVP_MD_CTX* digest = EVP_MD_CTX_new();
    Context() { begin(); }
    ~Context() { EVP_MD_CTX_free(digest); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    void begin() const {
        STANDIN_ASSERT(digest != nullptr);
        STANDIN_ASSERT(EVP_DigestInit_ex(digest, EVP_sha256(), nullptr) == 1);
    }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(Bytes bytes) {
    STANDIN_ASSERT(EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()) == 1);
}

Checksum Sha256::finish() {
    Checksum checksum;
    unsigned int length = 0;
    STANDIN_ASSERT(EVP_DigestFinal_ex(context_->digest, checksum.data(), &length) == 1);
    STANDIN_ASSERT(length == checksum.size());
    context_->begin();
    return checksum;
}

Checksum checksumOf(Bytes bytes) {
    // One context a thread: making one costs as much as hashing 1 KiB.
    thread_local Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Checksum checksumOfZeros(std::size_t size) {
    return checksumOf(std::vector<std::byte>(size));
}

std::string hexOf(const Checksum& checksum) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(checksum.size() * 2);
    for (auto byte : checksum) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

base::Result<Checksum> checksumFromHex(std::string_view text) {
    auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
    Checksum checksum{};
    if (text.size() != checksum.size() * 2 ||
        std::any_of(text.begin(), text.end(), [&](char c) { return digit(c) < 0; })) {
        return base::failure(base::ErrorCode::InvalidInput, "'" + std::string(base::shortened(text, 80)) +
                                                                "' is not a SHA-256 checksum: 64 of 0-9a-f");
    }
    for (std::size_t i = 0; i < checksum.size(); ++i) {
        checksum[i] = static_cast<std::uint8_t>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    }
    return checksum;
}

bool allZero(Bytes bytes) {
    // The first 16 bytes by hand, the rest against itself shifted: memcmp runs at memory speed.
    constexpr std::size_t probe = 16;
    auto head = bytes.first(std::min(probe, bytes.size()));
    if (!std::all_of(head.begin(), head.end(), [](std::byte b) { return b == std::byte{0}; })) return false;
    return bytes.size() <= probe || std::memcmp(bytes.data(), bytes.data() + probe, bytes.size() - probe) == 0;
}

}  // namespace standin::image_store
