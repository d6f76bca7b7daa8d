#include "agent/hypervisor/traffic/connection_tracker.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using namespace std::chrono_literals;
using hypervisor::ConnectionTracker;
using hypervisor::TcpSegment;

namespace {

/// Two ends of one connection, whose segments a tracker sees. Numbers begin shortly before they wrap, so that every
/// case crosses that.
class Conversation {
  public:
    explicit Conversation(ConnectionTracker& tracker, base::SteadyTime& now, std::uint16_t client_port = 40'000)
        : tracker_(tracker), now_(now), client_port_(client_port) {}

    void syn() { client({.syn = true, .sequence = client_++}, false); }
    void synAck() { server({.syn = true, .sequence = server_++}); }
    void handshake() {
        syn();
        synAck();
        client({});
    }
    void ask(std::uint32_t bytes = 100) {
        client({.sequence = client_, .payload = bytes});
        client_ += bytes;
    }
    void answer(std::uint32_t bytes = 1000) {
        server({.sequence = server_, .payload = bytes});
        server_ += bytes;
    }
    void clientAck() { client({}); }
    void serverAck() { server({}); }
    void clientFin() { client({.fin = true, .sequence = client_++}); }
    void serverFin() { server({.fin = true, .sequence = server_++}); }
    void clientReset() { client({.rst = true}, false); }
    void serverReset() { server({.rst = true}); }
    void repeatAsk(std::uint32_t bytes = 100) { client({.sequence = client_ - bytes, .payload = bytes}); }
    void repeatAnswer(std::uint32_t bytes = 1000) { server({.sequence = server_ - bytes, .payload = bytes}); }
    void keepalive() { client({.sequence = client_ - 1, .payload = 1}); }
    /// The stand-in sends before what the client asked has arrived.
    void answerWithoutHavingRead(std::uint32_t unread, std::uint32_t bytes = 1000) {
        auto segment = TcpSegment{.sequence = server_, .acknowledgement = client_ - unread, .payload = bytes};
        segment.ack = true;
        see(segment);
        server_ += bytes;
    }

  private:
    void client(TcpSegment segment, bool ack = true) {
        segment.from_client = true;
        segment.ack = ack;
        segment.acknowledgement = ack ? server_ : 0;
        if (segment.sequence == 0) segment.sequence = client_;
        see(segment);
    }
    void server(TcpSegment segment) {
        segment.ack = true;
        segment.acknowledgement = client_;
        if (segment.sequence == 0) segment.sequence = server_;
        see(segment);
    }
    void see(TcpSegment segment) {
        segment.client_address = 0x0a4d0164;
        segment.client_port = client_port_;
        segment.job_port = 8080;
        tracker_.see(segment, now_);
    }

    ConnectionTracker& tracker_;
    base::SteadyTime& now_;
    std::uint16_t client_port_;
    std::uint32_t client_ = 0xffffffc0;
    std::uint32_t server_ = 0xfffffe00;
};

struct Seen {
    base::SteadyTime now{1h};
    ConnectionTracker tracker{true};
    Conversation talk{tracker, now};

