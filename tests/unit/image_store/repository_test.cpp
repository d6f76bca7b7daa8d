#include "tests/unit/image_store/image_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(repository)

BOOST_FIXTURE_TEST_CASE(an_image_holds_the_bytes_of_its_disk, ImageFixture) {
    auto path = makeDisk(directory / "disk");
    auto manifest = captured("a", path);
    BOOST_TEST(manifest.size_bytes == fs::file_size(path));
    BOOST_TEST(manifest.data_blocks == 3U);
    BOOST_TEST((readFile(file("a", "content")) == readFile(path)));
}

BOOST_FIXTURE_TEST_CASE(nobody_but_the_owner_reads_an_image, ImageFixture) {
    captured("a", makeDisk(directory / "disk"));
    for (const auto& path : {images + "/a", file("a", "content"), file("a", "manifest")}) {
        auto others = fs::status(path).permissions() & (fs::perms::group_all | fs::perms::others_all);
        BOOST_TEST((others == fs::perms::none), path);
    }
}

BOOST_FIXTURE_TEST_CASE(holes_and_zeros_take_no_space_in_an_image, ImageFixture) {
    captured("a", makeDisk(directory / "disk", 4096 * block));
    BOOST_TEST(allocated(file("a", "content")) <= 4 * block);
}

BOOST_FIXTURE_TEST_CASE(a_disk_of_nothing_but_holes_makes_an_image, ImageFixture) {
    std::ofstream(directory / "empty").flush();
    fs::resize_file(directory / "empty", 5 * block);
    auto manifest = captured("a", directory / "empty");
    BOOST_TEST(manifest.data_blocks == 0U);
    auto content = repository->open(image("a"));
    BOOST_REQUIRE(content);
    std::vector<std::byte> bytes(block);
    BOOST_TEST((*content)->readBlock(4, bytes).has_value());
}

BOOST_FIXTURE_TEST_CASE(the_same_content_has_the_same_checksum_whatever_its_holes, ImageFixture) {
    auto path = makeDisk(directory / "disk");
    tests::writeFile(directory / "full", readFile(path));
    auto sparse = captured("a", path);
    auto full = captured("b", directory / "full");
    BOOST_TEST((sparse.checksum == full.checksum));
    flip(path, 9 * block);
    BOOST_TEST((captured("c", path).checksum != sparse.checksum));
}

BOOST_FIXTURE_TEST_CASE(an_image_is_there_again_after_a_restart, ImageFixture) {
    auto manifest = captured("a", makeDisk(directory / "disk"));
    reopen();
    auto listed = repository->list();
    BOOST_REQUIRE(listed.size() == 1U);
    BOOST_REQUIRE(listed[0].manifest);
    BOOST_TEST((listed[0].manifest->checksum == manifest.checksum));
}

BOOST_FIXTURE_TEST_CASE(a_draft_that_is_not_committed_leaves_nothing, ImageFixture) {
    auto draft = repository->create(image("a"), disk("d"), 4 * block);
    BOOST_REQUIRE(draft);
    BOOST_TEST(repository->list().empty());
    BOOST_TEST((repository->open(image("a")).error().code == base::ErrorCode::NotFound));
    BOOST_TEST((repository->create(image("a"), disk("d"), 4 * block).error().code == base::ErrorCode::Conflict));
    *draft = nullptr;
    BOOST_TEST(!fs::exists(images + "/a"));
    BOOST_TEST(repository->create(image("a"), disk("d"), 4 * block).has_value());
}

// What a crash leaves at each point of capture and removal, made by hand.
BOOST_FIXTURE_TEST_CASE(half_images_are_removed_at_the_next_start_and_whole_ones_stay, ImageFixture) {
    captured("whole", makeDisk(directory / "disk"));
    fs::create_directory(images + "/begun");
    fs::create_directory(images + "/written");
    tests::writeFile(file("written", "manifest.partial"), "x");
    tests::writeFile(file("written", "content"), "x");
    captured("removed", directory / "disk");
    fs::rename(file("removed", "manifest"), file("removed", "manifest.partial"));
    reopen();
    BOOST_TEST(!fs::exists(images + "/begun"));
    BOOST_TEST(!fs::exists(images + "/written"));
    BOOST_TEST(!fs::exists(images + "/removed"));
    BOOST_TEST(repository->list().size() == 1U);
    BOOST_TEST(repository->open(image("whole")).has_value());
}

BOOST_FIXTURE_TEST_CASE(what_is_not_an_image_is_left_alone, ImageFixture) {
    fs::create_directories(images + "/lost+found/x");
    tests::writeFile(images + "/notes.txt", "mine");
    fs::create_directory(images + "/half");
    tests::writeFile(file("half", "manifest.partial"), "x");
    tests::writeFile(file("half", "letter"), "mine");
    reopen();
    BOOST_TEST(fs::exists(images + "/lost+found/x"));
    BOOST_TEST(readFile(images + "/notes.txt") == "mine");
    BOOST_TEST(readFile(file("half", "letter")) == "mine");
}

