#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "agent/request_holder/http_mode/http_limits.hpp"
#include "agent/request_holder/http_mode/http_rules.hpp"

namespace standin::request_holder::http_mode {

// How it works, and why so.
//
// Where a message ends is what everything depends on, so a library decides it: Boost.Beast's incremental parser, which
// looks at the bytes where they are and never copies them. Messages are passed on byte by byte as they came; nothing is
// assembled anew, so nothing can be lost in between. In front of it stand the rules of http_rules.hpp for requests,
// which come from strangers: what two programs could read in two ways is refused.

enum class MessageState {
    Header,   ///< the header is not complete
    Body,     ///< the header is complete, the body is not
    Whole,    ///< the message ended with the last byte taken
    Refused,  ///< it is no message; nothing more is read
};

/// Reads one request. Thread-compatible, without I/O.
class RequestReader {
  public:
    explicit RequestReader(const MessageLimits& limits);
    ~RequestReader();

    /// Looks at `bytes`, which continue what was taken before, and returns how many of them belong to the request and
    /// were understood. The rest has to be shown again together with what follows it, if the request is not whole.
    std::size_t take(std::string_view bytes);

    [[nodiscard]] MessageState state() const { return state_; }
    [[nodiscard]] const RequestHead& head() const { return head_; }    ///< after the header
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }  ///< if it was refused

  private:
    class Parser;
    std::size_t refuse(int status, const char* reason);

    const MessageLimits limits_;
    std::unique_ptr<Parser> parser_;
    MessageState state_ = MessageState::Header;
    RequestHead head_;
    Refusal refusal_;
};

/// Reads the answers to one request: interim ones and the final one.
class AnswerReader {
  public:
    explicit AnswerReader(bool to_head);  ///< to a HEAD request: no body follows
    ~AnswerReader();

    /// As RequestReader::take(); stops after a header as well.
    std::size_t take(std::string_view bytes);
    void end();   ///< the stream has ended: an answer without a length is whole, any other is Refused
    void next();  ///< after an interim answer that is Whole

    [[nodiscard]] MessageState state() const { return state_; }
    [[nodiscard]] int status() const { return status_; }  ///< after the header
    [[nodiscard]] bool interim() const { return status_ / 100 == 1 && status_ != 101; }
    [[nodiscard]] bool untilEnd() const;    ///< it ends with its connection
    [[nodiscard]] bool keepsAlive() const;  ///< after the header: another answer may follow on this connection

  private:
    class Parser;

    const bool to_head_;
    std::unique_ptr<Parser> parser_;
    MessageState state_ = MessageState::Header;
    int status_ = 0;
};

}  // namespace standin::request_holder::http_mode
