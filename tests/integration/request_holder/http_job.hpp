#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "holder_lab.hpp"

namespace standin::request_holder::test {

/// A request as the job's machine got it.
struct GotRequest {
    std::string line;    ///< the request line
    std::string header;  ///< the lines after it
    std::string body;
};

/// What was read of an answer.
struct GotAnswer {
    int status = 0;
    std::string header;
    std::string body;
};

/// Reads one message with Content-Length or chunks, or without a body; an empty line: the connection has ended.
GotRequest readRequest(const TestSocket& client);
GotAnswer readAnswer(const TestSocket& server, bool with_body = true);
std::string answerOf(const std::string& body, const std::string& more_header = {});

/// The job as an HTTP server on the spare: a thread for each connection, which it keeps. What it got is noted in order.
class HttpJob {
  public:
    /// Answers by itself if `serve` returns an empty text; `serve` may also use the socket and close it.
    using Serve = std::function<std::string(const GotRequest& request, TestSocket& client)>;
    explicit HttpJob(const HolderLab& lab, Serve serve = {});
    ~HttpJob();

    [[nodiscard]] std::vector<std::string> lines();  ///< request lines, in the order in which they were read
    [[nodiscard]] std::size_t connections();         ///< so far

  private:
    void accept();
    void work(TestSocket client);

    Serve serve_;
    int listener_ = -1;
    std::mutex mutex_;
    std::vector<std::string> lines_;
    std::vector<std::thread> threads_;
    std::vector<int> open_;
    std::size_t connections_ = 0;
    std::thread acceptor_;
};

}  // namespace standin::request_holder::test
