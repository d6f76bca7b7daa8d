#include "coordinator/cli/settings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "agent/base/yaml_reader.hpp"

namespace standin::cli {

using base::ErrorCode;
using base::failure;

namespace {

base::Result<ConnectionOptions> readFile(const std::string& path) {
    base::YamlProblems problems;
    ConnectionOptions options;
    if (auto reader = base::YamlReader::fromFile(path, problems)) {
        options.url = reader->text("url", "");
        options.ca = reader->text("ca_file", "");
        options.certificate = reader->text("certificate_file", "");
        options.key = reader->text("key_file", "");
        options.crl = reader->text("crl_file", "");
        reader->finish();
    }
    if (!problems.empty()) return failure(problems.error());
    return options;
}

}  // namespace

base::Result<Connection> connectionFrom(const ConnectionOptions& options,
                                        const std::function<const char*(const char*)>& environment) {
    auto variable = [&](const char* name) {
        const char* value = environment(name);
        return std::string(value == nullptr ? "" : value);
    };
    auto first = [](const std::string& a, const std::string& b, const std::string& c) {
        return !a.empty() ? a : !b.empty() ? b : c;
    };

    ConnectionOptions file;
    auto path = first(options.settings_file, variable("STANDIN_CONFIG"), "");
    if (path.empty() && ::access(usual_settings_file, F_OK) == 0) path = usual_settings_file;
    if (!path.empty()) {
        auto read = readFile(path);
        if (!read) return failure(read.error());
        file = *read;
    }
    Connection connection;
    connection.url = first(options.url, variable("STANDIN_URL"), file.url.empty() ? connection.url : file.url);
    connection.tls.ca = first(options.ca, variable("STANDIN_CA"), file.ca);
    connection.tls.certificate = first(options.certificate, variable("STANDIN_CERTIFICATE"), file.certificate);
    connection.tls.key = first(options.key, variable("STANDIN_KEY"), file.key);
    connection.tls.crl = first(options.crl, variable("STANDIN_CRL"), file.crl);
    if (connection.tls.ca.empty() || connection.tls.certificate.empty() || connection.tls.key.empty()) {
        return failure(
            ErrorCode::InvalidInput,
            fmt::format("there is no client certificate: give --ca, --certificate and --key, or name them in {}",
                        usual_settings_file));
    }
    return connection;
}

}  // namespace standin::cli
