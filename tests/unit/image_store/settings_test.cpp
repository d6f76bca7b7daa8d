#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "agent/image_store/image_store_settings.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using image_store::ImageStoreSettings;
using image_store::imageStoreSettingsFrom;

namespace {

struct Read {
    base::YamlProblems problems;
    ImageStoreSettings settings;
    explicit Read(const std::string& text) {
        auto reader = base::YamlReader::fromText(text, "agent.yml", problems);
        BOOST_REQUIRE(reader);
        settings = imageStoreSettingsFrom(*reader);
    }
    [[nodiscard]] bool tells(const std::string& what) const {
        for (const auto& line : problems.lines()) {
            if (line.find(what) != std::string::npos) return true;
        }
        return false;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(a_section_is_read_with_its_disks_by_name) {
    Read read(
        "images_dir: /srv/images\nblock_size: 128KiB\nbandwidth_per_second: 100MiB\ndisks: {server01: {path: "
        "/srv/disks/a}, server02: {path: /dev/sdz}}\n");
    BOOST_REQUIRE(read.problems.empty());
    BOOST_TEST(read.settings.images_dir == "/srv/images");
    BOOST_TEST(read.settings.block_size_bytes == 128U << 10);
    BOOST_TEST(read.settings.bandwidth_bytes_per_second == 100U << 20);
    BOOST_REQUIRE(read.settings.disks.size() == 2U);
    BOOST_TEST(read.settings.disks[0].name.text() == "server01");
    BOOST_TEST(read.settings.disks[1].path == "/dev/sdz");
}

BOOST_AUTO_TEST_CASE(two_names_for_one_disk_are_refused) {
    Read read("images_dir: /srv/images\ndisks: {a: {path: /srv/disks/x}, b: {path: /srv/disks/../disks/x}}\n");
    BOOST_TEST(read.tells("is the disk of 'a' too"));
}

BOOST_AUTO_TEST_CASE(one_disk_under_two_paths_is_refused) {
    tests::TemporaryDirectory directory;
    tests::writeFile(directory / "disk", "content");
    std::filesystem::create_symlink(directory / "disk", directory / "symbolic");
    std::filesystem::create_hard_link(directory / "disk", directory / "hard");
    tests::writeFile(directory / "other", "content");
    const auto read = [&](const std::string& second) {
        return Read("images_dir: /srv/images\ndisks: {a: {path: " + (directory / "disk") +
                    "}, b: {path: " + (directory / second) + "}}\n");
    };
    BOOST_TEST(read("symbolic").tells("is the disk of 'a' too"));
    BOOST_TEST(read("hard").tells("which is the disk of 'a'"));
    BOOST_TEST(read("other").problems.empty());
}

BOOST_AUTO_TEST_CASE(the_identity_of_a_disk_is_declared_once) {
    Read read("images_dir: /x\ndisks: {a: {path: /d/a, serial: S1, wwn: naa.5}, b: {path: /d/b, serial: S1}}\n");
    BOOST_TEST(read.tells("serial: is that of disk 'a' too"));
    BOOST_TEST(read.settings.disks.at(0).declared.wwn == "naa.5");
}

BOOST_AUTO_TEST_CASE(a_disk_among_the_images_is_refused) {
    BOOST_TEST(
        Read("images_dir: /srv/images\ndisks: {a: {path: /srv/images/i1/content}}\n").tells("lies in images_dir"));
    BOOST_TEST(Read("images_dir: /srv/images\ndisks: {a: {path: /srv/images2/x}}\n").problems.empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
    BOOST_TEST(Read("images_dir: /" + std::string(5000, 'x') + "\ndisks: {a: {path: b}}\n").tells("absolute"));
    BOOST_TEST(Read("images_dir: relative\n").tells("images_dir"));
    BOOST_TEST(Read("images_dir: /x\nblock_size: 3KiB\n").tells("agent.yml:2"));
    BOOST_TEST(Read("images_dir: /x\ndisk: {}\n").tells("disk"));
    BOOST_TEST(Read("images_dir: /x\ndisks: {a: {path: b}}\n").tells("absolute"));
    BOOST_TEST(Read("images_dir: /x\ndisks: {'a b': {path: /b}}\n").tells("is not a name"));
    BOOST_TEST(Read("images_dir: /x\ndisks: {a: {path: /b, size: 3}}\n").tells("size"));
}

BOOST_AUTO_TEST_SUITE_END()
