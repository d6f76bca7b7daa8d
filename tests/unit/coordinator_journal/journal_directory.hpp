#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace standin::tests {

/// A directory of its own for a journal; removed with all its files.
struct JournalDirectory {
    JournalDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-journal-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~JournalDirectory() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string journal() const { return path + "/journal.db"; }
    std::string path;
};

}  // namespace standin::tests
