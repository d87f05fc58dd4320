#include <loopscope/symbols/code_tables_impl.hpp>
#include <loopscope/symbols/symbolize.hpp>
#include <loopscope/symbols/symbolizer.hpp>

#include <utility>

namespace loopscope::symbols {

result<model::symbolized_profile> symbolize(model::raw_cpu_profile const& raw,
                                            file_places const& places, model::name_style style) {
  auto maps = model::parse_maps(raw.maps);
  if (!maps) return maps.error();
  symbolizer names{std::move(*maps),
                   {raw.executable, raw.build_id, places.executable, raw.objects, places.process}};
  code_table_builder tables{names};
  for (std::size_t i = 0; i < raw.stacks.size(); ++i)
    tables.add_stack(raw.stacks[i],
                     raw.stack_ends.empty() ? model::stack_end::whole : raw.stack_ends[i],
                     first_address::interrupted);

  model::symbolized_profile profile;
  profile.period = raw.period;
  profile.start_ns = raw.start_ns;
  profile.end_ns = raw.end_ns;
  profile.start_unix_ns = raw.start_unix_ns;
  profile.labels = raw.labels;
  profile.samples = raw.samples;
  profile.notes = tables.notes(raw.samples);
  tables.move_into(profile, style);
  return profile;
}

}  // namespace loopscope::symbols