    std::uint64_t unanswered() { return tracker.requests(now).unanswered; }
    std::uint64_t open() { return tracker.requests(now).open_connections; }
    void pass(std::chrono::milliseconds time) { now += time; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(connection_tracker, Seen)

BOOST_AUTO_TEST_CASE(without_segments_there_are_no_requests_and_that_is_complete) {
    const auto requests = tracker.requests(now);
    BOOST_TEST(requests.open_connections == 0U);
    BOOST_TEST(requests.unanswered == 0U);
    BOOST_TEST(requests.complete);
}

BOOST_AUTO_TEST_CASE(a_connection_in_its_handshake_is_unanswered) {
    talk.syn();
    BOOST_TEST(unanswered() == 1U);
    talk.synAck();
    BOOST_TEST(unanswered() == 1U);
}

BOOST_AUTO_TEST_CASE(a_handshake_nobody_answers_is_forgotten) {
    talk.syn();
    pass(11s);
    BOOST_TEST(open() == 0U);
}

BOOST_AUTO_TEST_CASE(a_new_connection_is_given_a_moment_for_its_first_request) {
    talk.handshake();
    BOOST_TEST(unanswered() == 1U);
    pass(600ms);
    BOOST_TEST(unanswered() == 0U);
    BOOST_TEST(open() == 1U);
}

BOOST_AUTO_TEST_CASE(a_request_is_unanswered_until_it_is_answered_however_long_that_takes) {
    talk.handshake();
    talk.ask();
    talk.serverAck();
    pass(1h);
    BOOST_TEST(unanswered() == 1U);
    talk.answer();
    talk.clientAck();
    pass(200ms);
    BOOST_TEST(unanswered() == 0U);
    BOOST_TEST(open() == 1U);
}

BOOST_AUTO_TEST_CASE(an_answer_is_under_way_until_the_client_has_it) {
    talk.handshake();
    talk.ask();
    talk.answer();
    pass(1s);
    BOOST_TEST(unanswered() == 1U);
    talk.clientAck();
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_client_that_is_gone_is_not_waited_for) {
    talk.handshake();
    talk.ask();
    talk.answer();
    for (int i = 0; i < 6; ++i) {
        pass(1s);
        talk.repeatAnswer();
    }
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_in_pieces_is_answered_a_moment_after_the_last) {
    talk.handshake();
    talk.ask();
    for (int piece = 0; piece < 5; ++piece) {
        talk.answer();
        talk.clientAck();
        pass(90ms);
        BOOST_TEST(unanswered() == 1U);
    }
    pass(20ms);
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(the_second_request_on_a_connection_counts_again) {
    talk.handshake();
    talk.ask();
    talk.answer();
    talk.clientAck();
    pass(1s);
    talk.ask();
    BOOST_TEST(unanswered() == 1U);
}

BOOST_AUTO_TEST_CASE(an_answer_sent_before_the_request_arrived_does_not_answer_it) {
    talk.handshake();
    talk.ask();
    talk.ask(50);
    talk.answerWithoutHavingRead(50);
    talk.clientAck();
    pass(1s);
    BOOST_TEST(unanswered() == 1U);
    talk.answer();
    talk.clientAck();
    pass(1s);
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_half_closed_connection_s_request_is_unanswered_until_answered) {
    talk.handshake();
    talk.ask();
    talk.clientFin();
    talk.serverAck();
    pass(10s);
    BOOST_TEST(unanswered() == 1U);
    talk.answer();
    talk.clientAck();
    pass(1s);
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_client_that_closes_without_a_request_leaves_nothing_unanswered) {
    talk.handshake();
    talk.clientFin();
    talk.serverAck();
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_closes_without_answer_has_nothing_more_to_say) {
    talk.handshake();
    talk.ask();
    talk.serverFin();
    BOOST_TEST(unanswered() == 1U);  // until the client knows
    talk.clientAck();
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_connection_closed_from_both_sides_is_gone) {
    talk.handshake();
    talk.ask();
    talk.answer();
    talk.serverFin();
    talk.clientFin();
    BOOST_TEST(open() == 1U);
    talk.serverAck();
    BOOST_TEST(open() == 0U);
}

BOOST_AUTO_TEST_CASE(repetitions_after_the_end_do_not_bring_a_connection_back) {
    talk.handshake();
    talk.ask();
    talk.answer();
    talk.clientFin();
    talk.serverFin();
    talk.clientAck();
    talk.clientAck();
    talk.serverAck();
    talk.repeatAnswer();
    BOOST_TEST(open() == 0U);
}

BOOST_AUTO_TEST_CASE(a_reset_by_either_side_ends_a_connection) {
    talk.handshake();
    talk.ask();
    talk.clientReset();
    BOOST_TEST(open() == 0U);
    Conversation second(tracker, now, 40'001);
    second.handshake();
    second.ask();
    second.serverReset();
    BOOST_TEST(open() == 0U);
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_gone) {
    talk.syn();
    talk.serverReset();
    BOOST_TEST(open() == 0U);
}

BOOST_AUTO_TEST_CASE(a_repeated_request_is_no_new_one) {
    talk.handshake();
    talk.ask();
    talk.answer();
    talk.clientAck();
    pass(1s);
    talk.repeatAsk();
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_keepalive_is_no_request) {
    talk.handshake();
    talk.ask();
    talk.answer();
    talk.clientAck();
    pass(1s);
    talk.keepalive();
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_repeated_answer_answers_nothing_new) {
    talk.handshake();
    talk.ask();
    talk.answer();
    talk.clientAck();
    pass(1s);
    talk.ask();
    talk.repeatAnswer();
    BOOST_TEST(unanswered() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_that_speaks_first_is_not_waited_for) {
    talk.handshake();
    talk.answer();
    talk.clientAck();
    pass(1s);
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_port_used_again_is_a_new_connection) {
    talk.handshake();
    talk.ask();
    talk.ask();
    Conversation again(tracker, now);  // the same four numbers, another beginning
    again.ask(7'000);                  // moves its sequence on
    Conversation third(tracker, now, 40'000);
    third.ask(9'000);
    third.handshake();
    BOOST_TEST(open() == 1U);
    pass(1s);
    BOOST_TEST(unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(connections_are_counted_one_by_one) {
    Conversation second(tracker, now, 40'001);
    Conversation third(tracker, now, 40'002);
    for (auto* each : {&talk, &second, &third}) each->handshake();
    for (auto* each : {&talk, &second, &third}) each->ask();
    second.answer();
    second.clientAck();
    pass(1s);
    BOOST_TEST(open() == 3U);
    BOOST_TEST(unanswered() == 2U);
}

BOOST_AUTO_TEST_CASE(missed_segments_make_the_numbers_incomplete_until_whatever_was_missed_is_over) {
    tracker.missed(now);
    talk.handshake();
    BOOST_TEST(!tracker.requests(now).complete);
    pass(9min);
    BOOST_TEST(!tracker.requests(now).complete);
    tracker.missed(now);
    pass(9min);
    BOOST_TEST(!tracker.requests(now).complete);
    pass(1min);
    BOOST_TEST(tracker.requests(now).complete);
}

BOOST_AUTO_TEST_CASE(without_the_beginning_the_numbers_are_incomplete_but_what_speaks_is_seen) {
    ConnectionTracker late(false);
    Conversation asking(late, now);
    Conversation answering(late, now, 40'001);
    asking.ask();
    answering.answer();
    const auto requests = late.requests(now);
    BOOST_TEST(!requests.complete);
    BOOST_TEST(requests.open_connections == 2U);
    BOOST_TEST(requests.unanswered == 2U);
}

BOOST_AUTO_TEST_CASE(what_a_stand_in_still_says_to_somebody_from_before_its_resume_is_no_request) {
    talk.answer();
    BOOST_TEST(open() == 0U);
}

BOOST_AUTO_TEST_CASE(more_connections_than_can_be_followed_make_the_numbers_incomplete) {
    ConnectionTracker::Limits limits;
    limits.connections = 2;
    ConnectionTracker small(true, limits);
    for (std::uint16_t port : {1, 2, 3}) Conversation(small, now, port).syn();
    BOOST_TEST(!small.requests(now).complete);
    BOOST_TEST(small.requests(now).open_connections == 2U);
}

BOOST_AUTO_TEST_CASE(idle_answered_connections_make_room_for_new_ones) {
    ConnectionTracker::Limits limits;
    limits.connections = 1;
    ConnectionTracker small(true, limits);
    Conversation old(small, now, 1);
    old.handshake();
    old.ask();
    old.answer();
    old.clientAck();
    pass(10min);
    Conversation(small, now, 2).syn();
    BOOST_TEST(small.requests(now).complete);
    BOOST_TEST(small.requests(now).unanswered == 1U);
}

BOOST_AUTO_TEST_CASE(who_has_an_answer_and_may_get_more_of_it_is_told_from_who_waits_for_one) {
    Conversation waiting(tracker, now, 40'001);
    for (auto* each : {&talk, &waiting}) each->handshake();
    for (auto* each : {&talk, &waiting}) each->ask();
    talk.answer();
    BOOST_TEST(tracker.requests(now).just_answered == 0U);  // the client has not confirmed it
    talk.clientAck();
    const auto requests = tracker.requests(now);
    BOOST_TEST(requests.unanswered == 2U);
    BOOST_TEST(requests.just_answered == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
