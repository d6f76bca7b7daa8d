// net-snmp allocates a table of MIB types at every start and never frees it; a coordinator starts it once.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:netsnmp_init_mib_internals\n";
}
