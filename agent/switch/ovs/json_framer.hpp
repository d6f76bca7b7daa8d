#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace standin::lan_switch {

/// Splits a byte stream of JSON texts without delimiters (JSON-RPC as in RFC 7047 4) into single objects. It only looks
/// at braces and strings; the parser checks whether an object is well formed.
class JsonFramer {
  public:
    /// `limit_bytes`: of one message.
    explicit JsonFramer(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

    void feed(std::string_view bytes) { buffer_.append(bytes); }

    /// The next whole object, or nullopt if more bytes are needed or the stream is broken().
    std::optional<std::string> next();

    /// True once a message was too long or did not begin with a brace; the connection cannot be used any further.
    [[nodiscard]] bool broken() const { return broken_; }

  private:
    std::size_t limit_bytes_;
    std::string buffer_;
    std::size_t scanned_ = 0;
    int depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
    bool broken_ = false;
};

}  // namespace standin::lan_switch
