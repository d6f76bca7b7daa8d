#include "agent/base/yaml_document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "agent/base/text.hpp"

namespace standin::base {

namespace {

/// Looks through a whole document for what yaml-cpp takes in silence: it keeps the last of two equal keys, and an
/// operator who wrote a key twice meant something else; and an anchor may contain itself, or unfold to more than any
/// memory holds.
class Inspection {
  public:
    Inspection(const std::string& file, std::size_t text_bytes, YamlProblems& problems)
        : file_(file), problems_(problems), most_nodes_(text_bytes / 2 + most_unfolded) {}

    /// False: it was given up, and no other check should walk through the document either.
    bool walk(const YAML::Node& node, std::size_t depth = 0) {
        if (depth > deepest || ++seen_ > most_nodes_) {
            problems_.add(placeOf(file_, node.Mark()), "", "is nested too deeply, or its anchors unfold to too much");
            return false;
        }
        if (node.IsSequence()) {
            for (const auto& item : node) {
                if (!walk(item, depth + 1)) return false;
            }
        }
        if (!node.IsMap()) return true;
        std::set<std::string> keys;
        for (const auto& entry : node) {
            if (!entry.first.IsScalar()) {
                problems_.add(placeOf(file_, entry.first.Mark()), "", "a key must be plain text");
            } else if (!keys.insert(entry.first.Scalar()).second) {
                problems_.add(placeOf(file_, entry.first.Mark()), entry.first.Scalar(), "stands here twice");
            }
            if (!walk(entry.second, depth + 1)) return false;
        }
        return true;
    }

  private:
    static constexpr std::size_t deepest = 32;  // our documents are 7 deep
    // Written nodes take two bytes each or more; anchors may add this many.
    static constexpr std::size_t most_unfolded = 100'000;

    const std::string& file_;
    YamlProblems& problems_;
    const std::size_t most_nodes_;
    std::size_t seen_ = 0;
};

/// Where the text is not UTF-8 or has a character that no text has; npos if nowhere.
std::size_t firstStrangeByte(const std::string& text) {
    return std::min(firstInvalidByte(text), text.find('\0'));
}

/// `file:line:column` of a byte, as an editor counts.
std::string placeOf(const std::string& file, const std::string& text, std::size_t at) {
    const auto line_begin = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    const auto column = line_begin == std::string::npos ? at + 1 : at - line_begin;
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    return fmt::format("{}:{}:{}", file, line, column);
}

/// The first tab that indents a line, as far as the text was read; npos if there is none.
std::size_t indentingTab(const std::string& text, const YAML::Mark& mark) {
    const auto last = std::min<std::size_t>(static_cast<std::size_t>(std::max(mark.pos, 0)), text.size());
    for (std::size_t begin = 0; begin <= last && begin < text.size();) {
        const auto content = text.find_first_not_of(" \t", begin);
        const auto tab = text.find('\t', begin);
        if (tab != std::string::npos && (content == std::string::npos || tab < content)) return tab;
        const auto end = text.find('\n', begin);
        if (end == std::string::npos) break;
        begin = end + 1;
    }
    return std::string::npos;
}

}  // namespace

std::string placeOf(const std::string& file, const YAML::Mark& mark) {
    return mark.is_null() ? file : fmt::format("{}:{}:{}", file, mark.line + 1, mark.column + 1);
}

std::optional<YAML::Node> loadMapping(const std::string& text, const std::string& name, YamlProblems& problems) {
    if (const auto at = firstStrangeByte(text); at != std::string::npos) {
        problems.add(placeOf(name, text, at), "", "is not text in UTF-8; save the file as that");
        return std::nullopt;
    }
    try {
        const auto documents = YAML::LoadAll(text);
        if (documents.empty() || documents.front().IsNull()) {
            problems.add(name, "", "is empty; it must be a mapping of keys to values");
            return std::nullopt;
        }
        const auto& root = documents.front();
        if (!root.IsMap()) {
            problems.add(placeOf(name, root.Mark()), "", "the document must be a mapping of keys to values");
            return std::nullopt;
        }
        if (documents.size() > 1)
            problems.add(placeOf(name, documents[1].Mark()), "", "a second document begins here; there must be one");
        if (!Inspection(name, text.size(), problems).walk(root)) return std::nullopt;
        return root;
    } catch (const YAML::DeepRecursion& exception) {
        problems.add(placeOf(name, exception.mark), "", "is nested too deeply");
        return std::nullopt;
    } catch (const YAML::Exception& exception) {
        if (const auto at = indentingTab(text, exception.mark); at != std::string::npos) {
            problems.add(placeOf(name, text, at), "", "a tab; YAML is indented with blanks");
            return std::nullopt;
        }
        problems.add(placeOf(name, exception.mark), "", "not valid YAML: " + exception.msg);
        return std::nullopt;
    }
}

}  // namespace standin::base
