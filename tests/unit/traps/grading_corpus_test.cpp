// What the shipped rules make of traps as BMCs send them: one case a line in cases/*.jsonl, with the grades that are
// right.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "coordinator/traps/trap_file.hpp"
#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;

namespace {

const TrapRules& rulesInFile() {
    static const TrapRules read = TrapRules::fromFile(STANDIN_SHIPPED_RULES).value();
    return read;
}

/// As snmptrapd prints it.
std::string printed(const nlohmann::json& one) {
    std::string text = "bmc [UDP: [127.77.0.101]:161->[127.77.0.1]:162]:\n.1.3.6.1.6.3.1.1.4.1.0 = OID: ." +
                       one.at("oid").get<std::string>();
    for (const auto& varbind : one.at("varbinds")) text += "\t" + varbind.get<std::string>();
    return text + "\n";
}

std::string gradeOfCase(const nlohmann::json& one, const std::string& text) {
    const auto read = readTraps(text);
    if (!read) return one.value("name", "") + " cannot be read: " + read.error().message;
    return std::string(nameOf(classify(read->traps.at(0), rulesInFile(), directory()).grade));
}

/// The same trap with the 0 before the last number of its OID left out.
std::string withoutZero(const std::string& oid) {
    const auto last = oid.rfind('.');
    return last > 2 && oid.substr(last - 2, 2) == ".0" ? oid.substr(0, last - 2) + oid.substr(last) : oid;
}

/// The cases of a file, in number.
std::size_t gradeAll(const std::string& file) {
    std::ifstream in(std::filesystem::path(STANDIN_TRAP_CASES) / file);
    std::size_t count = 0;
    for (std::string line; std::getline(in, line); ++count) {
        auto one = nlohmann::json::parse(line);
        const auto expected = one.at("expected").get<std::vector<std::string>>();
        for (const auto& oid : {one["oid"].get<std::string>(), withoutZero(one["oid"].get<std::string>())}) {
            one["oid"] = oid;
            const auto grade = gradeOfCase(one, printed(one));
            BOOST_TEST((std::find(expected.begin(), expected.end(), grade) != expected.end()),
                       file << " " << one["name"] << " (" << one["what"] << ") as " << oid << ": '" << grade
                            << "', expected " << one["expected"]);
        }
    }
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(grading_corpus)

BOOST_AUTO_TEST_CASE(traps_that_were_collected_have_a_right_grade) {
    BOOST_TEST(gradeAll("traps.jsonl") >= 60U);
}

BOOST_AUTO_TEST_CASE(traps_made_from_the_vendors_tables_have_a_right_grade) {
    BOOST_TEST(gradeAll("vendor_tables.jsonl") >= 100U);
}

BOOST_AUTO_TEST_CASE(traps_that_are_worded_or_coded_otherwise_have_the_same_grade) {
    BOOST_TEST(gradeAll("worded_otherwise.jsonl") >= 30U);
}

BOOST_AUTO_TEST_SUITE_END()
