#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "agent/base/text.hpp"
#include "coordinator/drivers/redfish_uuid.hpp"
#include "tests/support/certificates.hpp"

using namespace standin;
using namespace standin::drivers;
using namespace std::chrono_literals;
using base::ErrorCode;

// A BMC's web server is old software on a network of its own, or somebody else at its address. Whatever it sends, the
// coordinator gets an error within its deadline, in text that is fit for a message.

namespace {

constexpr auto patient = Deadline(20'000);       // never waited for by a test that passes
constexpr auto impatient = Deadline(1'000);      // of a BMC that would send for ever
constexpr auto in_time = patient + patient / 2;  // on a machine that has something else to do
const std::string json_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

std::string withLength(const std::string& body) {
    return json_head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A server at a BMC's address that answers each request, on a connection of its own, as the test says.
class HostileBmc {
  public:
    using Answer = std::function<void(const std::string& path, Poco::Net::StreamSocket&)>;

    explicit HostileBmc(Answer answer, bool speaks_tls = true)
        : answer_(std::move(answer)), socket_(made(speaks_tls)), thread_([this] { serve(); }) {}
    /// Always the same text.
    explicit HostileBmc(const std::string& text)
        : HostileBmc([text](const auto&, auto& socket) { send(socket, text); }) {}
    ~HostileBmc() {
        ends_ = true;
        thread_.join();
    }
    HostileBmc(const HostileBmc&) = delete;
    HostileBmc& operator=(const HostileBmc&) = delete;

    static void send(Poco::Net::StreamSocket& socket, const std::string& text) {
        for (std::size_t sent = 0; sent < text.size();)
            sent +=
                static_cast<std::size_t>(socket.sendBytes(text.data() + sent, static_cast<int>(text.size() - sent)));
    }
    /// Until the other side has had enough of it.
    void sendForEver(Poco::Net::StreamSocket& socket, const std::string& text,
                     std::chrono::milliseconds pause = 0ms) const {
        while (!ends_) {
            send(socket, text);
            if (pause > 0ms) std::this_thread::sleep_for(pause);
        }
    }
    [[nodiscard]] base::Error error(Deadline deadline = patient) const {
        tests::writeFile(directory_ / "password", "s3cret\n");
        std::filesystem::permissions(directory_ / "password", std::filesystem::perms::owner_read);
        const PowerDevice device{"fence_redfish",
                                 {{"ip", "127.0.0.1"},
                                  {"ipport", std::to_string(socket_.address().port())},
                                  {"username", "admin"},
                                  {"ssl_insecure", "1"}},
                                 directory_ / "password"};
        const auto begun = std::chrono::steady_clock::now();
        const auto uuid = redfishUuid(device, deadline);
        BOOST_TEST((std::chrono::steady_clock::now() - begun < in_time));
        BOOST_REQUIRE(!uuid);
        const auto& message = uuid.error().message;
        BOOST_TEST_MESSAGE(message);
        BOOST_TEST(message.size() < 700u, message.size());
        BOOST_TEST(base::isOneLine(message), message);
        BOOST_TEST((base::firstInvalidByte(message) == std::string::npos), message);
        BOOST_TEST(message.find("127.0.0.1") != std::string::npos, message);  // whose it is
        return uuid.error();
    }

  private:
    Poco::Net::ServerSocket made(bool speaks_tls) {
        const Poco::Net::SocketAddress here("127.0.0.1", 0);
        if (!speaks_tls) return Poco::Net::ServerSocket(here, 8);
        static tests::CertificateAuthority authority;  // the same for all: making one takes its time
        static const auto files = authority.issue("bmc");
        return Poco::Net::SecureServerSocket(
            here, 8,
            new Poco::Net::Context(Poco::Net::Context::SERVER_USE, files.key, files.certificate, "",
                                   Poco::Net::Context::VERIFY_NONE));
    }
    void serve() {
        std::signal(SIGPIPE, SIG_IGN);
        while (!ends_) {
            if (!socket_.poll(10'000, Poco::Net::Socket::SELECT_READ)) continue;
            try {
                auto connection = socket_.acceptConnection();
                answer_(pathOf(connection), connection);
                connection.shutdown();
            } catch (const Poco::Exception&) {  // the other side has gone
            }
        }
    }
    static std::string pathOf(Poco::Net::StreamSocket& connection) {
        std::string head;
        char buffer[4096];
        while (head.find("\r\n\r\n") == std::string::npos) {
            const int got = connection.receiveBytes(buffer, sizeof buffer);
            if (got <= 0) break;
            head.append(buffer, static_cast<std::size_t>(got));
            if (head.front() != 'G') break;  // no HTTP: this server speaks no TLS
        }
        const auto begin = head.find(' ');
        return begin == std::string::npos ? head : head.substr(begin + 1, head.find(' ', begin + 1) - begin - 1);
    }

    http::TlsLibrary library_;
    tests::TemporaryDirectory directory_;
    std::atomic<bool> ends_ = false;
    Answer answer_;
    Poco::Net::ServerSocket socket_;
    std::thread thread_;
};

/// A well-behaved BMC up to its system, which is this text.
HostileBmc::Answer withSystem(const std::string& system, const std::string& its_path = "/redfish/v1/Systems/1") {
    return [=](const std::string& path, Poco::Net::StreamSocket& socket) {
        if (path == "/redfish/v1") {
            HostileBmc::send(socket, withLength(R"({"Systems": {"@odata.id": "/redfish/v1/Systems"}})"));
        } else if (path == "/redfish/v1/Systems") {
            HostileBmc::send(socket, withLength(R"({"Members": [{"@odata.id": ")" + its_path + R"("}]})"));
        } else {
            HostileBmc::send(socket, withLength(system));
        }
    };
}

bool contains(const base::Error& error, const std::string& words) {
    return error.message.find(words) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_bmc)

BOOST_AUTO_TEST_CASE(an_answer_of_ten_megabytes_is_read_up_to_its_limit) {
    const HostileBmc bmc(withLength("\"" + std::string(10U << 20U, 'x') + "\""));
    const auto error = bmc.error();
    BOOST_TEST(contains(error, "larger than 1 MiB"), error.message);
}

BOOST_AUTO_TEST_CASE(chunks_without_end_are_read_up_to_their_limit) {
    const HostileBmc bmc([&bmc](const auto&, auto& socket) {
        HostileBmc::send(socket, json_head + "Transfer-Encoding: chunked\r\n\r\n");
        bmc.sendForEver(socket, "400\r\n" + std::string(1024, ' ') + "\r\n");
    });
    const auto error = bmc.error();
    BOOST_TEST(contains(error, "larger than 1 MiB"), error.message);
}

BOOST_AUTO_TEST_CASE(a_byte_now_and_then_does_not_move_the_deadline) {
    const HostileBmc body([&body](const auto&, auto& socket) {
        HostileBmc::send(socket, json_head + "Content-Length: 100000\r\n\r\n");
        body.sendForEver(socket, " ", 50ms);
    });
    const auto slow_body = body.error(impatient);
    BOOST_TEST((slow_body.code == ErrorCode::TimedOut), slow_body.message);
    const HostileBmc head([&head](const auto&, auto& socket) { head.sendForEver(socket, "H", 50ms); });
    const auto slow_head = head.error(impatient);
    BOOST_TEST((slow_head.code == ErrorCode::TimedOut || slow_head.code == ErrorCode::Unreachable), slow_head.message);
}

BOOST_AUTO_TEST_CASE(many_slow_answers_share_one_deadline) {
    const HostileBmc bmc([](const auto& path, auto& socket) {
        std::this_thread::sleep_for(impatient * 3 / 4);
        withSystem("{}")(path, socket);
    });
    const auto error = bmc.error(impatient);
    BOOST_TEST((error.code == ErrorCode::TimedOut), error.message);
}

BOOST_AUTO_TEST_CASE(header_fields_without_end_and_preliminary_answers_without_end_come_to_an_end) {
    const HostileBmc fields([&fields](const auto&, auto& socket) {
        HostileBmc::send(socket, json_head);
        fields.sendForEver(socket, "X-Field: " + std::string(4000, 'x') + "\r\n");
    });
    const auto many = fields.error();
    BOOST_TEST((many.code == ErrorCode::Unreachable), many.message);
    const HostileBmc preliminary([&preliminary](const auto&, auto& socket) {
        preliminary.sendForEver(socket, "HTTP/1.1 100 Continue\r\n\r\n");
    });
    const auto never = preliminary.error(impatient);
    BOOST_TEST((never.code == ErrorCode::TimedOut), never.message);
}

BOOST_AUTO_TEST_CASE(redirections_without_end_are_given_up) {
    const HostileBmc itself("HTTP/1.1 302 Found\r\nLocation: /redfish/v1\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST(contains(itself.error(), "redirect"));
    std::atomic<int> number = 0;
    const HostileBmc further([&number](const auto&, auto& socket) {
        HostileBmc::send(socket, "HTTP/1.1 307 Temporary\r\nLocation: https://192.0.2.1/" + std::to_string(++number) +
                                     "\r\nContent-Length: 0\r\n\r\n");
    });
    BOOST_TEST(contains(further.error(), "redirect"));
    BOOST_TEST(number.load() < 10);
}

BOOST_AUTO_TEST_CASE(a_location_or_a_path_that_is_none_is_refused_in_valid_words) {
    for (const std::string location : {"/\xfe\xc0\x1b[31m", "https://[", "nowhere", "/\xc3", "/a b"}) {
        const HostileBmc bmc([location](const auto& path, auto& socket) {
            HostileBmc::send(socket, path == "/redfish/v1" ? "HTTP/1.1 302 Found\r\nLocation: " + location +
                                                                 "\r\nContent-Length: 0\r\n\r\n"
                                                           : "HTTP/1.1 404 \xfe\xc3\r\nContent-Length: 0\r\n\r\n");
        });
        (void)bmc.error();
    }
    const HostileBmc injecting(withSystem("{}", R"(/1 HTTP/1.1\r\nX-Other: 1\r\n\r\nGET /)"));
    BOOST_TEST(contains(injecting.error(), "no path"));
    const HostileBmc elsewhere(withSystem("{}", "https://192.0.2.1/redfish/v1/Systems/1"));
    BOOST_TEST(contains(elsewhere.error(), "no path"));
    const HostileBmc endless(withSystem("{}", "/" + std::string(500'000, 'x')));
    BOOST_TEST(contains(endless.error(), "no path"));
}

BOOST_AUTO_TEST_CASE(what_is_no_json_or_other_json_than_expected_is_no_uuid) {
    for (const std::string body :
         {"", "<html><body>Please log in</body></html>", "\xff\xfe{}", "{\"Systems\": \"\xff\"}", "null", "[]", "42",
          "\"text\"", "{}", R"({"Systems": null})", R"({"Systems": []})", R"({"Systems": {"@odata.id": 7}})",
          R"({"Systems": {"@odata.id": ""}})", R"({"Systems": {"@odata.id": "/redfish/v1"}})",
          R"({"Systems": 1, "Systems": 2})", "{\"Systems\": {\"@odata.id\": \"/a\\u0000b\"}}"}) {
        const HostileBmc bmc(withLength(body));
        (void)bmc.error();
    }
    for (const auto& deep : {std::string(200'000, '['), std::string(500'000, '[') + std::string(500'000, ']')}) {
        const HostileBmc bmc(withLength(deep));
        BOOST_TEST((bmc.error().code == ErrorCode::Unsupported));
    }
    for (const std::string system : {R"({"UUID": 7})", R"({"UUID": ["a"]})", R"({"UUID": {"a": 1}})", R"({"UUID": ""})",
                                     R"({"UUID": "\n\u001b"})"}) {
        const HostileBmc bmc(withSystem(system));
        const auto error = bmc.error();
        BOOST_TEST((error.code == ErrorCode::Unsupported), error.message);
    }
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_on_the_way_is_no_answer) {
    for (const auto& text :
         {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-Le"), json_head + "Content-Length: 40\r\n\r\n{}",
          json_head + "Transfer-Encoding: chunked\r\n\r\n40\r\n{}",
          json_head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
          json_head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}", json_head + "Content-Length: -5\r\n\r\n",
          json_head + "Content-Length: 99999999999999999999999\r\n\r\n{}", std::string("\x01\x02\xff\xfe\r\n\r\n"),
          std::string("SSH-2.0-OpenSSH_9.2\r\n")}) {
        const HostileBmc bmc(text);
        (void)bmc.error();
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_speaks_no_tls_is_told) {
    const HostileBmc garbage(
        [](const auto&, auto& socket) { HostileBmc::send(socket, std::string("\x16\x03\x03\xff\xff\xff\xff\x00", 8)); },
        false);
    const auto error = garbage.error();
    BOOST_TEST((error.code == ErrorCode::Unreachable), error.message);
    const HostileBmc plain([](const auto&, auto& socket) { HostileBmc::send(socket, withLength("{}")); }, false);
    BOOST_TEST((plain.error().code == ErrorCode::Unreachable));
    const HostileBmc endless(
        [&endless](const auto&, auto& socket) { endless.sendForEver(socket, std::string(4096, '\x16')); }, false);
    (void)endless.error();
}

BOOST_AUTO_TEST_SUITE_END()
