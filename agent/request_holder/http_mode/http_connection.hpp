#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/request_holder/data_path/held.hpp"
#include "agent/request_holder/http_mode/http_reader.hpp"

namespace standin::request_holder::http_mode {

class HttpConnections;

// How it works, and why so.
//
// In `http` mode the unit is the request. A client's connection stays while machines come and go behind it: it is held
// between two requests, and the connection to the machine is made anew when the next request is handed on.
//
// A request gets its place in the order when it is complete, and only for as long as its client is there: what has
// been sent by halves or was left by its client is never in anybody's way and never processed. Two exceptions: a body
// that does not fit into what a connection may hold takes its place with what fits, and a client that waits for `100
// Continue` takes it with its header, because it has done all that it may.
//
// One request at a time is taken from a connection. What a client sends ahead (pipelining) stays unread until the
// answer before it is complete, so answers cannot be mixed up.
//
// The bytes of requests and answers are passed on as they came. The holder speaks itself only where no machine can:
// 400, 408, 413, 431 (the request is refused), 502 (sent, and the machine was lost before its answer), 503 (not sent,
// may be repeated) and 504. Only a request whose method is safe (GET, HEAD, OPTIONS) is sent a second time, and only if
// nothing of its answer has come; it goes back to its place.

/// One client's connection on a port in `http` mode.
class HttpConnection final : public Held, public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(HttpConnections& owner, TcpSocketPtr client, std::uint16_t to);
    ~HttpConnection() override;

    void start();

    [[nodiscard]] bool connected() const override;
    [[nodiscard]] bool whole() const override { return true; }
    int handOn(TcpSocketPtr job, std::function<void(Progress)> tell) override;
    void endUnprocessed() override;

    /// Answers without a machine and closes. Precondition: it has no place and no answer was begun.
    void answerItself(int status, std::string_view reason);
    void checkTime(SteadyTime now);  ///< ends what takes too long
    void machineChanges();           ///< the connection to the machine is used no more than for the answer under way
    void suspectJob();               ///< asks soon whether the machine still knows the connection
    void abort();                    ///< visibly, whatever is under way

    [[nodiscard]] bool answering() const { return phase_ == Phase::Answering; }
    [[nodiscard]] bool waits() const { return phase_ == Phase::Held; }
    [[nodiscard]] bool hasJob() const { return job_ != nullptr; }

  private:
    enum class Phase { Reading, Held, Answering, Closing, Closed };
    struct Exchange;

    void waitClient();
    void readClient();
    void drainClient();
    void clientEnded();
    void clientLost();
    void watchForReset();
    [[nodiscard]] std::size_t roomInInbox() const;
    void readRequest();
    void requestRefused();
    void takePlace();
    void giveUp();

    void setJob(TcpSocketPtr job);
    void dropJob(bool visibly);
    void pumpRequest();
    void waitJob();
    void waitJobWritable();
    void readJob();
    void jobEnded();
    void jobLost();
    void takeAnswer(std::string_view bytes);
    bool answerHead(std::string_view header, std::string& changed);
    void becomeTunnel(std::string_view rest);
    void finishAnswer();
    bool mayGoAgain() const;

    void toClient(std::string_view bytes);
    void waitClientWritable();
    void flushed();
    void tell(Progress progress);
    void closeGently();
    void close();
    void deadlineIn(Milliseconds wait);

    HttpConnections& owner_;
    TcpSocketPtr client_;
    TcpSocketPtr job_;
    std::string inbox_;       // from the client: the request under way, what is not read yet behind it
    std::size_t parsed_ = 0;  // of the inbox: belongs to the request under way
    std::size_t sent_ = 0;    // of that: to the machine
    std::string outbox_;      // for the client, not yet taken by it
    std::unique_ptr<Exchange> exchange_;
    SteadyTime deadline_{};
    std::uint64_t machine_ = 0;     // which one job_ leads to
    std::uint64_t job_serial_ = 0;  // of job_: events of an earlier one are ignored
    Phase phase_ = Phase::Reading;
    bool client_ended_ = false;
    bool client_waiting_ = false;
    bool client_writing_ = false;
    bool watched_ = false;
    bool job_waiting_ = false;
    bool job_writing_ = false;
};

}  // namespace standin::request_holder::http_mode
