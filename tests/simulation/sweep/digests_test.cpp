#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/simulation/sweep/incident.hpp"

// Where a change is meant to change what happens: soak --seeds 1-60 --digests >tests/simulation/sweep/digests.txt
BOOST_AUTO_TEST_CASE(a_seed_gives_the_same_log_in_every_build_and_on_every_machine) {
    std::ifstream file(DIGESTS);
    unsigned played = 0;
    for (std::string expected; std::getline(file, expected); ++played)
        BOOST_TEST(standin::simulation::digestLine(std::stoull(expected)) == expected);
    BOOST_TEST(played == 60u);
}
