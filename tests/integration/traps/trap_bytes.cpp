#include "trap_bytes.hpp"

namespace standin::traps::testing {

namespace {

std::string element(unsigned char tag, const std::string& content) {
    std::string length;
    if (content.size() < 0x80) {
        length = static_cast<char>(content.size());
    } else {
        length = {static_cast<char>(0x82), static_cast<char>(content.size() >> 8),
                  static_cast<char>(content.size() & 0xff)};
    }
    return static_cast<char>(tag) + length + content;
}

std::string number(unsigned char tag, std::uint32_t value) {
    std::string bytes{'\0'};  // never negative
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    while (bytes.size() > 1 && bytes[0] == 0 && (bytes[1] & 0x80) == 0) bytes.erase(0, 1);
    return element(tag, bytes);
}

std::string oid(const std::vector<std::uint32_t>& numbers) {
    std::string bytes{static_cast<char>(numbers[0] * 40 + numbers[1])};
    for (std::size_t i = 2; i < numbers.size(); ++i) {
        std::string part;
        for (std::uint32_t rest = numbers[i]; part.empty() || rest != 0; rest >>= 7) {
            part.insert(part.begin(), static_cast<char>((rest & 0x7f) | (part.empty() ? 0 : 0x80)));
        }
        bytes += part;
    }
    return element(0x06, bytes);
}

}  // namespace

std::string encode(const TrapText& text) {
    std::string varbinds = element(0x30, oid({1, 3, 6, 1, 2, 1, 1, 3, 0}) + number(0x43, text.uptime)) +
                           element(0x30, oid({1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}) + oid(text.trap_oid));
    for (const auto& [name, value] : text.octets) varbinds += element(0x30, oid(name) + element(0x04, value));
    const std::string pdu =
        element(0xa7, number(0x02, text.request_id) + number(0x02, 0) + number(0x02, 0) + element(0x30, varbinds));
    return element(0x30, number(0x02, 1) + element(0x04, text.community) + pdu);
}

}  // namespace standin::traps::testing
