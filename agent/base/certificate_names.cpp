#include "agent/base/certificate_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"

namespace standin::base {

namespace {

bool isControl(char one) {
    const auto byte = static_cast<unsigned char>(one);
    return byte < 0x20 || byte == 0x7f;
}

std::string problemOf(const std::string& name) {
    if (name.empty()) return "names a certificate without a name";
    if (name.find('*') != std::string::npos)
        return fmt::format("'{}' is a pattern; name each certificate whole", shortened(name, 80));
    if (std::any_of(name.begin(), name.end(), isControl) || name.size() > 256)
        return "has a name with control characters or of more than 256 bytes, which no certificate is known by";
    if (name.front() == ' ' || name.back() == ' ')
        return fmt::format("'{}' begins or ends with a blank", shortened(name, 80));
    return {};
}

}  // namespace

std::vector<std::string> readCertificateNames(YamlReader& reader, const std::string& key) {
    auto names = reader.texts(key);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto end = names.begin() + static_cast<std::ptrdiff_t>(i);
        auto problem = problemOf(names[i]);
        if (problem.empty() && std::find(names.begin(), end, names[i]) != end)
            problem = fmt::format("'{}' stands here twice", names[i]);
        if (!problem.empty()) reader.problem(key, i, problem);
    }
    return names;
}

}  // namespace standin::base
