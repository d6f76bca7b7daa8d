#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace standin::image_store {

/// SHA-256, for blocks and for whole images. OpenSSL computes it at about 1.4 GB/s per core with SHA-NI, faster than
/// one disk and one TLS stream here, and equal checksums prove equal content (S144) even if an attacker chose it.
/// (XXH3-128 is eight times faster but proves nothing against a chosen collision.)
using Checksum = std::array<std::uint8_t, 32>;
using Bytes = std::span<const std::byte>;

/// A running SHA-256. Not copyable; one thread at a time.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(Bytes bytes);
    void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
    /// The checksum of everything so far; starts from the beginning afterwards.
    Checksum finish();

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

Checksum checksumOf(Bytes bytes);

/// The checksum of `size` zero bytes. Callers keep it, because few sizes are used often.
Checksum checksumOfZeros(std::size_t size);

/// 64 lower-case hexadecimal digits.
std::string hexOf(const Checksum& checksum);
base::Result<Checksum> checksumFromHex(std::string_view text);

/// True if every byte is zero; stops at the first that is not.
bool allZero(Bytes bytes);

}  // namespace standin::image_store
