#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace standin::base {

/// Text from outside (processes, certificates, libraries, guests, file names, HTTP) is passed through one of these
/// functions where it enters, so that all text inside is valid UTF-8 (RFC 3629: no overlong forms, no surrogates,
/// nothing above U+10FFFF).

/// Index of the first byte that is not part of a valid sequence; npos if there is none. NUL is valid.
std::size_t firstInvalidByte(std::string_view text);

/// Each maximal part of an ill-formed sequence becomes one U+FFFD, as Unicode recommends; valid text stays as it is.
std::string validText(std::string_view text);

/// The beginning of the text: at most so many bytes, and never a part of a code point.
std::string_view beginningOf(std::string_view text, std::size_t most_bytes);
/// As beginningOf(), for use in a sentence: valid, and with "…" in place of the omitted part.
std::string shortened(std::string_view text, std::size_t most_bytes);

/// Limit for messages from outside; longer ones do not help a reader.
inline constexpr std::size_t longest_message = 400;

/// Converts text to a message: valid, on one line, printable. Line ends and other control characters (C0, DEL, C1, the
/// line and paragraph separators, those that change the writing direction) become blanks; terminal escape sequences and
/// leading and trailing blanks are removed. A longer text is cut at its end.
std::string oneLine(std::string_view text, std::size_t most_bytes = longest_message);
/// As oneLine(), but a longer text is cut at its beginning: a program's last output says why it ended.
std::string lastWords(std::string_view text, std::size_t most_bytes = longest_message);

/// True if the text has no control characters: an argument or a line of a protocol must not contain a second line.
bool isOneLine(std::string_view text);

}  // namespace standin::base
