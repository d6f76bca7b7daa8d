#include "holder_lab.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstring>
#include <sstream>

#include "agent/base/process.hpp"
#include "tests/support/made_names.hpp"

namespace standin::request_holder::test {

namespace {

void must(const Result<std::string>& outcome) {
    if (!outcome) BOOST_FAIL(outcome.error().message);
}

void ip(const std::vector<std::string>& words) {
    std::vector<std::string> command{"ip"};
    command.insert(command.end(), words.begin(), words.end());
    must(base::runToSuccess({command, {}, std::chrono::seconds(20)}));
}

sockaddr_in jobAt(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    ::inet_pton(AF_INET, job_address, &at.sin_addr);
    return at;
}

// Only what is safe after fork() in a program with threads.
[[noreturn]] void keepLedger(int listener, int notes, int takes_ms) {
    for (;;) {
        const int client = ::accept(listener, nullptr, nullptr);
        if (client < 0) ::_exit(1);
        char line[64];
        std::size_t length = 0;
        while (length < sizeof line && ::read(client, line + length, 1) == 1 && line[length++] != '\n') {
        }
        if (length > 0 && line[length - 1] == '\n') {
            if (takes_ms > 0) ::poll(nullptr, 0, takes_ms);
            if (::write(notes, line, length) < 0) ::_exit(1);
            if (::send(client, "done ", 5, MSG_NOSIGNAL) == 5) ::send(client, line, length, MSG_NOSIGNAL);
        }
        ::close(client);
    }
}

}  // namespace

int listenIn(const NetworkNamespace& space, std::uint16_t port) {
    int listener = -1;
    auto ran = space.run([&] {
        listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const auto at = jobAt(port);
        if (::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) BOOST_FAIL(std::strerror(errno));
        if (::listen(listener, 4096) != 0) BOOST_FAIL(std::strerror(errno));
    });
    BOOST_REQUIRE(ran.has_value());
    return listener;
}

void limitWaits(int socket) {
    const timeval limit{std::chrono::seconds(patience).count(), 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool TestSocket::send(const std::string& bytes) const {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto length = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (length <= 0) return false;
        sent += static_cast<std::size_t>(length);
    }
    return true;
}

std::size_t TestSocket::sendSome(const std::string& bytes) const {
    const auto length = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return length < 0 ? 0 : static_cast<std::size_t>(length);
}

std::string TestSocket::line() const {
    std::string text;
    char one = 0;
    while (::recv(descriptor_, &one, 1, 0) == 1 && one != '\n') text += one;
    return text;
}

std::string TestSocket::rest() const {
    std::string text;
    char buffer[16384];
    for (auto length = ::recv(descriptor_, buffer, sizeof buffer, 0); length > 0;
         length = ::recv(descriptor_, buffer, sizeof buffer, 0)) {
        text.append(buffer, static_cast<std::size_t>(length));
    }
    return text;
}

bool TestSocket::wasReset() const {
    char buffer[16384];
    ssize_t length = 0;
    do {
        length = ::recv(descriptor_, buffer, sizeof buffer, 0);
    } while (length > 0);
    return length < 0 && errno == ECONNRESET;
}

void TestSocket::endSending() const {
    ::shutdown(descriptor_, SHUT_WR);
}

void TestSocket::reset() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void TestSocket::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds within) {
    const auto until = std::chrono::steady_clock::now() + within;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        ::poll(nullptr, 0, 2);
    }
    return true;
}

