#include "agent/request_holder/http_mode/http_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace standin::request_holder::http_mode;
using namespace std::string_literals;

namespace {

const std::string host = "Host: job\r\n";

/// What a reader makes of bytes that arrive in pieces; what was not taken is shown again with the next piece.
template <typename Reader>
struct Fed {
    MessageState state{};
    std::size_t taken = 0;

    Fed(Reader& reader, const std::string& bytes, std::size_t piece) {
        for (std::size_t there = std::min(piece, bytes.size());; there = std::min(there + piece, bytes.size())) {
            taken += reader.take(std::string_view(bytes).substr(taken, there - taken));
            if (there == bytes.size()) break;
        }
        state = reader.state();
    }
};

int refusalOf(const std::string& bytes) {
    int status = 0;
    for (std::size_t piece : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
        RequestReader reader{MessageLimits{}};
        const Fed fed(reader, bytes, piece);
        const auto found = fed.state == MessageState::Refused ? reader.refusal().status : 0;
        if (piece != bytes.size()) BOOST_TEST(found == status, bytes << " in pieces of " << piece);
        status = found;
    }
    return status;
}

bool isWhole(const std::string& bytes, std::size_t of_it = std::string::npos) {
    bool whole = true;
    for (std::size_t piece : {bytes.size(), std::size_t{1}, std::size_t{3}}) {
        RequestReader reader{MessageLimits{}};
        const Fed fed(reader, bytes, piece);
        whole = whole && fed.state == MessageState::Whole && fed.taken == std::min(of_it, bytes.size());
    }
    return whole;
}

}  // namespace

BOOST_AUTO_TEST_CASE(requests_as_clients_send_them_are_read_to_their_end) {
    BOOST_TEST(isWhole("GET / HTTP/1.1\r\n" + host + "\r\n"));
    BOOST_TEST(isWhole("GET / HTTP/1.0\r\n\r\n"));
    BOOST_TEST(isWhole("GET http://job/path?a=b HTTP/1.1\r\n" + host + "\r\n"));
    BOOST_TEST(isWhole("OPTIONS * HTTP/1.1\r\n" + host + "\r\n"));
    BOOST_TEST(isWhole("POST /a HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello"));
    BOOST_TEST(isWhole("POST /a HTTP/1.1\r\n" + host + "content-length:0\r\n\r\n"));
    BOOST_TEST(isWhole("PUT /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1a\r\n" +
                       std::string(26, 'x') + "\r\n0\r\n\r\n"));
    BOOST_TEST(isWhole("PUT /a HTTP/1.1\r\n" + host + "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"));
    BOOST_TEST(
        isWhole("PUT /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nSum: 1\r\n\r\n"));
    BOOST_TEST(isWhole("GET / HTTP/1.1\r\nX-Latin: caf\xe9\r\nEmpty:\r\n" + host + "\r\n"));
}

BOOST_AUTO_TEST_CASE(what_follows_a_request_is_not_taken) {
    const auto one = "POST /a HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nhi";
    RequestReader reader{MessageLimits{}};
    BOOST_TEST(reader.take(one + "GET /b HTTP/1.1\r\n") == one.size());
    BOOST_TEST((reader.state() == MessageState::Whole));
    BOOST_TEST(reader.take("GET /b HTTP/1.1\r\n") == 0U);
}

