// What the readers of `http` mode promise, of any bytes. Beside the test that drives it (http_fuzz_test.cpp) it works
// with libFuzzer: clang++ -std=c++20 -I. -fsanitize=fuzzer,address,undefined tests/unit/http_fuzz/http_reader_fuzz.cpp
//   agent/request_holder/http_mode/http_reader.cpp agent/request_holder/http_mode/http_rules.cpp
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/request_holder/http_mode/http_reader.hpp"

namespace {

using namespace standin::request_holder::http_mode;

void must(bool holds) {
    if (!holds) std::abort();
}

struct Outcome {
    MessageState state;
    std::size_t taken;
    int status;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Reads in pieces; each call sees what was not taken before, and may ask for nothing beyond what it was shown.
template <typename Reader>
std::size_t feed(Reader& reader, std::string_view bytes, std::size_t piece) {
    std::size_t taken = 0;
    for (std::size_t there = 0; there < bytes.size();) {
        there = std::min(there + piece, bytes.size());
        for (std::size_t more = 1; more > 0;) {
            more = reader.take(bytes.substr(taken, there - taken));
            must(more <= there - taken);
            taken += more;
        }
    }
    return taken;
}

Outcome request(std::string_view bytes, std::size_t piece) {
    MessageLimits limits;
    limits.header_bytes = 4096;
    RequestReader reader(limits);
    const auto taken = feed(reader, bytes, piece);
    const bool refused = reader.state() == MessageState::Refused;
    return {reader.state(), refused ? 0 : taken, refused ? reader.refusal().status : 0};
}

Outcome answer(std::string_view bytes, std::size_t piece, bool to_head) {
    AnswerReader reader(to_head);
    const auto taken = feed(reader, bytes, piece);
    const bool refused = reader.state() == MessageState::Refused;
    const auto status = refused || reader.state() == MessageState::Header ? 0 : reader.status();
    reader.end();
    return {reader.state(), refused ? 0 : taken, status};
}

/// Where a whole request ends, by the simplest reader there can be: it knows only what may be passed on.
std::size_t simplestEnd(std::string_view bytes) {
    const auto header = bytes.find("\r\n\r\n") + 4;
    std::string lower(bytes.substr(0, header));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    if (const auto at = lower.find("\r\ncontent-length:"); at != std::string::npos)
        return header + std::strtoull(lower.c_str() + at + 17, nullptr, 10);
    if (lower.find("\r\ntransfer-encoding:") == std::string::npos) return header;
    for (auto at = header;;) {
        const auto size = std::strtoull(std::string(bytes.substr(at, 20)).c_str(), nullptr, 16);
        const auto line = bytes.find("\r\n", at);
        if (size == 0) return bytes.find("\r\n\r\n", line) + 4;
        at = line + 2 + size + 2;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = request(bytes, std::max<std::size_t>(size, 1));
    for (std::size_t piece : {1U, 3U, 64U}) {
        const auto pieces = request(bytes, piece);
        // In pieces a fault may be seen earlier, with another status; never is one reading refused and another whole.
        must(pieces.state == whole.state ||
             (whole.state != MessageState::Whole && pieces.state != MessageState::Whole));
        if (whole.state == MessageState::Whole) must(pieces == whole);
    }
    if (whole.state == MessageState::Whole) {
        must(whole.taken == simplestEnd(bytes));
        const auto header = bytes.substr(0, bytes.find("\r\n\r\n") + 2);
        must(header.find('\0') == std::string_view::npos);
        for (std::size_t at = 0; at < header.size(); ++at) {
            if (header[at] == '\r') must(header[at + 1] == '\n');
            if (header[at] == '\n')
                must(at > 0 && header[at - 1] == '\r' && (at + 1 == header.size() || header[at + 1] != ' '));
        }
    }
    for (const bool to_head : {false, true}) {
        const auto one = answer(bytes, std::max<std::size_t>(size, 1), to_head);
        must(answer(bytes, 1, to_head).state == one.state);
    }
    return 0;
}
