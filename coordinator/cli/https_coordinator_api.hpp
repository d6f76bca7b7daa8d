#pragma once

#include <chrono>
#include <memory>

#include "agent/http/https_client.hpp"
#include "coordinator/cli/coordinator_api.hpp"

namespace standin::cli {

/// Where the coordinator is, and the client's identity.
struct Connection {
    std::string url = "https://localhost:8440";
    http::TlsFiles tls;
    std::chrono::milliseconds deadline{15'000};  ///< for an answer; the coordinator gives its own engine 5 s
};

/// The coordinator over HTTPS with certificates on both sides.
class HttpsCoordinatorApi final : public CoordinatorApi {
  public:
    /// InvalidInput: the URL or a TLS file is wrong; no request was sent.
    static base::Result<std::unique_ptr<HttpsCoordinatorApi>> open(const Connection& connection);

    base::Result<Answer> request(std::string_view method, std::string_view path, const nlohmann::json* body) override;
    base::Result<void> follow(const std::string& last_id, const EventSink& sink) override;

  private:
    HttpsCoordinatorApi(std::unique_ptr<http::HttpsClient> client, std::chrono::milliseconds deadline);

    const std::unique_ptr<http::HttpsClient> client_;
    const std::chrono::milliseconds deadline_;
};

}  // namespace standin::cli
