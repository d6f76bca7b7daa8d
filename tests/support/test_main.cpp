// The main() of every Boost.Test program, compiled once; a program's suite has the program's name.
#include <boost/test/unit_test.hpp>
#include <filesystem>

namespace {

bool nameTheSuite() {
    auto& suite = boost::unit_test::framework::master_test_suite();
    suite.p_name.value = std::filesystem::path(suite.argv[0]).filename().string();
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    return boost::unit_test::unit_test_main(&nameTheSuite, argc, argv);
}
