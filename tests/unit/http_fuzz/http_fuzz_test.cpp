#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// STANDIN_FUZZ_RUNS=N tries more.
constexpr int usual_runs = 3000;

const std::vector<std::string>& seeds() {
    static const std::vector<std::string> texts{
        "GET / HTTP/1.1\r\nHost: job\r\n\r\n",
        "GET http://job/ HTTP/1.1\r\nHost: job\r\nConnection: close\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: job\r\nContent-Length: 5\r\n\r\nhello",
        "PUT /a HTTP/1.1\r\nHost: job\r\nTransfer-Encoding: "
        "chunked\r\n\r\n5\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nA: b\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: job\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n2;a=\"b\"\r\nhi\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    };
    return texts;
}

const std::vector<std::string>& pieces() {
    static const std::vector<std::string> texts{"\r\n",
                                                "\n",
                                                "\r",
                                                " ",
                                                "\t",
                                                ":",
                                                ";",
                                                "0",
                                                "5",
                                                "f",
                                                "\r\n\r\n",
                                                std::string(1, '\0'),
                                                "Content-Length: 5\r\n",
                                                "Content-Length: 6\r\n",
                                                "Transfer-Encoding: chunked\r\n",
                                                "Host: job\r\n",
                                                "0\r\n\r\n",
                                                "ffffffffffffffff",
                                                "HTTP/1.0",
                                                "\xff"};
    return texts;
}

std::string mutated(std::mt19937_64& random) {
    const auto any = [&random](std::size_t below) { return static_cast<std::size_t>(random() % below); };
    auto text = seeds()[any(seeds().size())];
    for (auto count = any(5); count > 0; --count) {
        const auto at = any(text.size() + 1);
        switch (any(4)) {
            case 0:
                text.insert(at, pieces()[any(pieces().size())]);
                break;
            case 1:
                text.erase(at, any(8));
                break;
            case 2:
                if (at < text.size()) text[at] = static_cast<char>(any(256));
                break;
            default:
                text += seeds()[any(seeds().size())].substr(any(20));
        }
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_arrives_is_read_in_one_way_only) {
    const char* wanted = std::getenv("STANDIN_FUZZ_RUNS");
    std::mt19937_64 random(12);  // NOLINT: the same bytes each time
    for (int run = 0, runs = wanted != nullptr ? std::atoi(wanted) : usual_runs; run < runs; ++run) {
        const auto text = mutated(random);
        BOOST_TEST_CONTEXT("run " << run)
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    }
}