BOOST_AUTO_TEST_CASE(a_half_request_is_never_whole) {
    for (const auto& whole :
         {"POST /a HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello",
          "PUT /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"}) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            RequestReader reader{MessageLimits{}};
            reader.take(whole.substr(0, length));
            BOOST_TEST((reader.state() == MessageState::Header || reader.state() == MessageState::Body),
                       whole.substr(0, length));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_two_programs_could_read_in_two_ways_is_refused) {
    const auto with = [](const std::string& fields, const std::string& body = {}) {
        return "POST /a HTTP/1.1\r\n" + host + fields + "\r\n" + body;
    };
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    for (const auto& request : std::vector<std::string>{
             with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
             with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
             with("Content-Length: 5, 5\r\n", "hello"),
             with("Content-Length: +5\r\n", "hello"),
             with("Content-Length: -1\r\n"),
             with("Content-Length: 0x5\r\n", "hello"),
             with("Content-Length: 5 5\r\n", "hello"),
             with("Content-Length:\r\n"),
             with("Content-Length: 99999999999999999999\r\n"),
             with("Content-Length : 5\r\n", "hello"),
             with("Content-Length\t: 5\r\n", "hello"),
             with(" Content-Length: 5\r\n", "hello"),
             with("X: a\r\n Content-Length: 5\r\n", "hello"),
             with("X: a\r\n\tb\r\n"),
             with("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"),
             with(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"),
             with(chunked + chunked, "0\r\n\r\n"),
             with("X: a\rContent-Length: 5\r\n"),
             with("X: a\nContent-Length: 5\r\n"),
             with("X: a\0b\r\n"s),
             with("X: a\x01\r\n"),
             with("X\0: a\r\n"s),
             with("X(: a\r\n"),
             with(": a\r\n"),
             with("no colon\r\n"),
             with("Host: other\r\n"),
             with("host: job\r\n"),
             with(chunked, "5\nhello\r\n0\r\n\r\n"),
             with(chunked, "5\r\nhelloXX0\r\n\r\n"),
             with(chunked, "g\r\nhello\r\n0\r\n\r\n"),
             with(chunked, "-5\r\nhello\r\n0\r\n\r\n"),
             with(chunked, "0x5\r\nhello\r\n0\r\n\r\n"),
             with(chunked, "10000000000000005\r\nhello\r\n0\r\n\r\n"),
             with(chunked, "5;a=b\r\nhello\r\n0\r\n\r\n"),
             with(chunked, "5 ;\r\nhello\r\n0\r\n\r\n"),
             with(chunked, "\r\n5\r\nhello\r\n0\r\n\r\n"),
             with(chunked, "0\r\nContent-Length: 5\r\n\r\n"),
             "GET  / HTTP/1.1\r\n" + host + "\r\n",
             "GET / HTTP/1.1 \r\n" + host + "\r\n",
             "GET /a b HTTP/1.1\r\n" + host + "\r\n",
             "GET /\ta HTTP/1.1\r\n" + host + "\r\n",
             "GET\t/ HTTP/1.1\r\n" + host + "\r\n",
             "G(T / HTTP/1.1\r\n" + host + "\r\n",
             " GET / HTTP/1.1\r\n" + host + "\r\n",
             "GET / HTTP/1.1\n" + host + "\r\n",
             "GET / HTTP/1.1\r\nHost: job\n\r\n",
             "GET / HTTP/1.1\r\nHost: job\n\n",
             "GET / HTTP/1.1\r\n\r\n"s,
             "GET http://other/ HTTP/1.1\r\n" + host + "\r\n",
             "GET http://job@other/ HTTP/1.1\r\n" + host + "\r\n",
             "GET job/ HTTP/1.1\r\n" + host + "\r\n",
             "GET / HTTP/1.1\r\nHost: job, other\r\n\r\n"s,
             "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"s,
             "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
         })
        BOOST_TEST(refusalOf(request) == 400, request);
}

BOOST_AUTO_TEST_CASE(what_is_not_passed_on_is_refused_with_its_own_status) {
    BOOST_TEST(refusalOf("GET / HTTP/2.0\r\n" + host + "\r\n") == 505);
    BOOST_TEST(refusalOf("GET / HTTP/1.2\r\n" + host + "\r\n") == 505);
    BOOST_TEST(refusalOf("GET / http/1.1\r\n" + host + "\r\n") == 505);
    BOOST_TEST(refusalOf("CONNECT job:80 HTTP/1.1\r\n" + host + "\r\n") == 501);
    for (const char* coding : {"gzip, chunked", "identity", "chunked, chunked", "xchunked", "chunked;a", "\"chunked\""})
        BOOST_TEST(refusalOf("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n") ==
                   501);
    BOOST_TEST(refusalOf("POST / HTTP/1.1\r\n" + host + "Expect: 200-ok\r\n\r\n") == 417);
    BOOST_TEST(refusalOf("GET / HTTP/1.1\r\n" + host + "X: " + std::string(40'000, 'x') + "\r\n\r\n") == 431);
}

BOOST_AUTO_TEST_CASE(a_body_beyond_the_limit_is_refused) {
    MessageLimits limits;
    limits.body_bytes = 10;
    for (const auto& request :
         {"POST /a HTTP/1.1\r\n" + host + "Content-Length: 11\r\n\r\n",
          "POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n"}) {
        RequestReader reader(limits);
        reader.take(request);
        BOOST_TEST((reader.state() == MessageState::Refused));
        BOOST_TEST(reader.refusal().status == 413);
    }
    RequestReader reader(limits);
    reader.take("POST /a HTTP/1.1\r\n" + host + "Content-Length: 10\r\n\r\n0123456789");
    BOOST_TEST((reader.state() == MessageState::Whole));
}

BOOST_AUTO_TEST_CASE(the_head_says_what_the_client_wishes) {
    const auto headOf = [](const std::string& text) {
        RequestReader reader{MessageLimits{}};
        reader.take(text);
        BOOST_TEST((reader.state() != MessageState::Refused), text);
        return reader.head();
    };
    BOOST_TEST(headOf("GET / HTTP/1.1\r\n" + host + "\r\n").safe);
    BOOST_TEST(headOf("GET / HTTP/1.1\r\n" + host + "\r\n").keeps_alive);
    BOOST_TEST(!headOf("GET / HTTP/1.0\r\n" + host + "\r\n").keeps_alive);
    BOOST_TEST(headOf("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keeps_alive);
    BOOST_TEST(!headOf("GET / HTTP/1.1\r\n" + host + "Connection: upgrade, Close\r\n\r\n").keeps_alive);
    BOOST_TEST(headOf("HEAD / HTTP/1.1\r\n" + host + "\r\n").to_head);
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "get"})
        BOOST_TEST(!headOf(std::string(method) + " / HTTP/1.1\r\n" + host + "\r\n").safe);
    const std::string expects = "Expect: 100-continue\r\n";
    BOOST_TEST(headOf("POST / HTTP/1.1\r\n" + host + expects + "Content-Length: 3\r\n\r\n").expects_continue);
    BOOST_TEST(!headOf("POST / HTTP/1.1\r\n" + host + expects + "\r\n").expects_continue);
}

BOOST_AUTO_TEST_CASE(answers_are_read_to_their_end) {
    struct Case {
        std::string text;
        bool to_head = false;
        bool keeps_alive = true;
    };
    for (const auto& [text, to_head, keeps_alive] :
         {Case{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"}, Case{"HTTP/1.1 204 No Content\r\n\r\n"},
          Case{"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
          Case{"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", true},
          Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\n\r\n"},
          Case{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", false, false},
          Case{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, false}}) {
        for (std::size_t piece : {text.size(), std::size_t{1}, std::size_t{5}}) {
            AnswerReader reader(to_head);
            const Fed fed(reader, text + "HTTP", piece);
            BOOST_TEST((fed.state == MessageState::Whole || piece == text.size()), text);
            reader.take(std::string_view(text).substr(std::min(fed.taken, text.size())));
            BOOST_TEST((reader.state() == MessageState::Whole), text);
            BOOST_TEST(reader.keepsAlive() == keeps_alive, text);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_length_ends_with_its_connection) {
    AnswerReader reader(false);
    reader.take("HTTP/1.1 200 OK\r\n\r\n");
    BOOST_TEST(reader.take("some") == 4U);
    BOOST_TEST(reader.untilEnd());
    BOOST_TEST(!reader.keepsAlive());
    BOOST_TEST((reader.state() == MessageState::Body));
    reader.end();
    BOOST_TEST((reader.state() == MessageState::Whole));
}

BOOST_AUTO_TEST_CASE(an_answer_that_ends_too_early_is_not_whole) {
    for (const char* text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"}) {
        AnswerReader reader(false);
        const std::string bytes(text);
        for (std::size_t taken = 0; taken < bytes.size();) {
            const auto more = reader.take(std::string_view(bytes).substr(taken));
            if (more == 0) break;
            taken += more;
        }
        reader.end();
        BOOST_TEST((reader.state() == MessageState::Refused), text);
    }
}

BOOST_AUTO_TEST_CASE(interim_answers_come_before_the_final_one) {
    AnswerReader reader(false);
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    BOOST_TEST(reader.take(interim + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == interim.size());
    BOOST_TEST(reader.interim());
    reader.next();
    reader.take("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST(!reader.interim());
    BOOST_TEST(reader.status() == 200);
    BOOST_TEST((reader.state() == MessageState::Whole));
}

BOOST_AUTO_TEST_CASE(a_changed_answer_says_close_once) {
    BOOST_TEST(
        withConnectionClose("HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nA: b\r\nKeep-Alive: timeout=5\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n");
    BOOST_TEST(withConnectionClose("HTTP/1.1 200 OK\r\n\r\n") == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}