HolderLab::HolderLab() {
    static std::atomic<int> count{0};
    standin::tests::noteMade(fmt::format("rh{}", ::getpid() % 100'000));
    prefix_ = fmt::format("rh{}x{}", ::getpid() % 100'000, ++count);
    const auto client_end = prefix_ + "f1";
    clients_ = std::make_unique<NetworkNamespace>(NetworkNamespace::open(prefix_ + "-client").value());
    spare_ = std::make_unique<NetworkNamespace>(NetworkNamespace::open(prefix_ + "-spare").value());
    ip({"link", "add", frontInterface(), "type", "veth", "peer", "name", client_end, "netns", clients_->name()});
    ip({"link", "add", backInterface(), "type", "veth", "peer", "name", spareInterface(), "netns", spare_->name()});
    ip({"-n", clients_->name(), "addr", "add", "10.99.1.100/24", "dev", client_end});
    ip({"-n", clients_->name(), "link", "set", client_end, "up"});
    inSpare("addr add 10.99.1.10/24 dev " + spareInterface());
    inSpare("link set " + spareInterface() + " up");
}

HolderLab::~HolderLab() {
    // A veth goes with its other end, wherever a test left it.
    for (const auto& suffix : {"-client", "-spare", "-job01-front", "-job01-back"}) {
        const bool leg = std::string(suffix).find("job01") != std::string::npos;
        const auto name = (leg ? "standin-" : "") + prefix_ + suffix;
        if (::access(("/run/netns/" + name).c_str(), F_OK) == 0) [[maybe_unused]]
            auto gone = base::runToSuccess({{"ip", "netns", "delete", name}, {}});
    }
    for (const auto& interface : {frontInterface(), backInterface()})
        [[maybe_unused]] auto gone = base::runProcess({{"ip", "link", "delete", interface}, {}});
}

void HolderLab::inSpare(const std::string& command) const {
    std::istringstream words(command);
    std::vector<std::string> arguments{"-n", spare_->name()};
    for (std::string word; words >> word;) arguments.push_back(word);
    ip(arguments);
}

JobSettings HolderLab::settings() const {
    JobSettings settings;
    settings.name = base::JobName("job01");
    settings.front = {frontInterface(), NetworkAddress::parse("10.99.1.10/24").value(), std::nullopt};
    settings.back = {backInterface(), NetworkAddress::parse("10.99.1.250/24").value(), std::nullopt};
    settings.ports = {job_port};
    return settings;
}

std::unique_ptr<JobHolder> HolderLab::holder(const std::function<void(JobSettings&)>& change,
                                             const std::string& state_file) const {
    auto wanted = settings();
    if (change) change(wanted);
    auto made =
        std::make_unique<JobHolder>(wanted, prefix_, state_file, base::Log("request_holder", [](auto, auto) {}));
    auto started = made->start();
    if (!started) BOOST_FAIL(started.error().message);
    return made;
}

TestSocket HolderLab::client(std::uint16_t port) const {
    return connectFrom(*clients_, port);
}

TestSocket HolderLab::connectFrom(const NetworkNamespace& space, std::uint16_t port) const {
    int socket = -1;
    auto ran = space.run([&] {
        socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        limitWaits(socket);
        const auto to = jobAt(port);
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return;
        ::close(socket);
        socket = -1;
    });
    BOOST_REQUIRE(ran.has_value());
    return TestSocket(socket);
}

TestJob::TestJob(const HolderLab& lab, Serve serve, std::uint16_t port)
    : serve_(std::move(serve)), listener_(listenIn(lab.spare(), port)), thread_([this] { run(); }) {}

TestJob::~TestJob() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

void TestJob::run() {
    for (int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); socket >= 0;
         socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) {
        limitWaits(socket);
        TestSocket client(socket);
        serve_(client);
    }
}

WorkersJob::WorkersJob(const HolderLab& lab, std::size_t workers, std::chrono::milliseconds takes)
    : listener_(listenIn(lab.spare(), job_port)) {
    for (std::size_t count = 0; count < workers; ++count) threads_.emplace_back([this, takes] { work(takes); });
}

WorkersJob::~WorkersJob() {
    ::shutdown(listener_, SHUT_RDWR);
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
}

void WorkersJob::work(std::chrono::milliseconds takes) {
    for (int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); socket >= 0;
         socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) {
        limitWaits(socket);
        const TestSocket client(socket);
        const auto number = client.line();
        {
            const std::lock_guard lock(mutex_);
            begun_.push_back(std::atoi(number.c_str()));
            most_at_once_ = std::max(most_at_once_, ++at_once_);
        }
        std::this_thread::sleep_for(takes);
        {
            const std::lock_guard lock(mutex_);
            --at_once_;
        }
        client.send("done " + number + "\n");
    }
}

std::size_t WorkersJob::mostAtOnce() {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
}

std::vector<int> WorkersJob::begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
}

LedgerProcess::LedgerProcess(const HolderLab& lab, std::chrono::milliseconds takes) {
    const int listener = listenIn(lab.spare(), job_port);
    int ends[2];
    BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
        for (int other = 3; other < 1024; ++other) {
            if (other != listener && other != ends[1])
                ::close(other);  // else a killed holder's or client's sockets would live on here
        }
        keepLedger(listener, ends[1], static_cast<int>(takes.count()));
    }
    BOOST_REQUIRE(pid_ > 0);
    ::close(listener);
    ::close(ends[1]);
    notes_ = ends[0];
    ::fcntl(notes_, F_SETFL, O_NONBLOCK);
}

LedgerProcess::~LedgerProcess() {
    kill();
    ::close(notes_);
}

void LedgerProcess::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

std::vector<int> LedgerProcess::entries() {
    char buffer[8192];
    for (auto length = ::read(notes_, buffer, sizeof buffer); length > 0;
         length = ::read(notes_, buffer, sizeof buffer)) {
        noted_.append(buffer, static_cast<std::size_t>(length));
    }
    std::istringstream numbers(noted_);
    std::vector<int> found;
    for (int number = 0; numbers >> number;) found.push_back(number);
    return found;
}

}  // namespace standin::request_holder::test
