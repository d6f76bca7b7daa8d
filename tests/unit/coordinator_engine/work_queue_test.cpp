#include "coordinator/engine/work_queue.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <vector>

#include "coordinator/engine/thread_pool_executor.hpp"

using namespace standin;
using namespace std::chrono_literals;
using domain::Lane;
using engine::WorkQueue;

namespace {

constexpr auto soon = 20s;  // what hangs would hang for ever

struct Work {
    WorkQueue queue{{{{4, 2, 2}, {2, 1, 1}, {1, 1, 0}}}};
    std::string order;

    engine::Executor::Ticket push(Lane lane, const std::string& whom) {
        return queue.push({lane, whom, [this, whom] { order += whom + " "; }});
    }
    /// Begins what may begin, and says in which order.
    std::vector<engine::Executor::Ticket> begin(Lane lane) {
        std::vector<engine::Executor::Ticket> begun;
        while (auto next = queue.take(lane)) {
            next->run();
            begun.push_back(next->ticket);
        }
        return begun;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(work_queue, Work)

BOOST_AUTO_TEST_CASE(an_agent_gets_no_more_than_its_share_and_others_pass_it_by) {
    for (int i = 0; i < 5; ++i) push(Lane::Critical, "a");
    push(Lane::Critical, "b");
    begin(Lane::Critical);
    BOOST_TEST(order == "a a b ");
    BOOST_TEST(queue.waiting() == 3u);
}

BOOST_AUTO_TEST_CASE(what_waits_longest_is_next_when_one_has_ended) {
    for (const auto* whom : {"a", "a", "a", "b", "b"}) push(Lane::Critical, whom);
    const auto begun = begin(Lane::Critical);
    order.clear();
    queue.ended(begun.front());
    begin(Lane::Critical);
    BOOST_TEST(order == "a ");
}

BOOST_AUTO_TEST_CASE(lanes_do_not_wait_for_each_other) {
    for (int i = 0; i < 9; ++i) push(Lane::Watch, "a" + std::to_string(i));
    begin(Lane::Watch);
    push(Lane::Ordinary, "a0");
    push(Lane::Critical, "a0");
    order.clear();
    begin(Lane::Critical);
    begin(Lane::Ordinary);
    BOOST_TEST(order == "a0 a0 ");
}

BOOST_AUTO_TEST_CASE(a_task_that_was_written_off_gives_its_place_to_another_agents) {
    push(Lane::Ordinary, "a");
    push(Lane::Ordinary, "b");
    const auto begun = begin(Lane::Ordinary);
    push(Lane::Ordinary, "c");
    BOOST_TEST(begin(Lane::Ordinary).empty());
    queue.writeOff(begun.front());
    BOOST_TEST(begin(Lane::Ordinary).size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_more_are_replaced_than_the_bound_says) {
    push(Lane::Ordinary, "a");
    push(Lane::Ordinary, "b");
    for (const auto ticket : begin(Lane::Ordinary)) queue.writeOff(ticket);
    for (const auto* whom : {"c", "d", "e"}) push(Lane::Ordinary, whom);
    BOOST_TEST(begin(Lane::Ordinary).size() == 1u);  // two places, one of them for one that hangs beyond the bound
}

BOOST_AUTO_TEST_CASE(what_waits_for_an_agent_that_hangs_can_be_taken_back_and_what_waits_for_others_cannot) {
    push(Lane::Ordinary, "a");
    const auto behind = push(Lane::Ordinary, "a");
    const auto begun = begin(Lane::Ordinary);
    BOOST_TEST(!queue.takeBack(behind));
    queue.writeOff(begun.front());
    BOOST_TEST(queue.takeBack(behind));
    BOOST_TEST(!queue.takeBack(behind));
    BOOST_TEST(!queue.takeBack(begun.front()));
    queue.ended(begun.front());
    BOOST_TEST(begin(Lane::Ordinary).empty());
}

BOOST_AUTO_TEST_CASE(what_was_written_off_and_ends_leaves_nothing_behind) {
    for (int i = 0; i < 20; ++i) {
        push(Lane::Ordinary, "a");
        const auto begun = begin(Lane::Ordinary);
        BOOST_REQUIRE(begun.size() == 1u);
        queue.writeOff(begun.front());
        queue.writeOff(begun.front());
        queue.ended(begun.front());
    }
    push(Lane::Ordinary, "a");
    BOOST_TEST(begin(Lane::Ordinary).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(thread_pool_executor)

namespace {

/// Two hundred servers of one switch agent that does not answer.
struct HungAgent {
    std::promise<void> answers;
    std::shared_future<void> answered = answers.get_future().share();
    engine::ThreadPoolExecutor executor;
    std::vector<engine::Executor::Ticket> tickets;

    void ask(Lane lane, int times) {
        for (int i = 0; i < times; ++i)
            tickets.push_back(executor.post({lane, "switch1", [answered = answered] { answered.wait(); }}));
    }
    /// Somebody else's task is carried out.
    bool isOpen(Lane lane, const std::string& whom) {
        auto done = std::make_shared<std::promise<void>>();
        auto future = done->get_future();
        executor.post({lane, whom, [done] { done->set_value(); }});
        return future.wait_for(soon) == std::future_status::ready;
    }
    ~HungAgent() {
        answers.set_value();
        executor.stop();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(one_agent_that_hangs_leaves_all_lanes_open_for_others, HungAgent) {
    for (const auto lane : {Lane::Critical, Lane::Ordinary, Lane::Watch}) ask(lane, 200);
    for (const auto lane : {Lane::Critical, Lane::Ordinary, Lane::Watch}) BOOST_TEST(isOpen(lane, "switch2"));
}

BOOST_FIXTURE_TEST_CASE(what_waits_for_the_hung_agent_is_given_up_when_its_threads_are, HungAgent) {
    ask(Lane::Ordinary, 200);
    BOOST_TEST(isOpen(Lane::Ordinary, "switch2"));  // by now its share of threads has begun
    for (const auto ticket : tickets) executor.writeOff(ticket);
    std::size_t taken_back = 0;
    for (const auto ticket : tickets) taken_back += executor.takeBack(ticket) ? 1u : 0u;
    const auto share = engine::work_limits.at(static_cast<std::size_t>(Lane::Ordinary)).of_one;
    BOOST_TEST(taken_back == 200 - share);
    BOOST_TEST(isOpen(Lane::Ordinary, "switch2"));
}

BOOST_AUTO_TEST_CASE(many_tasks_of_many_agents_are_all_carried_out) {
    std::atomic<int> done = 0;
    std::promise<void> all;
    {
        engine::ThreadPoolExecutor executor;
        for (int i = 0; i < 3000; ++i) {
            executor.post({static_cast<Lane>(i % 3), "agent" + std::to_string(i % 7), [&] {
                               if (++done == 3000) all.set_value();
                           }});
        }
        BOOST_TEST((all.get_future().wait_for(soon) == std::future_status::ready));
    }
    BOOST_TEST(done == 3000);
}

BOOST_AUTO_TEST_SUITE_END()
