#include "coordinator/domain/machine_uuid.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::domain;

BOOST_AUTO_TEST_SUITE(machine_uuid)

BOOST_AUTO_TEST_CASE(a_uuid_is_read_in_either_case_with_or_without_braces) {
    const std::string canonical = "4c4c4544-0031-3010-8056-b4c04f4d3232";
    BOOST_TEST(canonicalUuid("4C4C4544-0031-3010-8056-B4C04F4D3232") == canonical);
    BOOST_TEST(canonicalUuid("{4c4c4544-0031-3010-8056-b4c04f4d3232}") == canonical);
    for (const char* none :
         {"", "4c4c4544", "4c4c4544-0031-3010-8056-b4c04f4d323", "{4c4c4544-0031-3010-8056-b4c04f4d3232",
          "4c4c4544-0031-3010-8056-b4c04f4d323g", "4c4c4544003130108056b4c04f4d3232----"})
        BOOST_TEST(canonicalUuid(none).empty(), none);
}

BOOST_AUTO_TEST_CASE(nil_and_all_ones_name_no_machine) {
    BOOST_TEST(isUnsetUuid("00000000-0000-0000-0000-000000000000"));
    BOOST_TEST(isUnsetUuid("ffffffff-ffff-ffff-ffff-ffffffffffff"));
    BOOST_TEST(!isUnsetUuid("ffffffff-ffff-ffff-ffff-fffffffffff0"));
}

BOOST_AUTO_TEST_CASE(a_uuid_is_the_same_in_every_order_in_which_bmcs_write_it_and_another_is_not) {
    const std::string declared = "00112233-4455-6677-8899-aabbccddeeff";
    for (const char* reported : {"00112233-4455-6677-8899-aabbccddeeff",     // RFC 4122
                                 "33221100-5544-7766-8899-aabbccddeeff",     // SMBIOS
                                 "ffeeddcc-bbaa-9988-7766-554433221100",     // IPMI
                                 "ffeeddcc-bbaa-9988-6677-445500112233"}) {  // IPMI, of SMBIOS' order
        BOOST_TEST(isSameUuid(declared, reported), reported);
    }
    BOOST_TEST(!isSameUuid(declared, "00112233-4455-6677-8899-aabbccddeefe"));
    BOOST_TEST(!isSameUuid(declared, "33221100-4455-6677-8899-aabbccddeeff"));
}

BOOST_AUTO_TEST_SUITE_END()
