#include "agent/image_store/disks/disk_identity.hpp"

#include <sys/sysmacros.h>

#include "tests/unit/image_store/image_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

namespace {

/// A sysfs as Linux lays it out: directories of devices, and links by their numbers.
struct Sysfs {
    tests::TemporaryDirectory directory;
    std::string root = directory / "sys";

    void write(const std::string& path, const std::string& text) {
        fs::create_directories(fs::path(root + "/" + path).parent_path());
        tests::writeFile(root + "/" + path, text);
    }
    void add(const std::string& device, unsigned major_number, unsigned minor_number) {
        const auto number = std::to_string(major_number) + ":" + std::to_string(minor_number);
        write("devices/" + device + "/dev", number + "\n");
        fs::create_directories(root + "/dev/block");
        fs::create_symlink("../../devices/" + device, root + "/dev/block/" + number);
    }
    Sysfs() {
        add("sda", 8, 0);
        write("devices/sda/device/vpd_pg80", std::string("\0\x80\0\x08", 4) + "  WD-1234");
        write("devices/sda/device/wwid", "naa.5000c500a1b2c3d4\n");
        add("sda/sda1", 8, 1);
        write("devices/sda/sda1/partition", "1\n");
        add("sdb", 8, 16);  // the same disk by its second path
        write("devices/sdb/device/wwid", "naa.5000c500a1b2c3d4\n");
        add("nvme0n1", 259, 0);
        write("devices/nvme0n1/device/serial", "S5GX 1    \n");
        write("devices/nvme0n1/wwid", "eui.0025385\n");
        add("vda", 254, 0);
        write("devices/vda/serial", "disk-of-spare01");
        add("dm-0", 253, 0);
        fs::create_directories(root + "/devices/dm-0/slaves");
        fs::create_symlink("../../sda/sda1", root + "/devices/dm-0/slaves/sda1");
    }
    [[nodiscard]] DiskIdentity identity(unsigned major_number, unsigned minor_number) const {
        return identityOf(makedev(major_number, minor_number), root);
    }
    [[nodiscard]] DiskNode node(unsigned major_number, unsigned minor_number) const {
        return nodeOf(makedev(major_number, minor_number), root);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(disk_identity, Sysfs)

BOOST_AUTO_TEST_CASE(serial_and_wwn_are_read_for_every_kind_of_disk) {
    BOOST_TEST(identity(8, 0).serial == "WD-1234");
    BOOST_TEST(identity(8, 0).wwn == "naa.5000c500a1b2c3d4");
    BOOST_TEST(identity(259, 0).serial == "S5GX 1");
    BOOST_TEST(identity(259, 0).wwn == "eui.0025385");
    BOOST_TEST(identity(254, 0).serial == "disk-of-spare01");
    BOOST_TEST(identity(7, 0).empty());
}

BOOST_AUTO_TEST_CASE(a_partition_has_the_identity_of_its_disk) {
    BOOST_TEST((identity(8, 1) == identity(8, 0)));
}

BOOST_AUTO_TEST_CASE(what_is_declared_must_be_told_and_equal) {
    const auto seen = identity(8, 0);
    BOOST_TEST(mismatch({}, seen) == "");
    BOOST_TEST(mismatch({"WD-1234", "0x5000C500A1B2C3D4"}, seen) == "");
    BOOST_TEST(mismatch({"WD-1235", ""}, seen) == "its serial number is 'WD-1234', and 'WD-1235' is declared");
    BOOST_TEST(mismatch({"", "naa.1"}, seen).find("WWN") != std::string::npos);
    BOOST_TEST(mismatch({"WD-1234", ""}, {}).find("does not report any") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_disk_its_partitions_its_second_path_and_what_is_built_on_it_overlap) {
    BOOST_TEST(overlap(node(8, 1), node(8, 0)) == "is a partition of");
    BOOST_TEST(overlap(node(8, 0), node(8, 1)) == "is the whole disk with");
    BOOST_TEST(overlap(node(8, 16), node(8, 0)) == "has the same WWN as");
    BOOST_TEST(overlap(node(253, 0), node(8, 1)) == "is built on");
    BOOST_TEST(overlap(node(253, 0), node(8, 0)) == "is built on");
    BOOST_TEST(overlap(node(8, 0), node(253, 0)) == "lies below");
    BOOST_TEST(overlap(node(259, 0), node(8, 0)) == "");
    BOOST_TEST(overlap(node(254, 0), node(259, 0)) == "");
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_not_the_declared_one_is_not_opened) {
    makeDisk(directory / "disk");
    const DiskPlace place{image_store::disk("d"), directory / "disk", {"S1", ""}};
    const auto opened = DiskAccess::open(place, DiskAccess::Purpose::Write);
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == base::ErrorCode::InvalidInput));
    BOOST_TEST(opened.error().message.find("is not the disk that it is declared to be") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
