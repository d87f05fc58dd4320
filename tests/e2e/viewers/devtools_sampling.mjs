// Opens a .heapprofile in the Memory panel of DevTools: its functions, heaviest first.
//
// usage: devtools_sampling.mjs CHROMIUM PROFILE SCREENSHOT
// Prints {rows}: name, place, and own and total size in bytes, as exact as shown.

import { main } from './browser.mjs';
import { load, openPanel, settledRows, show } from './memory_panel.mjs';

main(async (page, profile, screenshot) => {
  await openPanel(page);
  await load(page, profile);
  await show(page, 'Profile view mode', 'Heavy (bottom up)', 'Self size');
  const all = await settledRows(page, 0, 'the profile has rows');
  await page.screenshot({ path: screenshot });
  return {
    rows: all.map(({ cells }) => {
      const [name, place = ''] = cells.Function.split('\n');
      return { name, place, self: cells['Self size'], total: cells['Total size'] };
    }),
  };
});
