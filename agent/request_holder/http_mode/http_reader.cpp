#include "agent/request_holder/http_mode/http_reader.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

namespace standin::request_holder::http_mode {

namespace {

namespace beast = boost::beast;
using ParserError = beast::http::error;
using Text = beast::string_view;
using ErrorCode = boost::system::error_code;

// A chunk's size line, or a trailer, that has not ended after so many bytes is none.
constexpr std::size_t longest_chunk_line = 8U << 10;
// Beast 1.74 takes 'none' for a limit of nothing.
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t longest_answer_header = 256U << 10;  // the job's machine is trusted more than strangers

/// Counts nothing and keeps nothing: the bytes are passed on where they are.
template <bool is_request>
class Framing : public beast::http::basic_parser<is_request> {
  public:
    std::size_t takeSome(std::string_view bytes, ErrorCode& problem) {
        return this->put(boost::asio::const_buffer(bytes.data(), bytes.size()), problem);
    }

    /// Between the chunks, and fewer bytes than any end has: Beast's parser expects not to be asked then.
    [[nodiscard]] bool waitsForMore(std::size_t there) const {
        return this->chunked() && left_in_chunk_ == 0 && there < shortest_end;
    }

    int status = 0;  ///< of an answer

  protected:
    static constexpr std::size_t shortest_end = 5;  // 0 CR LF CR LF

    void on_request_impl(beast::http::verb, Text, Text, int, ErrorCode& problem) override { problem = {}; }
    void on_response_impl(int code, Text, int, ErrorCode& problem) override {
        problem = {};
        status = code;
    }
    void on_field_impl(beast::http::field, Text, Text, ErrorCode& problem) override { problem = {}; }
    void on_header_impl(ErrorCode& problem) override { problem = {}; }
    void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode& problem) override { problem = {}; }
    std::size_t on_body_impl(Text body, ErrorCode& problem) override {
        problem = {};
        return body.size();
    }
    // Nobody needs extensions, and programs disagree about where they end.
    void on_chunk_header_impl(std::uint64_t size, Text extensions, ErrorCode& problem) override {
        problem = {};
        left_in_chunk_ = size;
        if (is_request && !extensions.empty()) problem = ParserError::bad_chunk_extension;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, Text body, ErrorCode& problem) override {
        problem = {};
        left_in_chunk_ -= body.size();
        return body.size();
    }
    void on_finish_impl(ErrorCode& problem) override { problem = {}; }

  private:
    std::uint64_t left_in_chunk_ = 0;
};

/// Takes as much of `bytes` as the parser understands; true if it needs more or is done.
template <typename Parser>
bool takeAll(Parser& parser, std::string_view bytes, std::size_t& taken, ErrorCode& problem) {
    while (!parser.is_done() && taken < bytes.size()) {
        if (parser.waitsForMore(bytes.size() - taken)) return true;
        taken += parser.takeSome(bytes.substr(taken), problem);
        if (problem == ParserError::need_more) {
            problem = {};
            return bytes.size() - taken <= longest_chunk_line;
        }
        if (problem) return false;
    }
    return true;
}

}  // namespace

class RequestReader::Parser : public Framing<true> {};

RequestReader::RequestReader(const MessageLimits& limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

std::size_t RequestReader::refuse(int status, const char* reason) {
    refusal_ = {status, reason};
    state_ = MessageState::Refused;
    return 0;
}

std::size_t RequestReader::take(std::string_view bytes) {
    if (state_ == MessageState::Whole || state_ == MessageState::Refused) return 0;
    std::size_t taken = 0;
    ErrorCode problem;
    if (state_ == MessageState::Header) {
        // The end as the strictest and as the most tolerant reader would see it: beyond the limit it has none.
        const auto end = bytes.find("\r\n\r\n");
        const auto length = end == std::string_view::npos ? bytes.size() : end + 4;
        if (length > limits_.header_bytes) return refuse(431, "the header is too long");
        if (bytes.substr(0, length).find('\0') != std::string_view::npos) return refuse(400, "the header has a NUL");
        if (end == std::string_view::npos) {
            if (bytes.find("\n\n") != std::string_view::npos || bytes.find("\n\r\n") < end)
                return refuse(400, "a header line does not end with CR LF");
            return 0;
        }
        auto judgement = judgeRequest(bytes.substr(0, length));
        if (judgement.refusal) {
            refusal_ = std::move(*judgement.refusal);
            state_ = MessageState::Refused;
            return 0;
        }
        head_ = judgement.head;
        parser_ = std::make_unique<Parser>();
        parser_->header_limit(limits_.header_bytes + 4);
        parser_->body_limit(limits_.body_bytes > 0 ? limits_.body_bytes : no_limit);
        taken = parser_->takeSome(bytes.substr(0, length), problem);
        if (problem == ParserError::body_limit) return refuse(413, "the body is too long");
        if (problem || taken != length) return refuse(400, "the header is not one of HTTP/1.1");
        state_ = MessageState::Body;
    }
    if (!takeAll(*parser_, bytes, taken, problem)) {
        if (problem == ParserError::body_limit) return refuse(413, "the body is too long");
        return refuse(400, "the body's chunks are none");
    }
    if (parser_->is_done()) state_ = MessageState::Whole;
    return taken;
}

class AnswerReader::Parser : public Framing<false> {};

AnswerReader::AnswerReader(bool to_head) : to_head_(to_head) {}
AnswerReader::~AnswerReader() = default;

std::size_t AnswerReader::take(std::string_view bytes) {
    if (state_ == MessageState::Whole || state_ == MessageState::Refused) return 0;
    if (parser_ == nullptr) {
        parser_ = std::make_unique<Parser>();
        parser_->header_limit(longest_answer_header);
        parser_->body_limit(no_limit);
        parser_->skip(to_head_);
    }
    std::size_t taken = 0;
    ErrorCode problem;
    if (state_ == MessageState::Header) {
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos && bytes.size() < longest_answer_header) return 0;
        if (end != std::string_view::npos) taken = parser_->takeSome(bytes.substr(0, end + 4), problem);
        if (problem || taken != end + 4) {
            state_ = MessageState::Refused;
            return 0;
        }
        status_ = parser_->status;
        state_ = parser_->is_done() || status_ == 101 ? MessageState::Whole : MessageState::Body;
        return taken;
    }
    if (!takeAll(*parser_, bytes, taken, problem)) {
        state_ = MessageState::Refused;
        return 0;
    }
    if (parser_->is_done()) state_ = MessageState::Whole;
    return taken;
}

void AnswerReader::end() {
    if (state_ == MessageState::Whole) return;
    state_ = state_ == MessageState::Body && untilEnd() ? MessageState::Whole : MessageState::Refused;
}

void AnswerReader::next() {
    parser_.reset();
    state_ = MessageState::Header;
    status_ = 0;
}

bool AnswerReader::untilEnd() const {
    return parser_ != nullptr && parser_->need_eof();
}

bool AnswerReader::keepsAlive() const {
    return parser_ != nullptr && parser_->keep_alive();
}

}  // namespace standin::request_holder::http_mode
