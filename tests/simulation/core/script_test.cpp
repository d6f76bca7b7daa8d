#include <boost/test/unit_test.hpp>

#include "coordinator/simulation/simulation.hpp"

using namespace standin::simulation;

BOOST_AUTO_TEST_SUITE(scripts)

BOOST_AUTO_TEST_CASE(an_action_reads_back_as_it_was_printed) {
    for (const char* line : {"at 1500ms: fail server01 kind=memory serves=yes",
                             "at segment.set/job01 #2 +50ms: kill one for=3s", "before record #7: kill",
                             "at state/GivingSegment: linger server01", "at 0s: heal", "at 2min: journal full"}) {
        const auto action = actionFrom(line);
        BOOST_REQUIRE(action.has_value());
        BOOST_TEST(text(*action) == line);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_action_is_refused_with_its_line) {
    for (const char* line :
         {"fail server01", "at 1s fail", "at: kill", "after 1s: kill", "at record #0: kill", "at 1s: "})
        BOOST_TEST(!actionFrom(line).has_value(), line);
    const auto script = scriptFrom("# a comment\n\nat 1s: kill\nat nothing");
    BOOST_REQUIRE(!script);
    BOOST_TEST(script.error().message.find("line 4") == 0u);
}

BOOST_AUTO_TEST_CASE(an_action_that_names_nothing_of_the_world_is_refused) {
    Simulation simulation(layOut({}));
    for (const char* line :
         {"at 1s: fail server02", "at 1s: dance", "at 1s: boot spare01 sideways", "at 1s: disturb switch1 odd",
          "at 1s: fail", "at 1s: journal full well", "at 1s: set-spare server01 spare09 server01-1"})
        BOOST_TEST(!simulation.play({*actionFrom(line)}).has_value(), line);
}

BOOST_AUTO_TEST_SUITE_END()
