#include <boost/test/unit_test.hpp>
#include <optional>

#include "holder_lab.hpp"

using namespace standin::request_holder::test;
using standin::base::ErrorCode;
using standin::protocol::Probe;
using standin::protocol::ProbeAnswer;
using standin::protocol::ProbeRequest;
using standin::request_holder::JobHolder;

namespace {

ProbeRequest request(Probe::Kind kind, std::chrono::milliseconds deadline = 10s) {
    return {standin::protocol::Leg::Back, Probe{kind, job_port, "/health", 200},
            static_cast<std::uint32_t>(deadline.count())};
}

ProbeAnswer ask(JobHolder& holder, const ProbeRequest& what) {
    auto answer = holder.probe(what);
    BOOST_REQUIRE(answer);
    return answer->get();
}

TestJob::Serve http(int status) {
    return [status](TestSocket& client) {
        if (client.line().rfind("GET /health HTTP/1.1", 0) != 0) return;
        while (client.line().size() > 1) {
        }
        client.send("HTTP/1.1 " + std::to_string(status) + " Words\r\nContent-Length: 0\r\n\r\n");
    };
}

double passed(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_job_that_answers_is_found_by_http_and_by_tcp) {
    HolderLab lab;
    auto holder = lab.holder();
    TestJob job(lab, http(200));
    const auto by_http = ask(*holder, request(Probe::Kind::Http));
    BOOST_TEST(by_http.answered);
    BOOST_TEST(by_http.status == 200);
    BOOST_TEST(by_http.problem.empty());
    BOOST_TEST_MESSAGE("answered after " << by_http.after_ms << " ms, attempts " << by_http.attempts);
    BOOST_TEST(ask(*holder, request(Probe::Kind::Tcp)).answered);
}

BOOST_AUTO_TEST_CASE(another_status_than_the_expected_one_is_no_answer_and_is_told) {
    HolderLab lab;
    auto holder = lab.holder();
    TestJob job(lab, http(503));
    const auto answer = ask(*holder, request(Probe::Kind::Http, 300ms));
    BOOST_TEST(!answer.answered);
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(answer.attempts > 1U);
    BOOST_TEST(answer.after_ms >= 300);
    BOOST_TEST(answer.problem.find("503") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_job_that_begins_to_listen_later_is_found_soon_after) {
    HolderLab lab;
    auto holder = lab.holder();
    auto answer = holder->probe(request(Probe::Kind::Http));
    BOOST_REQUIRE(answer);
    BOOST_TEST((answer->wait_for(700ms) == std::future_status::timeout));
    TestJob job(lab, http(200));
    const auto listening = std::chrono::steady_clock::now();
    const auto found = answer->get();
    BOOST_TEST(found.answered);
    BOOST_TEST_MESSAGE("found after " << passed(listening) << " ms");
    BOOST_TEST(passed(listening) < 500);  // the kernel's own repetition comes after 1 s
}

BOOST_AUTO_TEST_CASE(a_machine_whose_packets_were_lost_at_first_is_found_long_before_the_kernel_repeats_them) {
    HolderLab lab;
    auto holder = lab.holder();
    TestJob job(lab, http(200));
    lab.inSpare("link set " + lab.spareInterface() + " arp off");  // nobody answers for the address
    auto answer = holder->probe(request(Probe::Kind::Http));
    BOOST_REQUIRE(answer);
    BOOST_TEST((answer->wait_for(600ms) == std::future_status::timeout));
    lab.inSpare("link set " + lab.spareInterface() + " arp on");
    const auto reachable = std::chrono::steady_clock::now();
    BOOST_TEST(answer->get().answered);
    BOOST_TEST_MESSAGE("found after " << passed(reachable) << " ms");
    BOOST_TEST(passed(reachable) < 500);
}

BOOST_AUTO_TEST_CASE(a_job_that_accepts_but_takes_its_time_to_answer_is_waited_for) {
    HolderLab lab;
    auto holder = lab.holder();
    const auto answer_it = http(200);
    TestJob job(lab, [&](TestSocket& client) {
        std::this_thread::sleep_for(700ms);  // what the job does; the test waits for nothing else
        answer_it(client);
    });
    BOOST_TEST(ask(*holder, request(Probe::Kind::Http)).answered);
}

BOOST_AUTO_TEST_CASE(what_does_not_speak_http_is_no_answer) {
    HolderLab lab;
    auto holder = lab.holder();
    TestJob job(lab, [](TestSocket& client) { client.send("220 mail.example ESMTP\r\n"); });
    const auto answer = ask(*holder, request(Probe::Kind::Http, 1s));
    BOOST_TEST(!answer.answered);
    BOOST_TEST(answer.problem.find("HTTP") != std::string::npos, answer.problem);
}

BOOST_AUTO_TEST_CASE(nobody_there_ends_at_the_deadline_with_a_reason) {
    HolderLab lab;
    auto holder = lab.holder();
    lab.inSpare("link set " + lab.spareInterface() + " down");
    const auto answer = ask(*holder, request(Probe::Kind::Tcp, 400ms));
    BOOST_TEST(!answer.answered);
    BOOST_TEST(answer.after_ms >= 400);
    BOOST_TEST(answer.after_ms < 2000);
    BOOST_TEST(!answer.problem.empty());
}

BOOST_AUTO_TEST_CASE(the_front_leg_and_a_path_that_is_none_are_refused) {
    HolderLab lab;
    auto holder = lab.holder();
    auto front = request(Probe::Kind::Tcp);
    front.leg = standin::protocol::Leg::Front;
    BOOST_TEST((holder->probe(front).error().code == ErrorCode::Unsupported));
    auto smuggled = request(Probe::Kind::Http);
    smuggled.probe.path = "/health HTTP/1.1\r\nX: y";
    BOOST_TEST((holder->probe(smuggled).error().code == ErrorCode::InvalidInput));
}

BOOST_AUTO_TEST_CASE(stopping_ends_a_running_probe) {
    HolderLab lab;
    auto holder = lab.holder();
    auto answer = holder->probe(request(Probe::Kind::Tcp, 600s));
    BOOST_REQUIRE(answer);
    holder->stop();
    BOOST_REQUIRE((answer->wait_for(5s) == std::future_status::ready));
    BOOST_TEST(!answer->get().answered);
}
