#include "agent/hypervisor/traffic/tcp_segment.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using hypervisor::segmentFrom;

namespace {

/// An Ethernet frame with a TCP segment from 10.77.1.100:40000 to 10.77.1.10:8080.
struct Frame {
    std::vector<std::byte> bytes;

    explicit Frame(std::size_t payload = 0, std::size_t ip_options = 0, std::size_t tcp_options = 0) {
        const std::size_t ip_header = 20 + ip_options;
        const std::size_t tcp_header = 20 + tcp_options;
        bytes.resize(14 + ip_header + tcp_header + payload);
        two(12, 0x0800);
        one(14, static_cast<unsigned>(0x40 | ip_header / 4));
        two(16, static_cast<unsigned>(ip_header + tcp_header + payload));
        one(23, 6);
        four(26, 0x0a4d0164);
        four(30, 0x0a4d010a);
        tcp = 14 + ip_header;
        two(tcp, 40'000);
        two(tcp + 2, 8080);
        four(tcp + 4, 1000);
        four(tcp + 8, 2000);
        one(tcp + 12, static_cast<unsigned>(tcp_header / 4) << 4);
    }
    std::size_t tcp;
    void one(std::size_t at, unsigned value) { bytes[at] = static_cast<std::byte>(value); }
    void two(std::size_t at, unsigned value) {
        one(at, value >> 8);
        one(at + 1, value & 0xff);
    }
    void four(std::size_t at, std::uint32_t value) {
        two(at, value >> 16);
        two(at + 2, value & 0xffff);
    }
    [[nodiscard]] auto read() const {
        return segmentFrom(bytes, bytes.size(), *hypervisor::jobEndpointFrom("10.77.1.10", {8080, 8081}));
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tcp_segment)

BOOST_AUTO_TEST_CASE(a_request_s_segment_is_read_whole) {
    Frame frame(500);
    frame.one(frame.tcp + 13, 0x18);
    const auto segment = frame.read();
    BOOST_REQUIRE(segment);
    BOOST_TEST(segment->from_client);
    BOOST_TEST(segment->client_address == 0x0a4d0164U);
    BOOST_TEST(segment->client_port == 40'000);
    BOOST_TEST(segment->job_port == 8080);
    BOOST_TEST(segment->sequence == 1000U);
    BOOST_TEST(segment->acknowledgement == 2000U);
    BOOST_TEST(segment->payload == 500U);
    BOOST_TEST(segment->ack);
    BOOST_TEST(!segment->syn);
    BOOST_TEST(!segment->fin);
    BOOST_TEST(!segment->rst);
}

BOOST_AUTO_TEST_CASE(an_answer_is_told_by_its_source) {
    Frame frame(1);
    frame.four(26, 0x0a4d010a);
    frame.four(30, 0x0a4d0164);
    frame.two(frame.tcp, 8081);
    frame.two(frame.tcp + 2, 40'000);
    const auto segment = frame.read();
    BOOST_REQUIRE(segment);
    BOOST_TEST(!segment->from_client);
    BOOST_TEST(segment->job_port == 8081);
    BOOST_TEST(segment->client_port == 40'000);
}

BOOST_AUTO_TEST_CASE(options_of_both_headers_are_no_payload) {
    const auto segment = Frame(33, 40, 40).read();
    BOOST_REQUIRE(segment);
    BOOST_TEST(segment->payload == 33U);
}

BOOST_AUTO_TEST_CASE(only_the_beginning_of_a_frame_is_needed) {
    Frame frame(1400, 40, 40);
    const auto length = frame.bytes.size();
    frame.bytes.resize(hypervisor::segment_snap_length);
    const auto segment = segmentFrom(frame.bytes, length, *hypervisor::jobEndpointFrom("10.77.1.10", {8080}));
    BOOST_REQUIRE(segment);
    BOOST_TEST(segment->payload == 1400U);
}

BOOST_AUTO_TEST_CASE(padding_of_a_short_frame_is_no_payload) {
    Frame frame;
    frame.bytes.resize(60);
    BOOST_REQUIRE(frame.read());
    BOOST_TEST(frame.read()->payload == 0U);
}

BOOST_AUTO_TEST_CASE(a_segment_too_long_for_its_length_field_is_measured_on_the_wire) {
    Frame frame;
    frame.two(16, 0);
    const auto segment =
        segmentFrom(frame.bytes, 14 + 40 + 100'000, *hypervisor::jobEndpointFrom("10.77.1.10", {8080}));
    BOOST_REQUIRE(segment);
    BOOST_TEST(segment->payload == 100'000U);
}

BOOST_AUTO_TEST_CASE(what_is_not_the_job_s_is_nothing) {
    Frame other_port;
    other_port.two(other_port.tcp + 2, 22);
    BOOST_TEST(!other_port.read());
    Frame other_address;
    other_address.four(30, 0x0a4d010b);
    BOOST_TEST(!other_address.read());
    Frame udp;
    udp.one(23, 17);
    BOOST_TEST(!udp.read());
    Frame arp;
    arp.two(12, 0x0806);
    BOOST_TEST(!arp.read());
    Frame later_fragment;
    later_fragment.two(20, 0x0010);
    BOOST_TEST(!later_fragment.read());
}

BOOST_AUTO_TEST_CASE(a_frame_cut_anywhere_is_nothing_or_the_segment_but_never_read_beyond) {
    const Frame frame(10, 4, 12);
    const auto job = *hypervisor::jobEndpointFrom("10.77.1.10", {8080});
    for (std::size_t length = 0; length <= frame.bytes.size(); ++length) {
        const std::vector<std::byte> cut(frame.bytes.begin(),
                                         frame.bytes.begin() + static_cast<std::ptrdiff_t>(length));
        const auto segment = segmentFrom(cut, frame.bytes.size(), job);
        BOOST_TEST((!segment || segment->payload == 10U));
    }
}

BOOST_AUTO_TEST_CASE(headers_that_lie_about_their_length_are_nothing) {
    Frame short_ip;
    short_ip.one(14, 0x44);
    BOOST_TEST(!short_ip.read());
    Frame long_ip;
    long_ip.one(14, 0x4f);
    BOOST_TEST(!long_ip.read());
    Frame short_tcp;
    short_tcp.one(short_tcp.tcp + 12, 0x40);
    BOOST_TEST(!short_tcp.read());
    Frame total_below_headers;
    total_below_headers.two(16, 30);
    BOOST_TEST(!total_below_headers.read());
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_refused) {
    BOOST_TEST(!hypervisor::jobEndpointFrom("10.77.1", {8080}).has_value());
    BOOST_TEST(!hypervisor::jobEndpointFrom("fe80::1", {8080}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
