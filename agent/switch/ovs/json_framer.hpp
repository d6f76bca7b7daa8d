#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace standin::lan_switch {

/// Cuts a byte stream of JSON texts that follow each other without any delimiter (JSON-RPC as RFC 7047 4 uses it) into
/// the single objects. Only braces and strings are looked at; whether an object is well formed is the parser's matter.
class JsonFramer {
  public:
    /// `limit_bytes`: of one message.
    explicit JsonFramer(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

    void feed(std::string_view bytes) { buffer_.append(bytes); }

    /// The next whole object, or nullopt if more bytes are needed or the stream is broken().
    std::optional<std::string> next();

    /// True once a message was too long or did not begin with a brace; the connection is of no further use.
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
