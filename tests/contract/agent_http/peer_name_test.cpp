// What a certificate calls itself comes from outside, byte for byte.
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <string_view>

#include "agent/http/peer.hpp"
#include "agent/http/pem.hpp"
#include "agent/http/roles.hpp"
#include "agent/protocol/json_fields.hpp"

using namespace standin;
using namespace std::string_view_literals;

namespace {

struct Name {
    int type;
    std::string_view bytes;
};

http::PeerName nameOf(const std::vector<Name>& names) {
    http::CertificatePointer certificate(X509_new());
    auto* subject = X509_get_subject_name(certificate.get());
    for (const auto& [type, bytes] : names) {
        BOOST_REQUIRE_MESSAGE(X509_NAME_add_entry_by_NID(subject, NID_commonName, type,
                                                         reinterpret_cast<const unsigned char*>(bytes.data()),
                                                         static_cast<int>(bytes.size()), -1, 0) == 1,
                              "type " << type << ", " << bytes.size() << " bytes");
    }
    return http::nameOf(certificate.get());
}

bool isFitForAJournal(const std::string& text) {
    std::string utf8 = text;
    for (const unsigned char one : text) {
        if (one < 0x20 || one == 0x7f) return false;
    }
    // The JSON of a journal refuses what is not UTF-8.
    return protocol::Json(utf8).dump(-1, ' ', false, protocol::Json::error_handler_t::ignore) ==
           protocol::Json(utf8).dump(-1, ' ', false, protocol::Json::error_handler_t::replace);
}

const auto everybody = http::Roles::ofCoordinator({"operator"}, {"operator", "J\xc3\xb6rg"}, {"operator", "oper?tor"});

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_name)

BOOST_AUTO_TEST_CASE(an_ordinary_name_is_read_as_it_is) {
    const auto name = nameOf({{V_ASN1_UTF8STRING, "operator"}});
    BOOST_TEST(name.usable);
    BOOST_TEST(name.text == "operator");
    BOOST_TEST(everybody->grantsOf(name).may(http::Access::Command));
}

BOOST_AUTO_TEST_CASE(a_latin_1_name_is_the_same_name_in_utf_8) {
    for (const auto& name : {nameOf({{V_ASN1_T61STRING, "J\xf6rg"}}), nameOf({{V_ASN1_UTF8STRING, "J\xc3\xb6rg"}}),
                             nameOf({{V_ASN1_BMPSTRING, "\0J\0\xf6\0r\0g"sv}})}) {
        BOOST_TEST(name.usable);
        BOOST_TEST(name.text == "J\xc3\xb6rg");
        BOOST_TEST(everybody->grantsOf(name).may(http::Access::Command));
    }
}

BOOST_AUTO_TEST_CASE(hostile_names_have_no_role_and_are_fit_to_be_shown) {
    const std::vector<std::vector<Name>> hostile{
        {},
        {{V_ASN1_UTF8STRING, ""}},
        {{V_ASN1_UTF8STRING, "operator\0.evil"sv}},
        {{V_ASN1_UTF8STRING, "operator\0"sv}},
        {{V_ASN1_UTF8STRING, "operator\n"}},
        {{V_ASN1_UTF8STRING, "oper\xff\xfetor"}},
        {{V_ASN1_UTF8STRING, "oper\xc3"}},
        {{V_ASN1_UTF8STRING, "oper\xed\xa0\x80tor"}},
        {{V_ASN1_UTF8STRING, "oper\ntor"}},
        {{V_ASN1_UTF8STRING, "\x1b[2Joperator"}},
        {{V_ASN1_UTF8STRING,
          "operator\xc2\x9b"
          "2J"}},
        {{V_ASN1_UTF8STRING, "operator"}, {V_ASN1_UTF8STRING, "vmhost1"}},
        {{V_ASN1_UTF8STRING, "vmhost1"}, {V_ASN1_UTF8STRING, "operator"}},
    };
    for (const auto& names : hostile) {
        const auto name = nameOf(names);
        BOOST_TEST(!name.usable, name.text);
        BOOST_TEST(everybody->grantsOf(name).none(), name.text);
        BOOST_TEST(isFitForAJournal(name.text), name.text);
        BOOST_TEST(!name.text.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_name_of_any_length_is_shown_in_part) {
    const std::string endless(100'000, 'a');
    const auto name = nameOf({{V_ASN1_UTF8STRING, endless}});
    BOOST_TEST(!name.usable);
    BOOST_TEST(name.text.size() <= 256U);
}

BOOST_AUTO_TEST_SUITE_END()
