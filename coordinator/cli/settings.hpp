#pragma once

#include <functional>
#include <string>

#include "agent/base/result.hpp"
#include "coordinator/cli/https_coordinator_api.hpp"

namespace standin::cli {

inline constexpr const char* usual_settings_file = "/etc/standin/standinctl.yml";

/// The connection settings of the command line; empty = not given.
struct ConnectionOptions {
    std::string settings_file;
    std::string url;
    std::string ca;
    std::string certificate;
    std::string key;
    std::string crl;
};

/// Each value from the first that has it: command line; environment (STANDIN_URL, STANDIN_CA, STANDIN_CERTIFICATE,
/// STANDIN_KEY, STANDIN_CRL); settings file (`url`, `ca_file`, `certificate_file`, `key_file`, `crl_file`), which is
/// the command line's, STANDIN_CONFIG or /etc/standin/standinctl.yml. InvalidInput says what is missing or wrong.
base::Result<Connection> connectionFrom(const ConnectionOptions& options,
                                        const std::function<const char*(const char*)>& environment);

}  // namespace standin::cli
