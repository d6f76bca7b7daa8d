#include "coordinator/rehearsal_program.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <iostream>
#include <iterator>

#include "coordinator/composition.hpp"
#include "coordinator/what_if/rehearsal_process.hpp"

namespace standin {

namespace {

/// Programs, secrets and rules were checked by the coordinator that loaded this text.
config::Surroundings checkedBefore() {
    return {[](const std::string&) { return true; }, [](const drivers::PowerDevice&) { return std::string(); },
            [](const std::string&) { return std::vector<std::string>(); }};
}

base::Result<engine::Inventory> inventoryOf(const std::string& configuration) {
    base::YamlProblems problems;
    const auto read = config::readConfigurationText(configuration, "configuration", checkedBefore(), problems);
    if (!read) return base::failure(problems.error());
    return inventoryFrom(*read);
}

}  // namespace

int rehearseStandardInput() {
    ::setpriority(PRIO_PROCESS, 0, 19);
    const std::string input(std::istreambuf_iterator<char>(std::cin), {});
    fmt::print("{}", what_if::rehearsalAnswer(input, &inventoryOf));
    return 0;
}

}  // namespace standin
