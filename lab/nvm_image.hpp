// NVM image files, read: TOML text (its keys: docs/nvm.md), or the bytes of the part.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "hw/nvm.hpp"

namespace niclab::lab {

/// The image that TOML text describes. `source` names it in errors. Throws UserError naming line and field.
hw::Nvm nvm_from_toml(std::string_view text, const std::string& source);

/// An image file: TOML if its name ends in .toml, else bytes. Throws UserError.
hw::Nvm read_nvm_image(const std::filesystem::path& file);

}  // namespace niclab::lab
