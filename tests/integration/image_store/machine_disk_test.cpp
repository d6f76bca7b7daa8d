#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/image_store/commands.hpp"

using namespace standin;
using namespace standin::image_store;

// Real users of a disk: QEMU, a loop device, a mount. Needs root and qemu-system-x86_64.

namespace {

// A QEMU that has the disk and runs nothing; up when its monitor greets.
class Machine {
  public:
    explicit Machine(const std::string& path) {
        int out[2];
        BOOST_REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(out[1], STDOUT_FILENO);
            auto drive = "file=" + path + ",format=raw,if=none,id=d0";
            ::execlp("qemu-system-x86_64", "qemu-system-x86_64", "-machine", "pc,accel=tcg", "-m", "16", "-nodefaults",
                     "-display", "none", "-S", "-drive", drive.c_str(), "-device", "virtio-blk-pci,drive=d0", "-qmp",
                     "stdio", nullptr);
            ::_exit(127);
        }
        ::close(out[1]);
        char c = 0;
        up_ = ::read(out[0], &c, 1) == 1;
        ::close(out[0]);
    }
    ~Machine() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    [[nodiscard]] bool up() const { return up_; }

  private:
    pid_t pid_ = 0;
    bool up_ = false;
};

// A loop device over a file of the test's own.
class LoopDevice {
  public:
    explicit LoopDevice(const std::string& file) {
        auto made = run({"losetup", "--find", "--show", file});
        BOOST_REQUIRE_MESSAGE(made, why(made));
        path_ = made->substr(0, made->find('\n'));
    }
    ~LoopDevice() { [[maybe_unused]] auto gone = run({"losetup", "--detach", path_}); }
    LoopDevice(const LoopDevice&) = delete;
    LoopDevice& operator=(const LoopDevice&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

std::string refusal(const std::string& path, DiskAccess::Purpose purpose) {
    auto access = DiskAccess::open({disk("d"), path}, purpose);
    if (access) return "not refused";
    BOOST_TEST((access.error().code == base::ErrorCode::Refused));
    return access.error().message;
}

constexpr auto read_it = DiskAccess::Purpose::Read;
constexpr auto write_it = DiskAccess::Purpose::Write;

}  // namespace

BOOST_AUTO_TEST_SUITE(disks_of_machines)

BOOST_FIXTURE_TEST_CASE(the_disk_of_a_running_machine_is_neither_read_nor_written, ImageFixture) {
    makeDisk(directory / "disk");
    {
        Machine machine(directory / "disk");
        BOOST_REQUIRE(machine.up());
        BOOST_TEST(refusal(directory / "disk", read_it).find("running machine") != std::string::npos);
        BOOST_TEST(refusal(directory / "disk", write_it).find("running machine") != std::string::npos);
        BOOST_TEST(lookAt({disk("d"), directory / "disk"}).in_use);
    }
    BOOST_TEST(DiskAccess::open({disk("d"), directory / "disk"}, write_it).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_machine_does_not_start_with_a_disk_that_is_being_captured_or_restored, ImageFixture) {
    makeDisk(directory / "disk");
    for (auto purpose : {read_it, write_it}) {
        auto access = DiskAccess::open({disk("d"), directory / "disk"}, purpose);
        BOOST_REQUIRE(access);
        BOOST_TEST(!Machine(directory / "disk").up());
    }
    BOOST_TEST(Machine(directory / "disk").up());
}

BOOST_FIXTURE_TEST_CASE(a_file_behind_a_loop_device_is_refused_by_the_devices_name, ImageFixture) {
    makeDisk(directory / "disk");
    {
        LoopDevice loop(directory / "disk");
        BOOST_TEST(refusal(directory / "disk", write_it).find(loop.path()) != std::string::npos);
    }
    BOOST_TEST(DiskAccess::open({disk("d"), directory / "disk"}, write_it).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_block_device_is_captured_and_restored_as_a_file_is, ImageFixture) {
    auto source = readFile(makeDisk(directory / "disk", 20 * block + 512));
    LoopDevice loop(directory / "disk");
    auto manifest = captured("a", loop.path());
    BOOST_TEST(manifest.size_bytes == 20 * block + 512);
    BOOST_TEST((readFile(file("a", "content")) == source));
    tests::writeFile(directory / "target", noise(30 * block, 5));
    LoopDevice target(directory / "target");
    auto done = restored("a", target.path());
    BOOST_REQUIRE_MESSAGE(done, why(done));
    auto written = readFile(target.path());
    BOOST_TEST((written.substr(0, source.size()) == source));
    BOOST_TEST((written.substr(source.size()) == std::string(30 * block - source.size(), '\0')));
}

BOOST_FIXTURE_TEST_CASE(a_mounted_block_device_is_refused_by_its_mount_point, ImageFixture) {
    tests::writeFile(directory / "disk", "");
    std::filesystem::resize_file(directory / "disk", 16U << 20);
    BOOST_REQUIRE(run({"mkfs.ext4", "-q", directory / "disk"}));
    LoopDevice loop(directory / "disk");
    std::filesystem::create_directory(directory / "mount");
    auto mounted = run({"mount", loop.path(), directory / "mount"});
    BOOST_REQUIRE_MESSAGE(mounted, why(mounted));
    for (auto purpose : {read_it, write_it})
        BOOST_TEST(refusal(loop.path(), purpose).find("in use") != std::string::npos);
    BOOST_TEST(lookAt({disk("d"), loop.path()}).detail.find("mount") != std::string::npos);
    BOOST_REQUIRE(run({"umount", directory / "mount"}));
    BOOST_TEST(DiskAccess::open({disk("d"), loop.path()}, write_it).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
