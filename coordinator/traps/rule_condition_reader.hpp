#pragma once

#include <string>
#include <vector>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/traps/trap_rules.hpp"

/// The parts of a rule, each from its own mapping or key; what is wrong is recorded with the reader.
namespace standin::traps {

Oid readOid(base::YamlReader& reader, const std::string& key);
Grade readGrade(base::YamlReader& reader, const std::string& key);
ValueCondition readCondition(base::YamlReader& reader);
PlatformEventCondition readPlatformEvent(base::YamlReader& reader);
/// `numbers` and `remainder` of a rule.
NumberCondition readNumbers(base::YamlReader& reader);
ConditionNaming readConditionNaming(base::YamlReader& reader);

/// An empty list is a slip: it reads as if it took nothing, and takes whatever the other keys take.
void refuseEmpty(base::YamlReader& reader, const std::string& key, bool empty);

/// A list of things that parse themselves.
template <typename Thing>
std::vector<Thing> readAll(base::YamlReader& reader, const std::string& key) {
    std::vector<Thing> things;
    const auto texts = reader.texts(key);
    refuseEmpty(reader, key, texts.empty());
    for (const auto& text : texts) {
        auto thing = Thing::parse(text);
        if (thing) {
            things.push_back(std::move(thing).value());
        } else {
            reader.problem(key, thing.error().message);
        }
    }
    return things;
}

}  // namespace standin::traps
