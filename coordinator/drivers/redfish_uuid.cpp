#include "coordinator/drivers/redfish_uuid.hpp"

#include <Poco/Net/HTTPBasicCredentials.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <istream>

#include "agent/base/number.hpp"
#include "agent/base/secret_file.hpp"
#include "agent/base/text.hpp"
#include "agent/http/client_connection.hpp"
#include "agent/protocol/json_fields.hpp"
#include "coordinator/drivers/device_options.hpp"

namespace standin::drivers {

using base::ErrorCode;
using base::failure;
using base::Result;
using protocol::Json;

namespace {

constexpr std::size_t largest_resource = 1U << 20;  // a system with all its links is some 10 KiB
constexpr int most_redirections = 3;                // `/redfish/v1` to `/redfish/v1/` is one

Result<http::TlsContext> contextFor(const PowerDevice& device) {
    Poco::Net::Context::Params params;
    const bool verifies = !isTrue(optionOf(device, {"ssl_insecure", "ssl-insecure"}));
    params.verificationMode = verifies ? Poco::Net::Context::VERIFY_STRICT : Poco::Net::Context::VERIFY_NONE;
    params.loadDefaultCAs = verifies;
    try {
        http::TlsContext context(new Poco::Net::Context(Poco::Net::Context::CLIENT_USE, params));
        context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        context->enableExtendedCertificateVerification(false);  // the connection checks names, also IP addresses
        return context;
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::Internal, exception.displayText());
    }
}

Result<http::Endpoint> endpointOf(const PowerDevice& device) {
    auto host = optionOf(device, {"ip", "ipaddr"});
    auto port = optionOf(device, {"ipport"});
    if (std::count(host.begin(), host.end(), ':') == 1) {  // as fence_redfish splits it
        port = host.substr(host.find(':') + 1);
        host.resize(host.find(':'));
    }
    if (host.find(':') != std::string::npos && !host.starts_with('[')) host = fmt::format("[{}]", host);
    return http::Endpoint::parse(fmt::format("https://{}:{}", host, port.empty() ? "443" : port));
}

class RedfishService {
  public:
    RedfishService(http::Endpoint endpoint, http::TlsContext tls, std::string user, std::string password,
                   Deadline deadline)
        : endpoint_(std::move(endpoint)),
          tls_(std::move(tls)),
          account_(std::move(user), std::move(password)),
          deadline_(deadline),
          until_(std::chrono::steady_clock::now() + deadline) {}

    Result<Json> get(std::string path) {
        try {
            for (int hops = 0; hops <= most_redirections; ++hops) {
                std::string location;
                auto resource = attempt(path, location);
                if (location.empty()) return resource;
                path = Poco::URI(location).getPathAndQuery();
            }
            return failure(ErrorCode::Internal, fmt::format("{} leads to itself", path));
        } catch (const Poco::TimeoutException&) {
            return failure(ErrorCode::TimedOut,
                           fmt::format("{} did not answer within {} ms", endpoint_.url, deadline_.count()));
        } catch (const Poco::Exception& exception) {
            return failure(ErrorCode::Unreachable,
                           fmt::format("could not reach {}: {}", endpoint_.url, exception.displayText()));
        }
    }

  private:
    Result<Json> attempt(const std::string& path, std::string& location) {
        const auto connection = http::ClientConnection::open(endpoint_, tls_, book_, until_);
        auto& session = connection->session();
        Poco::Net::HTTPRequest request("GET", path, Poco::Net::HTTPMessage::HTTP_1_1);
        request.setHost(endpoint_.authority());
        request.set("Accept", "application/json");
        request.set("OData-Version", "4.0");
        account_.authenticate(request);
        session.sendRequest(request) << std::flush;
        Poco::Net::HTTPResponse response;
        auto& in = session.receiveResponse(response);
        const int status = response.getStatus();
        if (status >= 300 && status < 400) location = response.get("Location", "");
        if (status == 401 || status == 403)
            return failure(ErrorCode::Refused, fmt::format("{} refuses the account ({})", endpoint_.url, status));
        if (status != 200)
            return failure(ErrorCode::Internal, fmt::format("GET {} was answered with {}", path, status));
        std::string text(largest_resource, '\0');
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in.gcount()));
        http::throwIfCutShort(session, response, text.size());
        return protocol::parseJson(text);
    }

    const http::Endpoint endpoint_;
    const http::TlsContext tls_;
    Poco::Net::HTTPBasicCredentials account_;
    const Deadline deadline_;
    const base::SteadyTime until_;
    http::AddressBook book_;
};

std::string textAt(const Json& resource, const char* key) {
    const auto found = resource.is_object() ? resource.find(key) : resource.end();
    return found != resource.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json at(const Json& resource, const char* key) {
    return resource.is_object() ? resource.value(key, Json()) : Json();
}

/// Of several systems the last, as fence_redfish takes it.
Result<std::string> systemOf(RedfishService& service, const PowerDevice& device) {
    auto system = optionOf(device, {"systems_uri", "systems-uri"});
    if (!system.empty()) return system;
    const auto root = optionOf(device, {"redfish_uri", "redfish-uri"});
    auto service_root = service.get(root.empty() ? "/redfish/v1" : root);
    if (!service_root) return failure(service_root.error());
    const auto systems = textAt(at(*service_root, "Systems"), "@odata.id");
    if (systems.empty()) return failure(ErrorCode::Unsupported, "the BMC lists no systems");
    auto collection = service.get(systems);
    if (!collection) return failure(collection.error());
    const auto members = at(*collection, "Members");
    system = members.is_array() && !members.empty() ? textAt(members.back(), "@odata.id") : std::string();
    if (system.empty()) return failure(ErrorCode::Unsupported, "the BMC lists no system");
    return system;
}

}  // namespace

Result<std::string> redfishUuid(const PowerDevice& device, Deadline deadline) {
    auto endpoint = endpointOf(device);
    if (!endpoint) return failure(endpoint.error());
    auto tls = contextFor(device);
    if (!tls) return failure(tls.error());
    auto password = base::readSecret(device.password_file);
    if (!password) return failure(password.error());
    RedfishService service(std::move(*endpoint), std::move(*tls), optionOf(device, {"username", "login"}),
                           std::move(*password), deadline);
    auto system = systemOf(service, device);
    if (!system) return system;
    auto resource = service.get(*system);
    if (!resource) return failure(resource.error());
    auto uuid = base::oneLine(textAt(*resource, "UUID"));
    if (uuid.empty()) return failure(ErrorCode::Unsupported, fmt::format("{} has no UUID", *system));
    return uuid;
}

}  // namespace standin::drivers
