#include "coordinator/domain/spare_fitness.hpp"

#include <fmt/format.h>

namespace standin::domain {

namespace {

std::string difference(const Spare& spare, const protocol::Disk& disk, const char* what, const std::string& declared,
                       const std::string& told) {
    if (declared.empty() || protocol::sameIdentity(declared, told)) return {};
    return fmt::format(
        "disk '{}' of spare '{}' has {}, and the configuration declares '{}'; see which disk is there, "
        "then mend its path on the image store or what is declared",
        disk.name.text(), spare.name.text(),
        told.empty() ? fmt::format("no {} that it reports", what) : fmt::format("the {} '{}'", what, told), declared);
}

}  // namespace

std::string identityProblem(const Spare& spare, const protocol::Disk& disk) {
    if (!disk.present && !(spare.disk_serial.empty() && spare.disk_wwn.empty()))
        return fmt::format("disk '{}' of spare '{}' is not there: {}", disk.name.text(), spare.name.text(),
                           disk.detail);
    auto problem = difference(spare, disk, "serial number", spare.disk_serial, disk.serial);
    return problem.empty() ? difference(spare, disk, "WWN", spare.disk_wwn, disk.wwn) : problem;
}

std::string fitnessProblem(const Spare& spare, const protocol::Disk& disk, const protocol::Image& image) {
    if (!disk.present) return {};
    auto problem = identityProblem(spare, disk);
    if (!problem.empty()) return problem;
    if (disk.size_bytes < image.size_bytes) {
        return fmt::format(
            "disk '{}' of spare '{}' has {} bytes, image '{}' needs {}: {} bytes too small; take a "
            "spare with a larger disk",
            disk.name.text(), spare.name.text(), disk.size_bytes, image.id.text(), image.size_bytes,
            image.size_bytes - disk.size_bytes);
    }
    if (disk.sector_bytes != 0 && image.sector_bytes != 0 && disk.sector_bytes != image.sector_bytes) {
        return fmt::format(
            "disk '{}' of spare '{}' has sectors of {} bytes, image '{}' is of a disk with {}: its "
            "partition table would not be found; take a spare with such a disk",
            disk.name.text(), spare.name.text(), disk.sector_bytes, image.id.text(), image.sector_bytes);
    }
    return {};
}

}  // namespace standin::domain
