// A FIFO that grows by need and then allocates no more.
#pragma once

#include <cstddef>
#include <vector>

namespace niclab::sim {

template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity = 16) : slots_(capacity) {}  ///< a power of two
  bool empty() const { return head_ == tail_; }
  std::size_t size() const { return tail_ - head_; }
  T& front() { return slots_[head_ & (slots_.size() - 1)]; }
  const T& front() const { return slots_[head_ & (slots_.size() - 1)]; }
  T& back() { return slots_[(tail_ - 1) & (slots_.size() - 1)]; }
  T& operator[](std::size_t i) { return slots_[(head_ + i) & (slots_.size() - 1)]; }
  void push_back(const T& v) {
    if (size() == slots_.size()) grow();
    slots_[tail_++ & (slots_.size() - 1)] = v;
  }
  void pop_front() { ++head_; }
  void clear() { head_ = tail_; }

 private:
  void grow() {
    std::vector<T> larger(slots_.size() * 2);
    for (std::size_t i = 0; i < size(); ++i) larger[i] = (*this)[i];
    tail_ = size();
    head_ = 0;
    slots_ = std::move(larger);
  }
  std::vector<T> slots_;
  std::size_t head_ = 0, tail_ = 0;
};

}  // namespace niclab::sim
