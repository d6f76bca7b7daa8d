#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace standin::base {

/// Text from outside (processes, certificates, libraries, guests, file names, HTTP) passes through one of these where
/// it enters, so that everything behind that border holds valid UTF-8 (RFC 3629: no overlong forms, no surrogates,
/// nothing above U+10FFFF).

/// Index of the first byte that is not part of a valid sequence; npos if there is none. NUL is valid.
std::size_t firstInvalidByte(std::string_view text);

/// Each maximal part of an ill-formed sequence becomes one U+FFFD, as Unicode recommends; valid text stays as it is.
std::string validText(std::string_view text);

/// The beginning of the text: at most so many bytes, and never half a code point.
std::string_view beginningOf(std::string_view text, std::size_t most_bytes);
/// The same, for use in a sentence: valid, with "…" in place of what was cut off.
std::string shortened(std::string_view text, std::size_t most_bytes);

/// Bytes of a message from outside; a longer one says nothing more to a person.
inline constexpr std::size_t longest_message = 400;

/// A message: valid, on one line, printable. Line ends and other control characters (C0, DEL, C1, the line and
/// paragraph separators, those that turn the direction of writing) become blanks, a terminal's escape sequences go,
/// blanks at both ends go. Of a longer one the beginning stays.
std::string oneLine(std::string_view text, std::size_t most_bytes = longest_message);
/// As oneLine(), but of a longer one the end stays: what a program says last is why it ended.
std::string lastWords(std::string_view text, std::size_t most_bytes = longest_message);

/// True if the text has no control characters at all: what is an argument or a protocol's line may not hold another
/// one.
bool isOneLine(std::string_view text);

}  // namespace standin::base
