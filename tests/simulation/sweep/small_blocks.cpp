// This program's operator new and delete. A world is made of thousands of small blocks and soon gone, and the same
// blocks are made again for the next: they are kept by size, and nothing else is ever done with them. The C library's
// malloc, which can do more, takes a sixth of an incident's time.
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

constexpr std::size_t granule = 16;        ///< the alignment that operator new has to give
constexpr std::size_t largest = 1024;      ///< what is larger goes to malloc
constexpr std::size_t chunk = 64 * 1024;   ///< is cut into blocks of one size
constexpr std::size_t chunks = 64 * 1024;  ///< addresses for 4 GiB: a world takes some MiB

struct Free {
    Free* next;
};

/// Reserved, not used: pages are there once they are touched, large ones where the system has them.
char* reserve() {
    constexpr std::size_t large_page = 2 * 1024 * 1024;
    void* const region = mmap(nullptr, chunk * chunks + large_page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) std::abort();
    void* begin = region;
    std::size_t size = chunk * chunks + large_page;
    std::align(large_page, chunk * chunks, begin, size);
    madvise(begin, chunk * chunks, MADV_HUGEPAGE);
    return static_cast<char*>(begin);
}

char* begin_of_region = nullptr;  ///< set with the first block

char* region() {
    if (begin_of_region == nullptr) begin_of_region = reserve();
    return begin_of_region;
}

std::atomic<std::size_t> used{0};
std::array<std::uint8_t, chunks> size_of;  ///< of the blocks of each chunk, in granules
thread_local std::array<Free*, largest / granule + 1> free_blocks;

/// A further chunk, all of its blocks free. Returns one.
void* cut(std::size_t granules) {
    const std::size_t number = used.fetch_add(1, std::memory_order_relaxed);
    if (number >= chunks) throw std::bad_alloc();
    size_of[number] = static_cast<std::uint8_t>(granules);
    char* const begin = region() + number * chunk;
    const std::size_t size = granules * granule;
    Free* list = nullptr;
    for (std::size_t at = size; at + size <= chunk; at += size) {
        auto* const block = reinterpret_cast<Free*>(begin + at);
        block->next = list;
        list = block;
    }
    free_blocks[granules] = list;
    return begin;
}

void give(void* block) noexcept {
    const auto offset = static_cast<std::size_t>(static_cast<char*>(block) - region());
    if (offset >= chunk * chunks) return std::free(block);
    Free*& list = free_blocks[size_of[offset / chunk]];
    auto* const freed = static_cast<Free*>(block);
    freed->next = list;
    list = freed;
}

}  // namespace

void* operator new(std::size_t size) {
    const std::size_t granules = size == 0 ? 1 : (size + granule - 1) / granule;
    if (granules > largest / granule) {
        if (void* const block = std::malloc(size)) return block;
        throw std::bad_alloc();
    }
    Free*& list = free_blocks[granules];
    if (list == nullptr) return cut(granules);
    void* const block = list;
    list = list->next;
    return block;
}

void* operator new[](std::size_t size) {
    return operator new(size);
}
void operator delete(void* block) noexcept {
    if (block != nullptr) give(block);
}
void operator delete[](void* block) noexcept {
    operator delete(block);
}
void operator delete(void* block, std::size_t) noexcept {
    operator delete(block);
}
void operator delete[](void* block, std::size_t) noexcept {
    operator delete(block);
}
