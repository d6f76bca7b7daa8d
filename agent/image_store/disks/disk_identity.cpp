#include "agent/image_store/disks/disk_identity.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "agent/protocol/image.hpp"

namespace standin::image_store {

namespace fs = std::filesystem;

namespace {

std::string trimmed(std::string text) {
    const auto blank = [](unsigned char c) { return std::isprint(c) == 0 || c == ' '; };
    std::erase_if(text, [&](unsigned char c) { return std::isprint(c) == 0; });
    while (!text.empty() && blank(static_cast<unsigned char>(text.back()))) text.pop_back();
    const auto first = std::find_if_not(text.begin(), text.end(), blank);
    return {first, text.end()};
}

std::string readAttribute(const fs::path& path) {
    constexpr std::size_t longest = 512;  // an attribute that is longer is no name
    std::ifstream file(path, std::ios::binary);
    std::string text(longest, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return text;
}

std::string firstOf(const fs::path& device, std::initializer_list<const char*> attributes) {
    for (const char* attribute : attributes) {
        auto text = trimmed(readAttribute(device / attribute));
        if (!text.empty()) return text;
    }
    return {};
}

// SCSI page 0x80: four bytes of header, then the serial number.
std::string serialInPage(const fs::path& device) {
    auto page = readAttribute(device / "device/vpd_pg80");
    return page.size() > 4 ? trimmed(page.substr(4)) : std::string();
}

std::string numberOf(dev_t device) {
    return fmt::format("{}:{}", major(device), minor(device));
}

fs::path directoryOf(dev_t device, const std::string& sys) {
    std::error_code problem;
    const fs::path link = fs::path(sys) / "dev/block" / numberOf(device);
    auto real = fs::canonical(link, problem);
    return problem ? link : real;
}

// `/sys/devices/…/sda/sda1` -> `/sys/devices/…/sda`
fs::path wholeOf(const fs::path& directory) {
    std::error_code problem;
    return fs::exists(directory / "partition", problem) ? directory.parent_path() : directory;
}

std::string fileOf(const struct stat& status) {
    return fmt::format("file {}:{}", numberOf(status.st_dev), status.st_ino);
}

// What a device is built on, all the way down.
void addBelow(const fs::path& directory, std::set<std::string>& below, int depth) {
    constexpr int deepest = 8;  // LVM on RAID on multipath on partitions is five
    if (depth > deepest) return;
    struct stat status {};
    const auto backing = trimmed(readAttribute(directory / "loop/backing_file"));
    if (!backing.empty() && ::stat(backing.c_str(), &status) == 0) below.insert(fileOf(status));
    std::error_code problem;
    for (const auto& slave : fs::directory_iterator(directory / "slaves", problem)) {
        const auto real = fs::canonical(slave.path(), problem);
        if (problem) continue;
        for (const auto& device : {real, wholeOf(real)}) {
            const auto number = trimmed(readAttribute(device / "dev"));
            if (!number.empty()) below.insert(number);
        }
        addBelow(real, below, depth + 1);
    }
}

}  // namespace

DiskIdentity identityOf(dev_t device, const std::string& sys) {
    const auto whole = wholeOf(directoryOf(device, sys));
    DiskIdentity identity;
    identity.serial = firstOf(whole, {"serial", "device/serial"});
    if (identity.serial.empty()) identity.serial = serialInPage(whole);
    identity.wwn = firstOf(whole, {"wwid", "device/wwid", "dm/uuid"});
    return identity;
}

std::string mismatch(const DiskIdentity& declared, const DiskIdentity& seen) {
    const std::array fields{std::tuple("serial number", &declared.serial, &seen.serial),
                            std::tuple("WWN", &declared.wwn, &seen.wwn)};
    for (const auto& [what, wanted, has] : fields) {
        if (wanted->empty() || protocol::sameIdentity(*wanted, *has)) continue;
        if (has->empty())
            return fmt::format("its {} '{}' is declared, and the disk does not report any", what, *wanted);
        return fmt::format("its {} is '{}', and '{}' is declared", what, *has, *wanted);
    }
    return {};
}

DiskNode nodeOf(dev_t device, const std::string& sys) {
    const auto directory = directoryOf(device, sys);
    const auto whole = wholeOf(directory);
    DiskNode node;
    node.is_block = true;
    node.self = numberOf(device);
    if (whole != directory) {
        node.whole = trimmed(readAttribute(whole / "dev"));
    } else {
        node.wwn = identityOf(device, sys).wwn;
    }
    addBelow(whole, node.below, 0);
    return node;
}

DiskNode nodeOf(const struct stat& status, const std::string& sys) {
    if (S_ISBLK(status.st_mode)) return nodeOf(status.st_rdev, sys);
    DiskNode node;
    node.self = fileOf(status);
    return node;
}

std::optional<DiskNode> nodeAt(const std::string& path, const std::string& sys) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return nodeOf(status, sys);
}

std::string overlap(const DiskNode& one, const DiskNode& other) {
    if (one.self == other.self) return "is the same as";
    if (!one.wwn.empty() && protocol::sameIdentity(one.wwn, other.wwn)) return "has the same WWN as";
    if (one.whole == other.self) return "is a partition of";
    if (other.whole == one.self) return "is the whole disk with";
    if (one.below.count(other.self) > 0) return "is built on";
    if (other.below.count(one.self) > 0) return "lies below";
    return {};
}

}  // namespace standin::image_store
