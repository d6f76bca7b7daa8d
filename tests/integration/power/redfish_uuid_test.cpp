#include "coordinator/drivers/redfish_uuid.hpp"

#include <Poco/Net/HTTPBasicCredentials.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureServerSocket.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "tests/support/certificates.hpp"

using namespace standin;
using namespace standin::drivers;

namespace {

constexpr auto ample_time = Deadline(20'000);

using Answer = std::function<void(Poco::Net::HTTPServerRequest&, Poco::Net::HTTPServerResponse&)>;

class Handler final : public Poco::Net::HTTPRequestHandler {
  public:
    explicit Handler(Answer answer) : answer_(std::move(answer)) {}
    void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override {
        answer_(request, response);
    }

  private:
    Answer answer_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
  public:
    explicit Factory(Answer answer) : answer_(std::move(answer)) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
        return new Handler(answer_);
    }

  private:
    Answer answer_;
};

/// A BMC's Redfish service with one system, for the account `admin`.
struct RedfishBmc {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    tests::TemporaryDirectory directory;
    std::string system = R"({"UUID": "4C4C4544-0031-3010-8056-B4C04F4D3232"})";
    Poco::Net::SecureServerSocket socket;
    Poco::Net::HTTPServer server;

    RedfishBmc()
        : socket(Poco::Net::SocketAddress("127.0.0.1", 0), 8, context(authority.issue("bmc"))),
          server(new Factory([this](auto& request, auto& response) { answer(request, response); }), socket,
                 new Poco::Net::HTTPServerParams) {
        giveAccountPassword("s3cret");
        server.start();
    }
    ~RedfishBmc() { server.stopAll(true); }

    static Poco::Net::Context::Ptr context(const http::TlsFiles& files) {
        return new Poco::Net::Context(Poco::Net::Context::SERVER_USE, files.key, files.certificate, "",
                                      Poco::Net::Context::VERIFY_NONE);
    }
    void giveAccountPassword(const std::string& text) const {
        tests::writeFile(directory / "password", text + "\n");
        std::filesystem::permissions(directory / "password",
                                     std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    [[nodiscard]] PowerDevice device() const {
        return {"fence_redfish",
                {{"ip", "127.0.0.1"},
                 {"ipport", std::to_string(socket.address().port())},
                 {"username", "admin"},
                 {"ssl_insecure", "1"}},
                directory / "password"};
    }
    void answer(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) const {
        const Poco::Net::HTTPBasicCredentials account(request);
        const auto& path = request.getURI();
        if (account.getPassword() != "s3cret") {
            response.setStatusAndReason(Poco::Net::HTTPResponse::HTTP_UNAUTHORIZED);
            response.send();
        } else if (path == "/redfish/v1") {
            response.redirect("/redfish/v1/");
        } else if (path == "/redfish/v1/") {
            send(response, R"({"Systems": {"@odata.id": "/redfish/v1/Systems"}})");
        } else if (path == "/redfish/v1/Systems") {
            send(response, R"({"Members": [{"@odata.id": "/redfish/v1/Systems/1"}]})");
        } else if (path == "/redfish/v1/Systems/1") {
            send(response, system);
        } else {
            response.setStatusAndReason(Poco::Net::HTTPResponse::HTTP_NOT_FOUND);
            response.send();
        }
    }
    static void send(Poco::Net::HTTPServerResponse& response, const std::string& text) {
        response.setContentLength64(static_cast<Poco::Int64>(text.size()));
        response.send() << text << std::flush;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redfish_uuid)

BOOST_FIXTURE_TEST_CASE(the_uuid_of_the_system_is_found_from_the_root_and_by_its_uri, RedfishBmc) {
    auto found = redfishUuid(device(), ample_time);
    BOOST_REQUIRE_MESSAGE(found, (found ? "" : found.error().message));
    BOOST_TEST(*found == "4C4C4544-0031-3010-8056-B4C04F4D3232");
    auto named = device();
    named.options["systems_uri"] = "/redfish/v1/Systems/1";
    BOOST_TEST(*redfishUuid(named, ample_time) == *found);
    named.options["systems_uri"] = "/redfish/v1/Systems/2";
    BOOST_TEST(!redfishUuid(named, ample_time));
}

BOOST_FIXTURE_TEST_CASE(a_certificate_is_verified_unless_the_options_say_otherwise, RedfishBmc) {
    auto verifying = device();
    verifying.options.erase("ssl_insecure");
    const auto refused = redfishUuid(verifying, ample_time);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Unreachable), refused.error().message);
    ::setenv("SSL_CERT_FILE", authority.issue("other").ca.c_str(), 1);
    BOOST_TEST(redfishUuid(verifying, ample_time).has_value());
    ::unsetenv("SSL_CERT_FILE");
}

BOOST_FIXTURE_TEST_CASE(a_refused_account_and_a_system_without_a_uuid_are_told, RedfishBmc) {
    giveAccountPassword("wrong-s3cret");
    const auto refused = redfishUuid(device(), ample_time);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Refused));
    BOOST_TEST(refused.error().message.find("wrong-s3cret") == std::string::npos);
    giveAccountPassword("s3cret");
    system = R"({"UUID": null})";
    const auto none = redfishUuid(device(), ample_time);
    BOOST_REQUIRE(!none);
    BOOST_TEST((none.error().code == base::ErrorCode::Unsupported));
}

BOOST_FIXTURE_TEST_CASE(a_bmc_that_does_not_answer_is_given_up_at_the_deadline, RedfishBmc) {
    const Poco::Net::ServerSocket deaf(Poco::Net::SocketAddress("127.0.0.1", 0));
    auto silent = device();
    silent.options["ipport"] = std::to_string(deaf.address().port());
    const auto none = redfishUuid(silent, Deadline(300));
    BOOST_REQUIRE(!none);
    BOOST_TEST((none.error().code == base::ErrorCode::TimedOut), none.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
