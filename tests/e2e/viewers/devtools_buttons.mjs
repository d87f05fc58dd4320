// What the buttons of DevTools' Performance panel are called.
//
// usage: devtools_buttons.mjs CHROMIUM PROFILE SCREENSHOT
// Prints {buttons}: their labels. The profile is not opened.

import { main, until } from './browser.mjs';

const panel = 'devtools://devtools/bundled/js_app.html?panel=timeline';

/** Inside shadow roots too; evaluated in the page. */
function labels() {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) walk(element.shadowRoot);
      if (element.tagName === 'BUTTON' && element.offsetParent && element.ariaLabel)
        found.push(element.ariaLabel);
    }
  };
  walk(document);
  return found;
}

main(async (page, _profile, screenshot) => {
  await page.goto(panel);
  const buttons = await until(async () => {
    const all = await page.evaluate(`(${labels})()`);
    return all.some((label) => label.startsWith('Record')) && all;
  }, 'the panel has its buttons');
  await page.screenshot({ path: screenshot });
  return { buttons };
});
