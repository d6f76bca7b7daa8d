#include "agent/base/yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "agent/base/durable_file.hpp"
#include "agent/base/number.hpp"
#include "agent/base/text.hpp"
#include "agent/base/units.hpp"
#include "agent/base/yaml_document.hpp"

namespace standin::base {

namespace {

constexpr std::size_t largest_document = 4 << 20;  // a configuration is typed by people; more is a mistake or an attack

/// "\\0" and its like in quotes: a program's argument would end there, a message would be two. Lines and tabs are text.
bool hasControls(const std::string& text) {
    auto without_layout = text;
    std::replace_if(
        without_layout.begin(), without_layout.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return !isOneLine(without_layout);
}

}  // namespace

void YamlProblems::add(const std::string& place, const std::string& key, const std::string& what) {
    lines_.push_back(key.empty() ? fmt::format("{}: {}", place, what) : fmt::format("{}: {}: {}", place, key, what));
}

Error YamlProblems::error() const {
    std::string all;
    for (const auto& line : lines_) all += (all.empty() ? "" : "\n") + line;
    return Error{ErrorCode::InvalidInput, all};
}

YamlReader::YamlReader(const YAML::Node& node, std::string file, std::string path, YamlProblems& problems)
    : node_(std::make_shared<YAML::Node>(node)), file_(std::move(file)), path_(std::move(path)), problems_(&problems) {}

std::optional<YamlReader> YamlReader::fromFile(const std::string& path, YamlProblems& problems) {
    const auto text = textOf(path, problems);
    return text ? fromText(*text, path, problems) : std::nullopt;
}

std::optional<std::string> YamlReader::textOf(const std::string& path, YamlProblems& problems) {
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown)) {
        problems.add(path, "", "is a directory; name the file in it");
        return std::nullopt;
    }
    auto text = readGiven(path, largest_document);
    if (text) return std::move(*text);
    switch (text.error().code) {
        case ErrorCode::Corrupt:
            problems.add(path, "", "the file is larger than 4 MiB, which no configuration is");
            break;
        case ErrorCode::TimedOut:
            problems.add(path, "", text.error().message);
            break;
        default:
            problems.add(path, "", "the file cannot be read; does it exist, and may this user read it?");
    }
    return std::nullopt;
}

std::optional<YamlReader> YamlReader::fromText(const std::string& text, const std::string& name,
                                               YamlProblems& problems) {
    const auto root = loadMapping(text, name, problems);
    if (!root) return std::nullopt;
    return YamlReader(*root, name, "", problems);
}

bool YamlReader::has(const std::string& key) const {
    const YAML::Node& node = *node_;
    return node.IsMap() && node[key] && !node[key].IsNull();
}

std::string YamlReader::pathOf(const std::string& key) const {
    return path_.empty() ? key : key.empty() ? path_ : path_ + "." + key;
}

std::string YamlReader::place() const {
    return placeOf(file_, node_->Mark());
}

std::string YamlReader::place(const std::string& key) const {
    const YAML::Node& node = *node_;
    return node.IsMap() && node[key] ? placeOf(file_, node[key].Mark()) : place();
}

void YamlReader::problem(const std::string& key, const std::string& what) {
    problems_->add(place(key), pathOf(key), what);
}

void YamlReader::problem(const std::string& key, std::size_t item, const std::string& what) {
    const YAML::Node& node = *node_;
    problems_->add(placeOf(file_, node[key][item].Mark()), pathOf(key), what);
}

std::optional<YAML::Node> YamlReader::find(const std::string& key, bool required) {
    asked_.insert(key);
    if (has(key)) {
        const YAML::Node& node = *node_;
        return node[key];
    }
    if (required && node_->IsMap()) problem(key, "is missing");
    return std::nullopt;
}

std::optional<std::string> YamlReader::scalar(const std::string& key, bool required) {
    auto node = find(key, required);
    if (!node) return std::nullopt;
    if (!node->IsScalar()) {
        problem(key, "must be a single value");
        return std::nullopt;
    }
    if (hasControls(node->Scalar())) {
        problem(key, "has a control character, which no value has");
        return std::nullopt;
    }
    return node->Scalar();
}

std::string YamlReader::text(const std::string& key) {
    auto value = scalar(key, true);
    if (value && value->empty()) problem(key, "must not be empty");
    return value.value_or("");
}

std::string YamlReader::text(const std::string& key, const std::string& otherwise) {
    return scalar(key, false).value_or(otherwise);
}

std::int64_t YamlReader::integer(const std::string& key, std::int64_t least, std::int64_t most) {
    auto value = scalar(key, true);
    if (!value) return least;
    auto number = parseNumber<std::int64_t>(*value);
    if (!number || *number < least || *number > most) {
        problem(key, fmt::format("'{}' is not a whole number from {} to {}", shortened(*value, 80), least, most));
        return least;
    }
    return *number;
}

std::int64_t YamlReader::integer(const std::string& key, std::int64_t least, std::int64_t most,
                                 std::int64_t otherwise) {
    asked_.insert(key);
    return has(key) ? integer(key, least, most) : otherwise;
}

bool YamlReader::boolean(const std::string& key, bool otherwise) {
    auto value = scalar(key, false);
    if (!value) return otherwise;
    // YAML 1.1's yes/on/no/off are refused: a team and a parser may read them differently.
    if (*value == "true") return true;
    if (*value != "false") problem(key, fmt::format("'{}' is neither 'true' nor 'false'", shortened(*value, 80)));
    return false;
}

std::chrono::milliseconds YamlReader::duration(const std::string& key) {
    auto value = scalar(key, true);
    if (!value) return {};
    auto parsed = parseDuration(*value);
    if (!parsed) problem(key, parsed.error().message);
    return parsed.value_or({});
}

