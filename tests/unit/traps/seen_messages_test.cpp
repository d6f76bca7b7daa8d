#include "coordinator/traps/seen_messages.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace standin::traps;

namespace {

const std::string engine = "0x80000c6f01";

struct Kept {
    std::filesystem::path path;
    Kept() {
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-seen-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    ~Kept() { std::filesystem::remove_all(path); }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    [[nodiscard]] std::string file() const { return path / "trap_senders.json"; }
};

MessageStamp message(std::uint32_t boots, std::uint32_t time, std::int64_t id) {
    return {engine, boots, time, id};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(seen_messages)

BOOST_AUTO_TEST_CASE(a_message_is_accepted_once) {
    SeenMessages seen("/nonexistent");
    BOOST_TEST(!seen.take(message(3, 1000, 7), true));
    BOOST_TEST((seen.take(message(3, 1000, 7), true).kind == RefusalKind::Replay));
    BOOST_TEST(!seen.take(message(3, 1000, 8), true));
    BOOST_TEST(!seen.take(message(3, 1001, 7), true));
    auto of_another = message(3, 1000, 7);
    of_another.engine = "0x80000c6f02";
    BOOST_TEST(!seen.take(of_another, true));
}

BOOST_AUTO_TEST_CASE(a_message_that_is_150_s_older_than_the_newest_of_its_engine_is_refused) {
    SeenMessages seen("/nonexistent");
    BOOST_TEST(!seen.take(message(3, 1000, 1), true));
    BOOST_TEST(!seen.take(message(3, 850, 2), true));
    BOOST_TEST((seen.take(message(3, 849, 3), true).kind == RefusalKind::TimeWindow));
    BOOST_TEST((seen.take(message(2, 5000, 4), true).kind == RefusalKind::TimeWindow));
    BOOST_TEST(!seen.take(message(4, 1, 5), true));
    BOOST_TEST((seen.take(message(3, 1001, 6), true).kind == RefusalKind::TimeWindow));
}

BOOST_AUTO_TEST_CASE(a_copy_from_elsewhere_does_not_use_up_the_message_of_the_sender_itself) {
    SeenMessages seen("/nonexistent");
    BOOST_TEST(!seen.take(message(3, 1000, 1), false));
    BOOST_TEST((seen.take(message(3, 1000, 1), false).kind == RefusalKind::Replay));
    BOOST_TEST(!seen.take(message(3, 1000, 1), true));
    BOOST_TEST((seen.take(message(3, 1000, 1), true).kind == RefusalKind::Replay));
    BOOST_TEST((seen.take(message(3, 1000, 1), false).kind == RefusalKind::Replay));
}

BOOST_AUTO_TEST_CASE(a_restart_forgets_nothing_that_was_saved) {
    const Kept directory;
    {
        SeenMessages seen(directory.file());
        BOOST_TEST(seen.load().has_value());
        BOOST_TEST(!seen.take(message(3, 1000, 7), true));
        BOOST_TEST(seen.save().has_value());
    }
    SeenMessages seen(directory.file());
    BOOST_TEST(seen.load().has_value());
    BOOST_TEST((seen.take(message(3, 1000, 7), true).kind == RefusalKind::Replay));
    BOOST_TEST((seen.take(message(3, 800, 9), true).kind == RefusalKind::TimeWindow));
    BOOST_TEST(!seen.take(message(3, 1000, 8), true));
}

BOOST_AUTO_TEST_CASE(what_a_failover_was_started_by_is_known_without_the_file) {
    SeenMessages seen("/nonexistent");
    seen.remember(*MessageStamp::parse(message(3, 1000, 7).text()));
    BOOST_TEST((seen.take(message(3, 1000, 7), true).kind == RefusalKind::Replay));
    BOOST_TEST((seen.take(message(3, 849, 9), true).kind == RefusalKind::TimeWindow));
}

BOOST_AUTO_TEST_CASE(a_sender_of_very_many_messages_takes_bounded_memory_and_is_still_believed_once) {
    SeenMessages seen("/nonexistent");
    constexpr std::int64_t many = 3 * static_cast<std::int64_t>(SeenMessages::most_of_engine);
    const auto at = [](std::int64_t id) { return message(1, static_cast<std::uint32_t>(1000 + id / 100), id); };
    for (std::int64_t id = 0; id < many; ++id) BOOST_REQUIRE(!seen.take(at(id), true));
    for (std::int64_t id = 0; id < many; id += 97) BOOST_REQUIRE(seen.take(at(id), true));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_told_and_nothing_is_known) {
    const Kept directory;
    std::ofstream(directory.file()) << "{\"engines\": [{\"engine\": 7}]}";
    SeenMessages seen(directory.file());
    BOOST_TEST((seen.load().error().code == standin::base::ErrorCode::Corrupt));
    BOOST_TEST(!seen.take(message(1, 1, 1), true));
}

BOOST_AUTO_TEST_CASE(a_stamp_is_read_back_from_its_text) {
    const MessageStamp of_inform{"0x8000@us/er", 4, 5, -6};
    const auto read = MessageStamp::parse(of_inform.text());
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->engine == of_inform.engine);
    BOOST_TEST(read->boots == 4U);
    BOOST_TEST(read->time == 5U);
    BOOST_TEST(read->id == -6);
    for (const auto* text : {"", "0x80", "0x80/1/2", "0x80/1/2/x", "/1/2/3", "0x80/-1/2/3"})
        BOOST_TEST(!MessageStamp::parse(text));
}

BOOST_AUTO_TEST_CASE(what_is_no_message_of_version_3_has_no_stamp) {
    for (const std::string& datagram :
         {std::string(), std::string("\x30"), std::string("\x30\x80\x02\x01\x03", 5),
          std::string("\x30\x03\x02\x01\x01", 5), std::string("\x30\x84\xff\xff\xff\xff", 6)})
        BOOST_TEST(!stampOf(datagram));
}

BOOST_AUTO_TEST_SUITE_END()
