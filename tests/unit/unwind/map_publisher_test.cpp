#include "support/catch.hpp"

#include <loopscope/unwind/map_publisher.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>

using namespace loopscope;
using unwind::held_map;

TEST_CASE("A map knows the code of this process", "[unwind]") {
  auto const map = unwind::unwind_map::make(nullptr);
  auto const address = reinterpret_cast<std::uintptr_t>(&std::qsort);
  int const local = 0;

  auto const* const object = map->object_at(address);
  REQUIRE(object);
  CHECK(object->text.holds(address));
  CHECK(object->table->counts().functions > 0);
  CHECK_FALSE(map->object_at(reinterpret_cast<std::uintptr_t>(&local)));
  CHECK_FALSE(map->object_at(0));
  CHECK_FALSE(map->object_at(UINTPTR_MAX));
}

TEST_CASE("A map takes over the tables of objects that are still there", "[unwind]") {
  auto const first = unwind::unwind_map::make(nullptr);
  auto const second = unwind::unwind_map::make(first.get());

  REQUIRE(second->objects().size() == first->objects().size());
  for (std::size_t i = 0; i < first->objects().size(); ++i)
    CHECK(first->objects()[i].table == second->objects()[i].table);
}

TEST_CASE("A map is published once", "[unwind]") {
  unwind::map_publisher maps;
  unwind::map_reader reader;
  maps.add(reader);
  CHECK_FALSE(held_map(maps, reader).get());

  CHECK(maps.refresh());
  CHECK_FALSE(maps.refresh());
  CHECK(held_map(maps, reader).get() == maps.current());
  maps.remove(reader);
}

TEST_CASE("A map that a handler holds is not freed", "[unwind]") {
  unwind::map_publisher maps;
  unwind::map_reader reader;
  maps.add(reader);
  maps.refresh();
  std::optional<held_map> held;
  held.emplace(maps, reader);
  auto const* const old = held->get();

  CHECK(maps.refresh(true));
  CHECK(maps.current() != old);
  CHECK(maps.reclaim() == 1);
  CHECK_FALSE(old->objects().empty());
  held.reset();
  CHECK(maps.reclaim() == 0);
  maps.remove(reader);
}