std::chrono::milliseconds YamlReader::duration(const std::string& key, std::chrono::milliseconds otherwise) {
    asked_.insert(key);
    return has(key) ? duration(key) : otherwise;
}

std::uint64_t YamlReader::bytes(const std::string& key) {
    auto value = scalar(key, true);
    if (!value) return 0;
    auto parsed = parseBytes(*value);
    if (!parsed) problem(key, parsed.error().message);
    return parsed.value_or(0);
}

std::uint64_t YamlReader::bytes(const std::string& key, std::uint64_t otherwise) {
    asked_.insert(key);
    return has(key) ? bytes(key) : otherwise;
}

std::string YamlReader::choice(const std::string& key, const std::vector<std::string>& choices) {
    auto value = scalar(key, true);
    if (!value) return choices.front();
    if (std::find(choices.begin(), choices.end(), *value) == choices.end()) {
        problem(key, fmt::format("'{}' is none of: {}", shortened(*value, 80), fmt::join(choices, ", ")));
        return choices.front();
    }
    return *value;
}

std::string YamlReader::choice(const std::string& key, const std::vector<std::string>& choices,
                               const std::string& otherwise) {
    asked_.insert(key);
    return has(key) ? choice(key, choices) : otherwise;
}

std::vector<std::string> YamlReader::texts(const std::string& key) {
    auto node = find(key, false);
    if (!node) return {};
    if (!node->IsSequence()) {
        problem(key, "must be a list");
        return {};
    }
    std::vector<std::string> values;
    for (const auto& item : *node) {
        if (item.IsScalar() && hasControls(item.Scalar())) {
            problems_->add(placeOf(file_, item.Mark()), pathOf(key), "has a control character, which no value has");
        } else if (item.IsScalar()) {
            values.push_back(item.Scalar());
        } else {
            problems_->add(placeOf(file_, item.Mark()), pathOf(key), "every item must be a single value");
        }
    }
    return values;
}

std::vector<std::int64_t> YamlReader::integers(const std::string& key, std::int64_t least, std::int64_t most) {
    std::vector<std::int64_t> numbers;
    for (const auto& value : texts(key)) {
        auto number = parseNumber<std::int64_t>(value);
        if (number && *number >= least && *number <= most) {
            numbers.push_back(*number);
        } else {
            problem(key, fmt::format("'{}' is not a whole number from {} to {}", shortened(value, 80), least, most));
        }
    }
    return numbers;
}

std::vector<std::pair<std::string, std::string>> YamlReader::scalars(const std::string& key) {
    auto node = find(key, false);
    if (!node) return {};
    if (!node->IsMap()) {
        problem(key, "must be a mapping");
        return {};
    }
    std::vector<std::pair<std::string, std::string>> values;
    for (const auto& entry : *node) {
        if (entry.second.IsScalar() && hasControls(entry.second.Scalar())) {
            problems_->add(placeOf(file_, entry.second.Mark()), pathOf(key) + "." + entry.first.Scalar(),
                           "has a control character, which no value has");
        } else if (entry.second.IsScalar()) {
            values.emplace_back(entry.first.Scalar(), entry.second.Scalar());
        } else {
            problems_->add(placeOf(file_, entry.second.Mark()), pathOf(key) + "." + entry.first.Scalar(),
                           "must be a single value");
        }
    }
    return values;
}

YamlReader YamlReader::map(const std::string& key) {
    auto node = find(key, true);
    if (node && !node->IsMap()) problem(key, "must be a mapping");
    if (node && node->IsMap()) return YamlReader(*node, file_, pathOf(key), *problems_);
    return YamlReader(YAML::Node(), file_, pathOf(key), *problems_);
}

std::optional<YamlReader> YamlReader::optionalMap(const std::string& key) {
    asked_.insert(key);
    if (!has(key)) return std::nullopt;
    return map(key);
}

std::vector<YamlReader> YamlReader::list(const std::string& key) {
    auto node = find(key, false);
    if (!node) return {};
    if (!node->IsSequence()) {
        problem(key, "must be a list");
        return {};
    }
    std::vector<YamlReader> readers;
    std::size_t index = 0;
    for (const auto& item : *node) {
        auto path = fmt::format("{}[{}]", pathOf(key), index++);
        if (item.IsMap()) {
            readers.push_back(YamlReader(item, file_, path, *problems_));
        } else {
            problems_->add(placeOf(file_, item.Mark()), path, "must be a mapping");
        }
    }
    return readers;
}

std::vector<std::pair<std::string, YamlReader>> YamlReader::entries(const std::string& key) {
    if (!find(key, false)) return {};
    return map(key).entries();
}

std::vector<std::pair<std::string, YamlReader>> YamlReader::entries() {
    std::vector<std::pair<std::string, YamlReader>> readers;
    if (!node_->IsMap()) return readers;
    for (const auto& entry : *node_) {
        auto name = entry.first.Scalar();
        asked_.insert(name);
        if (entry.second.IsMap() || entry.second.IsNull()) {
            readers.emplace_back(name, YamlReader(entry.second, file_, pathOf(name), *problems_));
        } else {
            problem(name, "must be a mapping");
        }
    }
    return readers;
}

void YamlReader::finish() {
    if (!node_->IsMap()) return;
    for (const auto& entry : *node_) {
        if (!entry.first.IsScalar() || asked_.count(entry.first.Scalar()) > 0) continue;
        problems_->add(placeOf(file_, entry.first.Mark()), pathOf(entry.first.Scalar()), "unknown key");
    }
}

}  // namespace standin::base
