// A call to make later: object and function, two words, never allocates.
#pragma once

namespace niclab {

class Callback {
 public:
  constexpr Callback() = default;
  constexpr Callback(void (*call)(void*), void* object) : call_(call), object_(object) {}
  /// Callback::to<&Driver::poll>(driver): calls `(driver.*Method)()`.
  template <auto Method, class T>
  static Callback to(T& object) {
    return {[](void* o) { (static_cast<T*>(o)->*Method)(); }, &object};
  }
  void operator()() const { call_(object_); }
  explicit operator bool() const { return call_ != nullptr; }

 private:
  void (*call_)(void*) = nullptr;
  void* object_ = nullptr;
};

}  // namespace niclab
