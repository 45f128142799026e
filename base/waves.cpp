#include "base/waves.hpp"

#include <bit>
#include <string>
#include <vector>

namespace niclab {

WaveEnum WaveSink::enumeration(std::string_view type, std::span<const std::string_view> names) {
  const auto bits = static_cast<unsigned>(std::bit_width(names.size() - 1));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string text;
    for (unsigned b = bits; b-- > 0;) text += (i >> b & 1) != 0 ? '1' : '0';
    texts.push_back(std::move(text));
  }
  const std::vector<std::string_view> values(texts.begin(), texts.end());
  return enumeration(type, names, values);
}

}  // namespace niclab
