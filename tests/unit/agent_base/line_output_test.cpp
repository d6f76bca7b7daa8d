#include "agent/base/line_output.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

using standin::base::LineOutput;
using Steady = std::chrono::steady_clock;

namespace {

/// Both ends of something that holds a little and is read by nobody yet.
struct Ends {
    int read = -1;
    int write = -1;
    ~Ends() {
        ::close(read);
        ::close(write);
    }
    std::string taken() const {
        std::string text(1U << 20, '\0');
        std::string all;
        for (;;) {
            const auto got = ::read(read, text.data(), text.size());
            if (got <= 0) return all;
            all.append(text, 0, static_cast<std::size_t>(got));
        }
    }
};

struct APipe : Ends {
    APipe() {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        read = ends[0];
        write = ends[1];
        ::fcntl(read, F_SETFL, O_NONBLOCK);
    }
};

struct ASocket : Ends {
    ASocket() {
        int ends[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        read = ends[0];
        write = ends[1];
        ::fcntl(read, F_SETFL, O_NONBLOCK);
    }
};

void isNeverKept(const Ends& ends) {
    LineOutput output(ends.write);
    const auto line = std::string(999, 'x') + "\n";
    const auto before = Steady::now();
    for (int i = 0; i < 5000; ++i) output.write(line);  // far more than is held; or the test would not end
    BOOST_TEST((Steady::now() - before < std::chrono::seconds(20)));
    BOOST_TEST((::fcntl(ends.write, F_GETFL) & O_NONBLOCK) == 0);  // others write there, too
    const auto first = ends.taken();
    BOOST_TEST(first.starts_with(line));
    output.write("it goes on\n");
    const auto then = ends.taken();
    BOOST_TEST(then.find("lines before this one are lost") != std::string::npos, then);
    BOOST_TEST(then.ends_with("it goes on\n"), then);
    output.write("and on\n");
    BOOST_TEST(ends.taken() == "and on\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(line_output)

BOOST_FIXTURE_TEST_CASE(who_writes_to_a_pipe_that_nobody_reads_is_not_kept, APipe) {
    isNeverKept(*this);
}

BOOST_FIXTURE_TEST_CASE(who_writes_to_a_socket_that_nobody_reads_is_not_kept, ASocket) {
    isNeverKept(*this);
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_has_gone_is_no_error, APipe) {
    ::signal(SIGPIPE, SIG_IGN);  // as in the programs
    ::close(read);
    LineOutput(write).write("x\n");
    read = ::open("/dev/null", O_RDONLY);
}

BOOST_AUTO_TEST_SUITE_END()
