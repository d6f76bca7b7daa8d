// What the request holder costs beside a direct connection to the same job over the same kind of link, measured in one
// run; the last line is `RESULT {json}` with the ratios. Usage: sudo .build/release/tests/request_holder_bench
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <tuple>

#include "agent/request_holder/network/link.hpp"
#include "tests/integration/request_holder/holder_lab.hpp"

using namespace standin::request_holder;
using namespace standin::request_holder::test;
using standin::protocol::HoldState;

namespace {

using Connect = std::function<TestSocket()>;
using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

double at(std::vector<double> samples, double part) {
    std::sort(samples.begin(), samples.end());
    return samples[std::min(samples.size() - 1, static_cast<std::size_t>(part * static_cast<double>(samples.size())))];
}

std::vector<double> roundTrips(const Connect& connect, int count) {
    const auto client = connect();
    std::vector<double> took;
    for (int round = 0; round < count; ++round) {
        const auto began = Clock::now();
        client.send("ping\n");
        client.line();
        took.push_back(milliseconds(Clock::now() - began));
    }
    return took;
}

std::vector<double> wholeRequests(const Connect& connect, int count) {
    std::vector<double> took;
    for (int round = 0; round < count; ++round) {
        const auto began = Clock::now();
        const auto client = connect();
        client.send("ping\n");
        client.line();
        took.push_back(milliseconds(Clock::now() - began));
    }
    return took;
}

double mebibytesPerSecond(const Connect& connect) {
    const auto client = connect();
    const auto began = Clock::now();
    client.send("bulk\n");
    std::size_t received = 0;
    std::vector<char> buffer(256U << 10);
    for (auto length = ::recv(client.get(), buffer.data(), buffer.size(), 0); length > 0;
         length = ::recv(client.get(), buffer.data(), buffer.size(), 0)) {
        received += static_cast<std::size_t>(length);
    }
    return static_cast<double>(received) / (1 << 20) / (milliseconds(Clock::now() - began) / 1000);
}

void serve(TestSocket& client) {
    for (auto word = client.line(); !word.empty(); word = client.line()) {
        if (word != "bulk") {
            client.send("pong\n");
            continue;
        }
        const std::string block(1U << 20, 'x');
        for (int count = 0; count < 512 && client.send(block); ++count) {
        }
        return;
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_holder_beside_a_direct_connection) {
    HolderLab lab;
    auto holder = lab.holder();
    // As the legs are, and as a machine behind a user space switch has to be: no segmentation or checksums by
    // 'hardware'.
    BOOST_REQUIRE(lab.spare().run([&] { fillInChecksums(lab.spareInterface()); }));
    TestJob job(lab, serve);
    const auto back = NetworkNamespace::open("standin-" + lab.agentName() + "-job01-back").value();
    const Connect direct = [&] { return lab.connectFrom(back); };
    const Connect through = [&] { return lab.client(); };
    BOOST_REQUIRE(holder->change(HoldState::Releasing));

    nlohmann::json result;
    const auto compare = [&](const char* what, const char* unit, double without, double with) {
        fmt::print("{:<36} direct {:9.3f} {}   through the holder {:9.3f} {}   ratio {:.2f}\n", what, without, unit,
                   with, unit, with / without);
        result[what] = {{"direct", without}, {"holder", with}, {"ratio", with / without}};
    };
    roundTrips(through, 200);  // warm
    const auto kept_direct = roundTrips(direct, 3000);
    const auto kept_through = roundTrips(through, 3000);
    compare("round_trip_ms_median", "ms", at(kept_direct, 0.5), at(kept_through, 0.5));
    compare("round_trip_ms_p99", "ms", at(kept_direct, 0.99), at(kept_through, 0.99));
    const auto new_direct = wholeRequests(direct, 2000);
    const auto new_through = wholeRequests(through, 2000);
    compare("new_connection_ms_median", "ms", at(new_direct, 0.5), at(new_through, 0.5));
    compare("new_connection_ms_p99", "ms", at(new_direct, 0.99), at(new_through, 0.99));
    compare("bulk_mib_per_second", "MiB/s", mebibytesPerSecond(direct), mebibytesPerSecond(through));

    constexpr int held = 2000;
    auto began = Clock::now();
    for (int count = 0; count < held; ++count) wholeRequests(direct, 1);
    const auto serial = milliseconds(Clock::now() - began);
    BOOST_REQUIRE(holder->change(HoldState::Idle));
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    std::vector<TestSocket> clients;
    for (int count = 0; count < held; ++count) {
        clients.push_back(lab.client());
        clients.back().send("ping\n");
        clients.back().endSending();
    }
    BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.held == held; }));
    began = Clock::now();
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    clients.back().line();
    compare("release_of_2000_held_ms", "ms", serial, milliseconds(Clock::now() - began));
    fmt::print("RESULT {}\n", result.dump());
}

BOOST_AUTO_TEST_CASE(a_release_beside_what_the_machine_can_do) {
    nlohmann::json result;
    for (const auto& [held, workers, takes] : {std::tuple{1000, 8, 4ms}, std::tuple{1000, 32, 10ms}}) {
        HolderLab lab;
        auto holder = lab.holder();
        WorkersJob job(lab, static_cast<std::size_t>(workers), takes);
        BOOST_REQUIRE(holder->change(HoldState::Holding));
        std::vector<TestSocket> clients;
        for (int number = 0; number < held; ++number) {
            clients.push_back(lab.client());
            clients.back().send(fmt::format("{}\n", number));
        }
        BOOST_REQUIRE(
            eventually([&] { return holder->status().value().hold.held == static_cast<std::uint64_t>(held); }));
        const auto began = Clock::now();
        BOOST_REQUIRE(holder->change(HoldState::Releasing));
        for (const auto& client : clients) client.line();
        const auto rate = held / milliseconds(Clock::now() - began) * 1000;
        const auto possible = workers * 1000.0 / static_cast<double>(takes.count());
        const auto what = fmt::format("release_{}x{}ms_per_second", workers, takes.count());
        fmt::print("{:<36} machine {:8.0f}/s   released {:8.0f}/s   ratio {:.2f}   window {}\n", what, possible, rate,
                   rate / possible, holder->status().value().window);
        result[what] = {{"possible", possible}, {"released", rate}, {"ratio", rate / possible}};
    }
    fmt::print("RESULT {}\n", result.dump());
}
