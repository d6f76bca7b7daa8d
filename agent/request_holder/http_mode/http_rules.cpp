#include "agent/request_holder/http_mode/http_rules.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace standin::request_holder::http_mode {

namespace {

bool isToken(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool isToken(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return isToken(c); });
}

bool isDigits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

bool same(std::string_view one, std::string_view other) {
    return one.size() == other.size() && std::equal(one.begin(), one.end(), other.begin(), [](char a, char b) {
               return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
           });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool listed(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (same(trimmed(list.substr(0, comma)), word)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
    return false;
}

/// Takes a line off the front; nothing if it does not end with CR LF or has a CR or LF within.
std::optional<std::string_view> takeLine(std::string_view& text) {
    const auto end = text.find_first_of("\r\n");
    if (end == std::string_view::npos || text.substr(end, 2) != "\r\n") return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

bool hasControlCharacter(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

class RequestJudge {
  public:
    std::optional<Refusal> judge(std::string_view header) {
        const auto first = takeLine(header);
        if (!first) return bad("the request line does not end with CR LF");
        if (auto refused = requestLine(*first)) return refused;
        for (;;) {
            const auto line = takeLine(header);
            if (!line) return bad("a header line does not end with CR LF");
            if (line->empty()) break;
            if (auto refused = field(*line)) return refused;
        }
        return whole();
    }
    [[nodiscard]] const RequestHead& head() const { return head_; }

  private:
    static std::optional<Refusal> bad(std::string reason) { return Refusal{400, std::move(reason)}; }

    std::optional<Refusal> requestLine(std::string_view line) {
        if (hasControlCharacter(line) || line.find('\t') != std::string_view::npos)
            return bad("the request line has a control character");
        const auto method_end = line.find(' ');
        const auto target_end = line.rfind(' ');
        if (method_end == std::string_view::npos || target_end == method_end) return bad("the request line is no one");
        const auto method = line.substr(0, method_end);
        target_ = line.substr(method_end + 1, target_end - method_end - 1);
        const auto version = line.substr(target_end + 1);
        if (!isToken(method)) return bad("the method is no token");
        if (target_.empty() || target_.find(' ') != std::string_view::npos) return bad("the target has a blank");
        if (version != "HTTP/1.1" && version != "HTTP/1.0")
            return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are passed on"};
        head_.version_1_0 = version == "HTTP/1.0";
        head_.keeps_alive = !head_.version_1_0;
        head_.to_head = method == "HEAD";
        head_.safe = head_.to_head || method == "GET" || method == "OPTIONS";
        if (method == "CONNECT") return Refusal{501, "CONNECT is not passed on"};
        return std::nullopt;
    }

    std::optional<Refusal> field(std::string_view line) {
        if (line.front() == ' ' || line.front() == '\t') return bad("a header line is folded");
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return bad("a header line has no colon");
        const auto name = line.substr(0, colon);
        if (!isToken(name)) return bad("a header field's name is no token");
        const auto value = trimmed(line.substr(colon + 1));
        if (hasControlCharacter(value)) return bad("a header field has a control character");
        if (same(name, "host")) return host(value);
        if (same(name, "content-length")) return contentLength(value);
        if (same(name, "transfer-encoding")) return transferEncoding(value);
        if (same(name, "connection")) connection(value);
        if (same(name, "expect")) {
            if (!same(value, "100-continue")) return Refusal{417, "the expectation is not known"};
            head_.expects_continue = true;
        }
        return std::nullopt;
    }

    std::optional<Refusal> host(std::string_view value) {
        if (std::exchange(has_host_, true)) return bad("there are two Host fields");
        host_ = value;
        if (value.find_first_of(" \t,/@?#") != std::string_view::npos) return bad("the Host field is no host");
        return std::nullopt;
    }

    std::optional<Refusal> contentLength(std::string_view value) {
        if (std::exchange(has_length_, true)) return bad("there are two Content-Length fields");
        if (!isDigits(value) || value.size() > 18) return bad("Content-Length is no number");
        return std::nullopt;
    }

    std::optional<Refusal> transferEncoding(std::string_view value) {
        if (std::exchange(has_encoding_, true)) return bad("there are two Transfer-Encoding fields");
        if (!same(value, "chunked")) return Refusal{501, "only the transfer coding 'chunked' is passed on"};
        return std::nullopt;
    }

    void connection(std::string_view value) {
        if (listed(value, "close")) {
            head_.keeps_alive = false;
        } else if (head_.version_1_0 && listed(value, "keep-alive")) {
            head_.keeps_alive = true;
        }
    }

    std::optional<Refusal> whole() {
        if (has_length_ && has_encoding_) return bad("there are both Content-Length and Transfer-Encoding");
        if (has_encoding_ && head_.version_1_0) return bad("HTTP/1.0 has no Transfer-Encoding");
        if (!has_host_ && !head_.version_1_0) return bad("the Host field is missing");
        if (head_.version_1_0 || (!has_length_ && !has_encoding_)) head_.expects_continue = false;
        return target();
    }

    std::optional<Refusal> target() const {
        if (target_.front() == '/' || target_ == "*") return std::nullopt;
        const auto scheme = lower(target_.substr(0, 8));
        const std::size_t skip = scheme == "https://" ? 8 : scheme.substr(0, 7) == "http://" ? 7 : 0;
        if (skip == 0) return bad("the target is neither a path nor an http address");
        const auto rest = target_.substr(skip);
        if (!has_host_ || !same(rest.substr(0, rest.find_first_of("/?#")), host_))
            return bad("the target's host is not the Host field");
        return std::nullopt;
    }

    RequestHead head_;
    std::string_view target_;
    std::string_view host_;
    bool has_host_ = false;
    bool has_length_ = false;
    bool has_encoding_ = false;
};

}  // namespace

Judgement judgeRequest(std::string_view header) {
    RequestJudge judge;
    Judgement judgement;
    judgement.refusal = judge.judge(header);
    judgement.head = judge.head();
    return judgement;
}

std::string withConnectionClose(std::string_view header) {
    std::string result;
    result.reserve(header.size() + 24);
    for (bool first = true;; first = false) {
        const auto end = header.find('\n');
        if (end == std::string_view::npos) break;
        const auto line = header.substr(0, end + 1);
        header.remove_prefix(end + 1);
        if (line == "\r\n" || line == "\n") break;
        const auto name = line.substr(0, line.find(':'));
        if (!first && (same(name, "connection") || same(name, "keep-alive"))) continue;
        result += line;
    }
    return result + "Connection: close\r\n\r\n";
}

}  // namespace standin::request_holder::http_mode
