#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "http_job.hpp"

using namespace standin::request_holder::test;
using standin::protocol::HoldState;
using standin::request_holder::JobHolder;
using standin::request_holder::JobSettings;

namespace {

/// A client that posts its numbers one after the other, on one connection as long as that is kept. It asks again after
/// 503, which says that nothing was processed, and after nothing else.
class KeptClient {
  public:
    KeptClient(const HolderLab& lab, int id) : lab_(lab), id_(id), thread_([this] { run(); }) {}
    ~KeptClient() { finish(); }
    void finish() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] int answered() const { return answered_; }
    [[nodiscard]] int failed() const { return failed_; }
    [[nodiscard]] int connections() const { return connections_; }

  private:
    void run() {
        TestSocket socket;
        for (int number = 0; !stop_;) {
            if (!socket.open()) {
                socket = lab_.client();
                ++connections_;
            }
            const auto body = fmt::format("{} {}", id_, number);
            socket.send(fmt::format("POST /{}/{} HTTP/1.1\r\nHost: job\r\nContent-Length: {}\r\n\r\n{}", id_, number,
                                    body.size(), body));
            const auto answer = readAnswer(socket);
            if (answer.status == 200 && answer.body.find(body) != std::string::npos) ++answered_;
            if (answer.status != 200 && answer.status != 503) ++failed_;
            if (answer.status != 503) ++number;
            if (answer.status != 200 || answer.header.find("Connection: close") != std::string::npos) socket.close();
        }
    }

    const HolderLab& lab_;
    const int id_;
    std::atomic<bool> stop_{false};
    std::atomic<int> answered_{0};
    std::atomic<int> failed_{0};
    std::atomic<int> connections_{0};
    std::thread thread_;
};

/// What the machines processed, against what the clients were answered: by the ledgers' lines alone.
void judge(const std::vector<std::string>& ledger, const std::vector<std::unique_ptr<KeptClient>>& clients) {
    std::map<int, int> next;  // of each client: the number that comes next
    for (const auto& line : ledger) {
        int client = 0;
        int number = 0;
        BOOST_REQUIRE(std::sscanf(line.c_str(), "POST /%d/%d ", &client, &number) == 2);
        BOOST_TEST(number == next[client]++, line << ": lost, doubled or out of order");
    }
    for (std::size_t id = 0; id < clients.size(); ++id) {
        BOOST_TEST(clients[id]->failed() == 0);
        BOOST_TEST(clients[id]->answered() == next[static_cast<int>(id)]);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(kept_connections_go_over_many_handovers_and_nothing_is_lost_doubled_or_out_of_order) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.http_ports = {job_port}; });
    const auto serve = [](const GotRequest&, TestSocket&) {
        std::this_thread::sleep_for(1ms);
        return std::string();
    };
    std::vector<std::string> ledger;
    auto job = std::make_unique<HttpJob>(lab, serve);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    std::vector<std::unique_ptr<KeptClient>> clients;
    for (int id = 0; id < 12; ++id) clients.push_back(std::make_unique<KeptClient>(lab, id));
    for (int handover = 0; handover < 8; ++handover) {
        const auto answered = clients.front()->answered();
        BOOST_REQUIRE(eventually([&] { return clients.front()->answered() > answered + 3; }));
        BOOST_REQUIRE(holder->change(HoldState::Holding));
        BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.unanswered == 0; }));
        const auto lines = job->lines();
        ledger.insert(ledger.end(), lines.begin(), lines.end());
        job.reset();
        job = std::make_unique<HttpJob>(lab, serve);
        BOOST_REQUIRE(holder->change(HoldState::Releasing));
    }
    for (auto& client : clients) client->finish();
    const auto lines = job->lines();
    ledger.insert(ledger.end(), lines.begin(), lines.end());
    judge(ledger, clients);
    for (const auto& client : clients) BOOST_TEST(client->connections() == 1);
    const auto hold = holder->status().value().hold;
    BOOST_TEST(hold.broken + hold.refused + hold.given_up == 0U);
}
