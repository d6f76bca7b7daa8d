#include "agent/base/secret_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "agent/base/regular_file.hpp"

namespace standin::base {

Result<std::string> readSecret(const std::string& path) {
    const auto file = openRegular(path, O_RDONLY);
    if (!file) return failure(ErrorCode::InvalidInput, fmt::format("could not read secret: {}", file.error().message));
    struct stat status {};
    std::array<char, 4097> buffer{};
    bool known = ::fstat(file->get(), &status) == 0;
    auto length = ::read(file->get(), buffer.data(), buffer.size());
    if (!known || length < 0) return failure(ErrorCode::InvalidInput, fmt::format("could not read secret '{}'", path));
    if ((status.st_mode & S_IRWXO) != 0) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("secret '{}' is open to everybody; chmod it to 0600", path));
    }
    if (length == static_cast<ssize_t>(buffer.size())) {
        return failure(ErrorCode::InvalidInput, fmt::format("secret '{}' is longer than 4 KiB", path));
    }
    std::string text(buffer.data(), static_cast<std::size_t>(length));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.empty()) return failure(ErrorCode::InvalidInput, fmt::format("secret '{}' is empty", path));
    return text;
}

}  // namespace standin::base
