#include "tests/support/made_names.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace standin::tests {

namespace {

// Tells this process from a later one with the same number; proc(5), field 22.
std::string startTime() {
    std::ifstream file("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string field;
    for (int i = 0; i < 20; ++i) fields >> field;
    return field;
}

class Record {
  public:
    Record() {
        const auto* elsewhere = std::getenv("STANDIN_TEST_RECORDS");
        const std::string directory = elsewhere != nullptr ? elsewhere : "/run/standin-tests";
        std::filesystem::create_directories(directory);
        path_ = fmt::format("{}/{}-{}", directory, ::getpid(), startTime());
        static_cast<void>(std::system(STANDIN_SOURCE_DIR "/tests/leftovers.sh"));
    }
    ~Record() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;
    void add(const std::string& line) { std::ofstream(path_, std::ios::app) << line << std::endl; }

  private:
    std::string path_;
};

}  // namespace

void noteMade(const std::string& prefix_or_directory) {
    static Record record;
    record.add(prefix_or_directory);
}

}  // namespace standin::tests
