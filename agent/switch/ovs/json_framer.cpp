#include "agent/switch/ovs/json_framer.hpp"

namespace standin::lan_switch {

std::optional<std::string> JsonFramer::next() {
    if (depth_ == 0 && scanned_ == 0) {
        buffer_.erase(0, buffer_.find_first_not_of(" \t\r\n"));
        if (!buffer_.empty() && buffer_.front() != '{') broken_ = true;
    }
    for (; !broken_ && scanned_ < buffer_.size(); ++scanned_) {
        const char c = buffer_[scanned_];
        if (in_string_) {
            if (escaped_) {
                escaped_ = false;
            } else if (c == '\\') {
                escaped_ = true;
            } else if (c == '"') {
                in_string_ = false;
            }
        } else if (c == '"') {
            in_string_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if ((c == '}' || c == ']') && --depth_ == 0) {
            std::string message = buffer_.substr(0, scanned_ + 1);
            buffer_.erase(0, scanned_ + 1);
            scanned_ = 0;
            return message;
        }
    }
    if (buffer_.size() > limit_bytes_) broken_ = true;
    return std::nullopt;
}

}  // namespace standin::lan_switch
