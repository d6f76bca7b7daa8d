// The model speaks of the code: its states, events and transitions are the failover's, no more and no less.
#include <boost/test/unit_test.hpp>
#include <regex>
#include <set>

#include "agent/base/durable_file.hpp"
#include "coordinator/domain/transitions.hpp"

namespace standin::tests {

namespace {

using Names = std::set<std::string>;

std::string model() {
    auto text = base::readWhole(PROTOCOL_MODEL);
    BOOST_REQUIRE(text);
    return *text;
}

/// The names of `mtype:KIND = { … };`.
Names namesOf(const std::string& kind) {
    const std::string text = model();
    std::smatch list;
    BOOST_REQUIRE(std::regex_search(text, list, std::regex("mtype:" + kind + R"( = \{([^}]*)\})")));
    const std::string names = list[1];
    const std::regex name(R"(\w+)");
    Names all;
    for (std::sregex_iterator it(names.begin(), names.end(), name), end; it != end; ++it) all.insert(it->str());
    return all;
}

/// Every `go(from, event, to)` of the model.
Names changesInModel() {
    const std::string text = model();
    const std::regex change(R"(go\(([A-Z]\w+), ([A-Z]\w+), ([A-Z]\w+)\))");
    Names all;
    for (std::sregex_iterator it(text.begin(), text.end(), change), end; it != end; ++it) {
        all.insert((*it)[1].str() + " " + (*it)[2].str() + " " + (*it)[3].str());
    }
    return all;
}

struct Failovers {
    Names states;
    Names events;
    Names changes;
};

/// Cancelling is not modelled: it begins only while nobody but the server was given the segment, and the simulation
/// checks it. To verify again is to be in Verifying as before.
bool isModelled(const domain::Transition& row) {
    return row.event != domain::Event::OperatorCancels && row.event != domain::Event::VerifiesAgain &&
           row.from != domain::State::Cancelling;
}

Failovers failoversInCode() {
    Failovers found;
    for (const auto& row : domain::transitions()) {
        if (row.kind != domain::OperationKind::Failover || !isModelled(row)) continue;
        const std::string from(nameOf(row.from)), event(nameOf(row.event)), to(nameOf(row.to));
        found.states.insert({from, to});
        found.events.insert(event);
        found.changes.insert(from + " " + event + " " + to);
    }
    return found;
}

void same(const Names& model, const Names& code) {
    BOOST_TEST(!model.empty());
    BOOST_CHECK_EQUAL_COLLECTIONS(model.begin(), model.end(), code.begin(), code.end());
}

}  // namespace

BOOST_AUTO_TEST_CASE(states_of_a_failover_bear_the_same_names_in_model_and_code) {
    same(namesOf("state"), failoversInCode().states);
}

BOOST_AUTO_TEST_CASE(events_of_a_failover_bear_the_same_names_in_model_and_code) {
    same(namesOf("event"), failoversInCode().events);
}

BOOST_AUTO_TEST_CASE(a_failover_changes_its_state_in_the_model_as_in_the_code) {
    same(changesInModel(), failoversInCode().changes);
}

}  // namespace standin::tests