BOOST_FIXTURE_TEST_CASE(a_second_program_does_not_get_the_same_directory, ImageFixture) {
    auto second = DirectoryImageRepository::open(images, block, clock, silent());
    BOOST_REQUIRE(!second);
    BOOST_TEST((second.error().code == base::ErrorCode::Conflict));
}

BOOST_FIXTURE_TEST_CASE(an_image_that_is_read_is_not_removed, ImageFixture) {
    captured("a", makeDisk(directory / "disk"));
    {
        auto reader = repository->open(image("a"));
        BOOST_REQUIRE(reader);
        BOOST_TEST((repository->remove(image("a")).error().code == base::ErrorCode::Conflict));
    }
    BOOST_TEST(repository->remove(image("a")).has_value());
    BOOST_TEST(!fs::exists(images + "/a"));
    BOOST_TEST((repository->remove(image("a")).error().code == base::ErrorCode::NotFound));
}

struct Damage {
    const char* what;
    std::function<void(const ImageFixture&)> make;
};

BOOST_FIXTURE_TEST_CASE(a_damaged_image_is_corrupt_is_listed_so_and_can_be_removed, ImageFixture) {
    const std::vector<Damage> damages{
        {"manifest missing", [](const ImageFixture& f) { fs::remove(f.file("a", "manifest")); }},
        {"content missing", [](const ImageFixture& f) { fs::remove(f.file("a", "content")); }},
        {"manifest empty", [](const ImageFixture& f) { fs::resize_file(f.file("a", "manifest"), 0); }},
        {"manifest cut in its header", [](const ImageFixture& f) { fs::resize_file(f.file("a", "manifest"), 100); }},
        {"manifest cut in its table",
         [](const ImageFixture& f) { fs::resize_file(f.file("a", "manifest"), manifest_header_bytes + 40); }},
        {"manifest longer than it may be",
         [](const ImageFixture& f) { fs::resize_file(f.file("a", "manifest"), 100'000); }},
        {"header changed", [](const ImageFixture& f) { flip(f.file("a", "manifest"), 120); }},
        {"content cut", [](const ImageFixture& f) { fs::resize_file(f.file("a", "content"), block); }},
        {"another image's manifest",
         [](const ImageFixture& f) {
             fs::copy_file(f.file("b", "manifest"), f.file("a", "manifest"), fs::copy_options::overwrite_existing);
         }},
    };
    captured("b", makeDisk(directory / "disk"));
    for (const auto& damage : damages) {
        BOOST_TEST_CONTEXT(damage.what) {
            captured("a", directory / "disk");
            damage.make(*this);
            auto opened = repository->open(image("a"));
            BOOST_REQUIRE(!opened);
            BOOST_TEST((opened.error().code == base::ErrorCode::Corrupt), opened.error().message);
            BOOST_TEST(opened.error().message.find("image 'a'") != std::string::npos);
            reopen();  // damage is not mistaken for a half image
            auto listed = repository->list();
            BOOST_REQUIRE(listed.size() == 2U);
            BOOST_TEST(!listed[0].manifest);
            auto removed = repository->remove(image("a"));
            BOOST_REQUIRE_MESSAGE(removed, why(removed));
            BOOST_TEST(!fs::exists(images + "/a"));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_block_of_zeros_is_known_from_its_checksum_whatever_the_content_says, ImageFixture) {
    captured("a", makeDisk(directory / "disk"));
    flip(file("a", "content"), 7 * block);
    auto opened = repository->open(image("a"));
    BOOST_REQUIRE(opened);
    std::vector<std::byte> bytes(block, std::byte{1});
    BOOST_REQUIRE((*opened)->readBlock(7, bytes));
    BOOST_TEST(allZero(bytes));
}

BOOST_FIXTURE_TEST_CASE(a_flipped_bit_in_the_content_or_the_table_is_found_when_the_block_is_read, ImageFixture) {
    captured("a", makeDisk(directory / "disk"));
    std::vector<std::byte> bytes(block);
    for (auto [name, at] : {std::pair<const char*, std::uint64_t>{"content", 3 * block + 77},
                            {"manifest", manifest_header_bytes + 32 * 9}}) {
        flip(file("a", name), at);
        auto opened = repository->open(image("a"));
        BOOST_REQUIRE(opened);
        std::size_t corrupt = 0;
        for (std::uint64_t index = 0; index < 20; ++index) {
            auto read = (*opened)->readBlock(index, bytes);
            if (!read && read.error().code == base::ErrorCode::Corrupt) ++corrupt;
        }
        BOOST_TEST(corrupt == 1U);
        flip(file("a", name), at);
    }
}

BOOST_AUTO_TEST_SUITE_END()
