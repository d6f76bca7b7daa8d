#pragma once

#include "agent/base/process.hpp"
#include "tests/unit/image_store/image_fixture.hpp"

namespace standin::image_store {

inline base::Result<std::string> run(std::vector<std::string> command) {
    return base::runToSuccess({std::move(command), "", std::chrono::seconds(60)});
}

/// A file system of `size`, e.g. `4m`, that ends with the object. Needs root.
class SmallFileSystem {
  public:
    SmallFileSystem(std::string place, const std::string& size) : place_(std::move(place)) {
        std::filesystem::create_directories(place_);
        auto mounted = run({"mount", "-t", "tmpfs", "-o", "size=" + size, "standin-test", place_});
        BOOST_REQUIRE_MESSAGE(mounted, why(mounted));
    }
    ~SmallFileSystem() { [[maybe_unused]] auto gone = run({"umount", "--lazy", place_}); }
    SmallFileSystem(const SmallFileSystem&) = delete;
    SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  private:
    std::string place_;
};

}  // namespace standin::image_store
