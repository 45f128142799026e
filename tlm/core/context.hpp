// A stackful coroutine that is never unwound: at the end of a run, suspended software simply stops.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstddef>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace niclab::sim {

class Context {
 public:
  Context() = default;  ///< the caller's own stack (the main context)
  explicit Context(std::size_t stack_bytes) : allocator_(stack_bytes), stack_(allocator_.allocate()) {
#ifdef __SANITIZE_ADDRESS__
    // The memory may have been the stack of one that was never unwound: its frames' red zones are still
    // marked.
    __asan_unpoison_memory_region(static_cast<char*>(stack_.sp) - stack_.size, stack_.size);
#endif
  }
  ~Context() {
    if (stack_.sp != nullptr) allocator_.deallocate(stack_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// Prepares the coroutine: its first resumption calls entry(argument), which must never return.
  void start(void (*entry)(void*), void* argument) {
    entry_ = entry;
    argument_ = argument;
    context_ = boost::context::detail::make_fcontext(stack_.sp, stack_.size, &Context::first);
  }

  /// Leaves `from`, continues `to`; returns when somebody transfers back to `from`.
  static void transfer(Context& from, Context& to) {
    Hop hop{&from, &to};
    arrive(boost::context::detail::jump_fcontext(to.context_, &hop));
  }

 private:
  struct Hop {
    Context* from;
    Context* to;
  };
  // The one who jumps here passes itself; remember where it can be continued.
  static Context* arrive(boost::context::detail::transfer_t t) {
    const Hop hop = *static_cast<Hop*>(t.data);
    hop.from->context_ = t.fctx;
    return hop.to;
  }
  static void first(boost::context::detail::transfer_t t) {
    Context* self = arrive(t);
    self->entry_(self->argument_);
    __builtin_unreachable();
  }

  boost::context::protected_fixedsize_stack allocator_;
  boost::context::stack_context stack_{};
  boost::context::detail::fcontext_t context_ = nullptr;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace niclab::sim
