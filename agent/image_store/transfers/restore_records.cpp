#include "agent/image_store/transfers/restore_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "agent/base/durable_file.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::image_store {

namespace fs = std::filesystem;

namespace {

using Dated = std::pair<fs::file_time_type, protocol::Restore>;

void loadFrom(const std::string& directory, std::vector<Dated>& found) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(directory, problem)) {
        if (entry.path().extension() != ".json") continue;
        auto text = base::readWhole(entry.path().string(), 64U << 10);
        auto json = text ? protocol::parseJson(*text) : base::Result<protocol::Json>(base::failure(text.error()));
        auto restore =
            json ? protocol::restoreFrom(*json) : base::Result<protocol::Restore>(base::failure(json.error()));
        if (restore) found.emplace_back(fs::last_write_time(entry.path(), problem), std::move(*restore));
    }
}

}  // namespace

base::Result<void> RestoreRecords::open() {
    std::error_code problem;
    fs::create_directories(directory_, problem);
    if (problem && !otherwise_.empty()) fs::create_directories(otherwise_, problem);
    if (!problem) return {};
    return base::failure(base::ErrorCode::Internal,
                         fmt::format("could not make '{}': {}", directory_, problem.message()));
}

base::Result<void> RestoreRecords::save(const protocol::Restore& restore) {
    const auto text = protocol::jsonText(protocol::toJson(restore)) + "\n";
    auto saved = base::writeDurably(pathOf(directory_, restore.id), text);
    if (otherwise_.empty()) return saved;
    std::error_code problem;
    if (saved) {
        fs::remove(pathOf(otherwise_, restore.id), problem);  // of a time when the store was read-only
        return saved;
    }
    fs::create_directories(otherwise_, problem);
    return base::writeDurably(pathOf(otherwise_, restore.id), text) ? base::Result<void>() : saved;
}

void RestoreRecords::remove(const base::RestoreId& id) {
    std::error_code problem;
    fs::remove(pathOf(directory_, id), problem);
    if (!otherwise_.empty()) fs::remove(pathOf(otherwise_, id), problem);
}

std::vector<protocol::Restore> RestoreRecords::load() const {
    std::vector<Dated> found;
    loadFrom(directory_, found);
    if (!otherwise_.empty()) loadFrom(otherwise_, found);  // later, so of two of one id this one counts
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<protocol::Restore> restores;
    for (auto& [time, restore] : found) restores.push_back(std::move(restore));
    return restores;
}

}  // namespace standin::image_store
