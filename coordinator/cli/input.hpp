#pragma once

#include <string>

#include "coordinator/cli/command_context.hpp"

namespace standin::cli {

/// A file's content, or with `-` what comes on standard input. Errors: NotFound, Corrupt (larger than `most`).
base::Result<std::string> readInput(const CommandContext& context, const std::string& path, std::size_t most);

/// Asks for a `y` on standard input; false for anything else, and where there is no one to answer.
bool confirmed(const CommandContext& context, const std::string& question);

/// An operator's input for the number of an operation or of a trap.
bool isNumber(const std::string& text);

}  // namespace standin::cli
