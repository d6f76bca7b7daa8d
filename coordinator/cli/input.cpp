#include "coordinator/cli/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <istream>

#include "agent/base/durable_file.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

base::Result<std::string> readInput(const CommandContext& context, const std::string& path, std::size_t most) {
    if (path != "-") return base::readGiven(path, most);
    if (context.in == nullptr) return base::failure(base::ErrorCode::NotFound, "there is no standard input");
    std::string text(most + 1, '\0');
    context.in->read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(context.in->gcount()));
    if (text.size() > most)
        return base::failure(base::ErrorCode::Corrupt, fmt::format("standard input is larger than {} bytes", most));
    return text;
}

bool confirmed(const CommandContext& context, const std::string& question) {
    if (context.in == nullptr) return false;
    context.out << printable(question) << " [y/N] " << std::flush;
    std::string answer;
    std::getline(*context.in, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

bool isNumber(const std::string& text) {
    return !text.empty() && text.size() < 20 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace standin::cli
