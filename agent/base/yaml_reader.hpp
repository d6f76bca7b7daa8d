#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.hpp"

namespace YAML {
class Node;
}

namespace standin::base {

/// All problems of a document, each as `file:line:column: key: what`. They are collected, so that an operator can
/// correct a file in one go.
class YamlProblems {
  public:
    void add(const std::string& place, const std::string& key, const std::string& what);
    [[nodiscard]] bool empty() const { return lines_.empty(); }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
    /// All lines as one InvalidInput error.
    [[nodiscard]] Error error() const;

  private:
    std::vector<std::string> lines_;
};

/// A mapping that is read strictly: requested keys must exist with the right type, and finish() reports all keys that
/// were not requested. After a problem, readers return harmless values and continue.
class YamlReader {
  public:
    /// The root mapping of a file. If it cannot be read (no file, no YAML), a problem is recorded, and the result is
    /// nullopt.
    static std::optional<YamlReader> fromFile(const std::string& path, YamlProblems& problems);
    /// The text of a file that fromText() may be given; nullopt if it cannot be read.
    static std::optional<std::string> textOf(const std::string& path, YamlProblems& problems);
    static std::optional<YamlReader> fromText(const std::string& text, const std::string& name, YamlProblems& problems);

    [[nodiscard]] bool has(const std::string& key) const;  ///< present and not null

    std::string text(const std::string& key);
    std::string text(const std::string& key, const std::string& otherwise);
    std::int64_t integer(const std::string& key, std::int64_t least, std::int64_t most);
    std::int64_t integer(const std::string& key, std::int64_t least, std::int64_t most, std::int64_t otherwise);
    bool boolean(const std::string& key, bool otherwise);
    std::chrono::milliseconds duration(const std::string& key);
    std::chrono::milliseconds duration(const std::string& key, std::chrono::milliseconds otherwise);
    std::uint64_t bytes(const std::string& key);
    std::uint64_t bytes(const std::string& key, std::uint64_t otherwise);
    /// One of `choices`.
    std::string choice(const std::string& key, const std::vector<std::string>& choices);
    std::string choice(const std::string& key, const std::vector<std::string>& choices, const std::string& otherwise);

    std::vector<std::string> texts(const std::string& key);  ///< a sequence of scalars; absent = empty
    std::vector<std::int64_t> integers(const std::string& key, std::int64_t least, std::int64_t most);
    std::vector<std::pair<std::string, std::string>> scalars(
        const std::string& key);  ///< a mapping of scalars; absent = empty

    YamlReader map(const std::string& key);                         ///< required
    std::optional<YamlReader> optionalMap(const std::string& key);  ///< absent or null = nullopt
    std::vector<YamlReader> list(const std::string& key);           ///< a sequence of mappings; absent = empty
    std::vector<std::pair<std::string, YamlReader>> entries(
        const std::string& key);  ///< a mapping of mappings; absent = empty
    /// The entries of this mapping, which must all be mappings.
    std::vector<std::pair<std::string, YamlReader>> entries();

    /// Records a problem found by the caller at `key` (or at the mapping itself if the key is absent).
    void problem(const std::string& key, const std::string& what);
    /// Records a problem at one item of the list `key`; the first is 0.
    void problem(const std::string& key, std::size_t item, const std::string& what);

    /// Records every key that was not requested. Call it once after everything has been read.
    void finish();

    [[nodiscard]] std::string place() const;                        ///< `file:line:column`
    [[nodiscard]] std::string place(const std::string& key) const;  ///< of the key's value

  private:
    YamlReader(const YAML::Node& node, std::string file, std::string path, YamlProblems& problems);
    std::optional<YAML::Node> find(const std::string& key, bool required);
    std::optional<std::string> scalar(const std::string& key, bool required);
    [[nodiscard]] std::string pathOf(const std::string& key) const;

    std::shared_ptr<YAML::Node> node_;
    std::string file_;
    std::string path_;
    YamlProblems* problems_;
    std::set<std::string> asked_;
};

}  // namespace standin::base
