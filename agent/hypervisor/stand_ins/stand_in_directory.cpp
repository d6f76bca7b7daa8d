#include "agent/hypervisor/stand_ins/stand_in_directory.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "agent/base/durable_file.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::hypervisor {

namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using Phase = StandInRecord::Phase;

// QEMU, which is not root, must be able to pass; other users may not list the content. The role makes the same, or each
// would undo what the other did.
constexpr auto passable = fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec;
constexpr std::uint64_t bytes_per_block = 512;  // of stat(2), whatever the file system's own block is
constexpr std::array<std::pair<Phase, const char*>, 5> phase_names{{{Phase::Making, "making"},
                                                                    {Phase::Made, "made"},
                                                                    {Phase::Failed, "failed"},
                                                                    {Phase::Kept, "kept"},
                                                                    {Phase::Removing, "removing"}}};

std::string nameOf(Phase phase) {
    for (const auto& [candidate, name] : phase_names) {
        if (candidate == phase) return name;
    }
    return "failed";
}

base::Result<StandInRecord> recordFrom(const protocol::Json& json) {
    protocol::JsonFields fields(json, "stand-in record");
    StandInRecord record;
    record.name = fields.id<base::StandInName>("name");
    auto definition = protocol::standInDefinitionFrom(fields.object("definition"));
    if (!definition) return base::failure(definition.error());
    record.definition = *definition;
    auto resources = protocol::standInResourcesFrom(fields.object("resources"));
    if (!resources) return base::failure(resources.error());
    record.resources = *resources;
    record.uuid = fields.text("uuid");
    record.disk_bytes = fields.count("disk_bytes");
    const auto phase = fields.text("phase");
    record.phase = Phase::Failed;
    for (const auto& [candidate, name] : phase_names) {
        if (phase == name) record.phase = candidate;
    }
    record.problem = fields.text("problem", "");
    record.started_once = fields.boolean("started_once", false);
    record.named_by_mac = fields.text("named_by_mac", "");
    record.accelerated_by = fields.text("accelerated_by", "");
    record.emulated_because = fields.text("emulated_because", "");
    return fields.finish(record);
}

base::Result<void> makeDirectory(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (!error) fs::permissions(path, passable, error);
    if (error)
        return base::failure(ErrorCode::Internal,
                             fmt::format("could not make directory '{}': {}", path, error.message()));
    return {};
}

}  // namespace

StandInDirectory::StandInDirectory(std::string root) : root_(std::move(root)) {}

base::Result<void> StandInDirectory::prepare() {
    return makeDirectory(root_);
}

base::Result<std::vector<StandInRecord>> StandInDirectory::load(std::vector<std::string>& unreadable) const {
    std::vector<StandInRecord> records;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root_, error)) {
        if (!entry.is_directory()) continue;
        const auto path = entry.path() / "stand_in.json";
        auto text = base::readWhole(path.string());
        auto json = text ? protocol::parseJson(*text) : base::Result<protocol::Json>(base::failure(text.error()));
        auto record = json ? recordFrom(*json) : base::Result<StandInRecord>(base::failure(json.error()));
        if (record && record->name.text() == entry.path().filename().string()) {
            records.push_back(*record);
        } else {
            unreadable.push_back(
                fmt::format("'{}' is no stand-in's record: {}", path.string(),
                            record ? "its name is not that of its directory" : record.error().message));
        }
    }
    if (error)
        return base::failure(ErrorCode::Internal, fmt::format("could not read '{}': {}", root_, error.message()));
    return records;
}

base::Result<void> StandInDirectory::save(const StandInRecord& record) const {
    auto made = makeDirectory(pathOf(record.name));
    if (!made) return made;
    const protocol::Json json{{"name", record.name.text()},
                              {"definition", toJson(record.definition)},
                              {"resources", toJson(record.resources)},
                              {"uuid", record.uuid},
                              {"disk_bytes", record.disk_bytes},
                              {"phase", nameOf(record.phase)},
                              {"problem", record.problem},
                              {"started_once", record.started_once},
                              {"named_by_mac", record.named_by_mac},
                              {"accelerated_by", record.accelerated_by},
                              {"emulated_because", record.emulated_because}};
    return base::writeDurably(pathOf(record.name) + "/stand_in.json", protocol::indentedJsonText(json) + "\n");
}

base::Result<void> StandInDirectory::saveDefinition(const base::StandInName& name, const std::string& xml) const {
    return base::writeDurably(pathOf(name) + "/domain.xml", xml, 0644);
}

void StandInDirectory::removeDisk(const base::StandInName& name) const {
    std::error_code ignored;  // files that can't be removed now are removed with the stand-in
    for (const auto* suffix : {"", ".fetch", ".fetch.new"}) fs::remove(diskOf(name) + suffix, ignored);
}

base::Result<void> StandInDirectory::remove(const base::StandInName& name) const {
    const fs::path path = pathOf(name);
    std::error_code error;
    // The record goes last: while it is there, what is left can be found and removed again.
    for (const auto& entry : fs::directory_iterator(path, error)) {
        if (entry.path().filename() != "stand_in.json") fs::remove_all(entry.path(), error);
        if (error) break;
    }
    if (!error || error == std::errc::no_such_file_or_directory) fs::remove_all(path, error);
    if (error)
        return base::failure(ErrorCode::Internal,
                             fmt::format("could not remove '{}': {}", path.string(), error.message()));
    return base::syncDirectory(root_);
}

std::string StandInDirectory::pathOf(const base::StandInName& name) const {
    return root_ + "/" + name.text();
}
std::string StandInDirectory::diskOf(const base::StandInName& name) const {
    return pathOf(name) + "/disk.raw";
}

std::uint64_t StandInDirectory::allocatedBytes(const base::StandInName& name) const {
    struct stat status {};
    if (::stat(diskOf(name).c_str(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * bytes_per_block;
}

base::Result<std::uint64_t> StandInDirectory::freeBytes() const {
    struct statvfs status {};
    if (::statvfs(root_.c_str(), &status) != 0) {
        return base::failure(ErrorCode::Internal,
                             fmt::format("could not ask for the free space at '{}': {}", root_, std::strerror(errno)));
    }
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace standin::hypervisor
