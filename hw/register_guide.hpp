// What a reader of the register map wants besides its rows: the fields of a register, and where the fact base
// describes it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "hw/registers.hpp"

namespace niclab::hw::reg {

/// A field by the name register_fields.hpp gives it.
struct NamedField {
  std::string_view name;
  std::uint32_t mask;

  constexpr NamedField(std::string_view field_name, std::uint32_t bits) : name(field_name), mask(bits) {}
  constexpr NamedField(std::string_view field_name, Field field) : name(field_name), mask(field.mask()) {}
  std::string bits() const;  ///< "26", or "9:8"
};

/// The fields of a register that someone in this model reads or sets, lowest first; registers that share a
/// layout share their fields. Empty for plain values and for registers nobody looks into.
std::span<const NamedField> fields(const Register& r);

/// The section of the fact base on a register: "2.6.6".
std::string_view section(const Register& r);

}  // namespace niclab::hw::reg
