#include <cstdlib>
#include <iostream>

#include "coordinator/cli/command_line.hpp"
#include "coordinator/cli/https_coordinator_api.hpp"

int main(int argc, char** argv) {
    namespace cli = standin::cli;
    standin::http::TlsLibrary tls_library;
    return cli::runCommandLine(
        std::vector<std::string>(argv + 1, argv + argc),
        {std::cout, std::cerr, [](const char* name) { return std::getenv(name); },
         [](const cli::Connection& connection) -> standin::base::Result<std::unique_ptr<cli::CoordinatorApi>> {
             auto api = cli::HttpsCoordinatorApi::open(connection);
             if (!api) return standin::base::failure(api.error());
             return std::unique_ptr<cli::CoordinatorApi>(std::move(*api));
         },
         &std::cin});
}
