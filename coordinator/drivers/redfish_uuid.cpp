#include "coordinator/drivers/redfish_uuid.hpp"

#include <Poco/Net/HTTPBasicCredentials.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "agent/base/number.hpp"
#include "agent/base/secret_file.hpp"
#include "agent/base/text.hpp"
#include "agent/http/https_client.hpp"
#include "agent/protocol/json_fields.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/drivers/device_options.hpp"

namespace standin::drivers {

using base::ErrorCode;
using base::failure;
using base::Result;
using protocol::Json;

namespace {

constexpr std::size_t largest_resource = 1U << 20;  // a system with all its links is some 10 KiB
constexpr int most_redirections = 3;                // `/redfish/v1` to `/redfish/v1/` is one
constexpr std::size_t longest_shown = 100;          // of a path, in a message
constexpr std::size_t longest_path = 1000;          // those of real systems have less than 100 bytes

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

base::Error worded(const std::string& url, const http::NoAnswer& none, Deadline deadline) {
    switch (none.kind) {
        case http::NoAnswer::Kind::Timeout:
            return {ErrorCode::TimedOut, fmt::format("{} did not answer within {} ms", url, deadline.count())};
        case http::NoAnswer::Kind::TooLarge:
            return {ErrorCode::Unsupported, fmt::format("{}: an answer is larger than {}", url, none.why)};
        default:
            return {ErrorCode::Unreachable, fmt::format("could not get an answer of {}: {}", url, none.why)};
    }
}

/// What a BMC names as a path is put into a request and into messages.
bool isPath(const std::string& path) {
    return path.starts_with('/') && path.size() <= longest_path &&
           std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

class RedfishService {
  public:
    RedfishService(const http::Endpoint& endpoint, http::TlsContext tls, const std::string& user,
                   const std::string& password, Deadline deadline)
        : client_(endpoint, std::move(tls), nullptr, http::HttpsClient::Connections::OneEach,
                  [url = endpoint.url, deadline](const auto& none, const auto&, auto) {
                      return worded(url, none, deadline);
                  }),
          until_(std::chrono::steady_clock::now() + deadline) {
        Poco::Net::HTTPRequest request;
        Poco::Net::HTTPBasicCredentials(user, password).authenticate(request);
        headers_["Authorization"] = request.get("Authorization");
    }

    Result<Json> get(std::string path) {
        for (int hops = 0; hops <= most_redirections; ++hops) {
            if (!isPath(path))
                return problem(ErrorCode::Unsupported,
                               fmt::format("'{}' is no path", base::oneLine(path, longest_shown)));
            const auto left = std::chrono::ceil<Deadline>(until_ - std::chrono::steady_clock::now());
            auto answer = client_.ask({"GET", path, "", headers_}, left, largest_resource);
            if (!answer) return failure(answer.error());
            if (answer->status == 401 || answer->status == 403)
                return problem(ErrorCode::Refused, fmt::format("refuses the account ({})", answer->status));
            if (answer->status == 200) return resourceIn(answer->body, path);
            if (answer->status < 300 || answer->status >= 400 || answer->location.empty())
                return problem(ErrorCode::Unsupported,
                               fmt::format("answers {} with {}", base::oneLine(path, longest_shown), answer->status));
            path = pathOf(answer->location);
        }
        return problem(ErrorCode::Unsupported, fmt::format("redirects more than {} times", most_redirections));
    }
    /// An error that names the service.
    [[nodiscard]] base::Unexpected problem(ErrorCode code, const std::string& words) const {
        return failure(code, fmt::format("{} {}", client_.endpoint().url, words));
    }

    /// The answer's status.
    Result<int> post(const std::string& path, const Json& body) {
        if (!isPath(path))
            return problem(ErrorCode::Unsupported, fmt::format("'{}' is no path", base::oneLine(path, longest_shown)));
        const auto left = std::chrono::ceil<Deadline>(until_ - std::chrono::steady_clock::now());
        auto headers = headers_;
        headers["Content-Type"] = "application/json";
        auto answer = client_.ask({"POST", path, protocol::jsonText(body), headers}, left, largest_resource);
        if (!answer) return failure(answer.error());
        if (answer->status == 401 || answer->status == 403)
            return problem(ErrorCode::Refused, fmt::format("refuses the account ({})", answer->status));
        return answer->status;
    }

  private:
    [[nodiscard]] Result<Json> resourceIn(const std::string& body, const std::string& path) const {
        auto resource = protocol::parseJson(body);
        if (resource) return resource;
        return problem(ErrorCode::Unsupported,
                       fmt::format("gives an answer for {} that cannot be used: {}", base::oneLine(path, longest_shown),
                                   resource.error().message));
    }
    static std::string pathOf(const std::string& location) {
        try {
            return Poco::URI(location).getPathAndQuery();
        } catch (const Poco::Exception&) {
            return "/";
        }
    }

    http::HttpsClient client_;
    const base::SteadyTime until_;
    std::map<std::string, std::string> headers_{{"Accept", "application/json"}, {"OData-Version", "4.0"}};
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
    if (systems.empty()) return service.problem(ErrorCode::Unsupported, "lists no systems");
    auto collection = service.get(systems);
    if (!collection) return failure(collection.error());
    const auto members = at(*collection, "Members");
    system = members.is_array() && !members.empty() ? textAt(members.back(), "@odata.id") : std::string();
    if (system.empty()) return service.problem(ErrorCode::Unsupported, "lists no system");
    return system;
}

Result<std::unique_ptr<RedfishService>> serviceOf(const PowerDevice& device, Deadline deadline) {
    auto endpoint = endpointOf(device);
    if (!endpoint) return failure(endpoint.error());
    auto tls = contextFor(device);
    if (!tls) return failure(tls.error());
    auto password = base::readSecret(device.password_file);
    if (!password) return failure(password.error());
    return std::make_unique<RedfishService>(*endpoint, std::move(*tls), optionOf(device, {"username", "login"}),
                                            *password, deadline);
}

std::string managerOf(RedfishService& service, const std::string& root) {
    auto managers = service.get(root + "/Managers");
    const auto members = managers ? at(*managers, "Members") : Json();
    return members.is_array() && !members.empty() ? textAt(members.front(), "@odata.id") : std::string();
}

}  // namespace

Result<std::string> redfishUuid(const PowerDevice& device, Deadline deadline) {
    auto service = serviceOf(device, deadline);
    if (!service) return failure(service.error());
    auto system = systemOf(**service, device);
    if (!system) return system;
    auto resource = (*service)->get(*system);
    if (!resource) return failure(resource.error());
    auto uuid = base::oneLine(textAt(*resource, "UUID"));
    if (uuid.empty())
        return (*service)->problem(ErrorCode::Unsupported,
                                   fmt::format("reports no UUID in {}", base::oneLine(*system, longest_shown)));
    return uuid;
}

Result<std::string> redfishTestEvent(const PowerDevice& device, Deadline deadline) {
    auto service = serviceOf(device, deadline);
    if (!service) return failure(service.error());
    const auto said = optionOf(device, {"redfish_uri", "redfish-uri"});
    const std::string root = said.empty() ? "/redfish/v1" : said;
    const auto manager = managerOf(**service, root);
    std::vector<std::pair<std::string, Json>> actions;
    if (!manager.empty()) {
        for (const auto* action :
             {"HpeiLOSnmpService.SendSNMPTestAlert", "SnmpService.SendSNMPTestAlert", "SnmpService.SubmitTestEvent"})
            actions.emplace_back(fmt::format("{}/SnmpService/Actions/{}", manager, action), Json::object());
    }
    actions.emplace_back(root + "/EventService/Actions/EventService.SubmitTestEvent",
                         Json{{"EventId", "StandinTest"}, {"Severity", "OK"}, {"Message", "Generated test event"}});
    int last = 0;
    for (const auto& [path, body] : actions) {
        auto status = (*service)->post(path, body);
        if (!status) return failure(status.error());
        if (*status >= 200 && *status < 300) return fmt::format("{} accepted", path);
        last = *status;
    }
    return failure(ErrorCode::Unsupported, fmt::format("its Redfish service has no test event (answer {})", last));
}

}  // namespace standin::drivers
