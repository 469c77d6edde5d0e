// A club that has four weeks behind it: what its pages show of what it learned, on every screen.
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { check } from "../axe";
import { at, expect, said, test as base } from "../fixtures";
import { serve, type Serving } from "../server";

const test = base.extend<object, { past: Serving }>({
  past: [async ({}, use) => {
    const past = await serve("--history", "28");
    await use(past);
    await past.stop();
  }, { scope: "worker", timeout: 360_000 }],
  baseURL: async ({ past }, use) => use(past.origin),
  storageState: async ({ past }, use) => use(join(past.dir, "owner.json")),
});

test.describe.configure({ mode: "serial" }); // one club for all of them

/** Keeps what a page looks like, where somebody asked for it. */
async function picture(page: Page, name: string): Promise<void> {
  const dir = process.env.CLUBOS_E2E_PICTURES;
  if (dir) await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true });
}

/** The first pattern of a list. */
async function open(page: Page, query: string): Promise<void> {
  await page.goto(at(`memory?${query}`));
  await page.locator("tbody a.main-link").first().click();
  await expect(page.getByRole("heading", { name: "What it may do" })).toBeVisible();
}

const pages: [string, (page: Page) => Promise<void>][] = [
  ["memory", async (page) => {
    await page.goto(at("memory"));
    await expect(page.locator("tbody tr").nth(5)).toBeVisible();
  }],
  ["pattern-learned", (page) => open(page, "kind=learned&mode=learning")],
  ["pattern-sop", (page) => open(page, "kind=sop&q=Refund")],
  ["impact", async (page) => {
    await open(page, "kind=sop&q=Opening");
    await page.getByRole("button", { name: "What would it change?" }).click();
    await expect(page.locator("[data-impact]")).toContainText("would have gone otherwise");
  }],
  ["autonomy", async (page) => {
    await page.goto(at("autonomy"));
    await expect(page.getByText("in the last month:").first()).toBeVisible();
  }],
  ["reviews", async (page) => void (await page.goto(at("reviews")))],
  ["results", async (page) => {
    await page.goto(at("results"));
    await expect(page.locator("[data-would]")).toContainText("Would have executed");
  }],
  ["sops", async (page) => void (await page.goto(at("sops")))],
  ["sop-effect", async (page) => {
    await page.goto(at("sops"));
    await page.locator("tbody a").first().click();
    await expect(page.getByRole("heading", { name: "Versions" })).toBeVisible();
  }],
];

// The colours of a scheme are the same at any width: each is looked at once, and so is each width.
for (const [width, colorScheme] of [[390, "dark"], [1440, "light"]] as const) {
  test(`the pages of the memory are accessible at ${width} pixels in ${colorScheme} colours`, async ({ page }) => {
    test.setTimeout(360_000); // nine pages, each looked at whole
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const [name, show] of pages) {
      await test.step(name, async () => {
        await show(page);
        await check(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${name} scrolls sideways`).toBeLessThanOrEqual(0);
        await picture(page, `${name}-${width}-${colorScheme}`);
      });
    }
  });
}

test("the list is narrowed by what patterns are about, their place, their mode and their words", async ({ page }) => {
  await page.goto(at("memory"));
  const rows = page.locator("tbody tr");
  const all = await rows.count();
  await page.getByLabel("Kind").selectOption({ label: "Learned" });
  await expect(page).toHaveURL(/kind=learned/);
  expect(await rows.count()).toBeLessThan(all);
  await page.goto(at("memory"));
  await page.getByLabel("Mode").selectOption({ label: "Quarantine" });
  await expect(page).toHaveURL(/mode=quarantine/);
  for (const badge of await page.locator("td[data-label=Mode]").allTextContents()) expect(badge.trim()).toBe("Quarantine");
  await page.goto(at("memory"));
  await page.getByLabel("Place").selectOption({ label: "Harbour" });
  await expect(page).toHaveURL(/place=loc_/);
  await expect(rows.first()).toBeVisible();
  await page.goto(at("memory"));
  await page.getByLabel("About").selectOption({ label: "Bookings" });
  await expect(page).toHaveURL(/domain=booking/);
  await page.goto(at("memory?q=zzzz"));
  await expect(page.getByText("No pattern fits")).toBeVisible();
});

test("the chart of what the record proves says the same as a table", async ({ page }) => {
  await open(page, "kind=sop&q=Opening");
  const chart = page.getByRole("img", { name: /the record proves/ });
  await expect(chart).toBeVisible();
  const dots = await chart.locator("circle").count();
  await page.locator("summary", { hasText: "The same as a table" }).click();
  await expect(page.locator("details table tbody tr")).toHaveCount(dots);
});

test("a change is made after its effect was seen, a stop at once", async ({ page }) => {
  await open(page, "kind=sop&mode=suggest");
  await page.getByLabel("At most, whatever it earns").selectOption({ label: "Calls a person" });
  await page.getByRole("button", { name: "Set the limit…" }).click();
  await expect(page.getByRole("heading", { name: "Set this limit?" })).toBeVisible();
  await expect(page.locator("[data-impact]")).toContainText("would have gone otherwise");
  await page.getByRole("link", { name: "Leave it" }).click();
  await expect(page.getByLabel("At most, whatever it earns")).toHaveValue("auto");
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(said(page)).toContainText("Paused");
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("heading", { name: "Resume this pattern?" })).toBeVisible();
  await page.getByRole("button", { name: "Resume it" }).click();
  await expect(said(page)).toContainText("Resumed");

  await page.goto(at("autonomy"));
  const devices = page.locator("li", { hasText: "Nothing is restarted or switched." });
  await devices.getByRole("button", { name: /Which ones/ }).click();
  await expect(page.getByRole("heading", { name: "Stop Devices?" })).toBeVisible();
  await page.getByRole("link", { name: "Leave it" }).click();
  await devices.getByRole("button", { name: /^Stop/ }).click();
  await expect(said(page)).toContainText("Stopped");
  await devices.getByRole("button", { name: /Let it run/ }).click();
  await expect(said(page)).toContainText("runs again");
});

test("a location is switched off and on, and every page says so meanwhile", async ({ page }) => {
  await page.goto(at("autonomy"));
  const locations = page.locator("section").filter({ has: page.getByRole("heading", { name: "Locations" }) });
  const harbour = locations.locator("li").filter({ hasText: "Harbour" });
  await expect(harbour).toContainText("It would have stopped, in the last month:");
  await harbour.getByRole("button", { name: /Which ones/ }).click();
  await expect(page.getByRole("heading", { name: "Stop Harbour?" })).toBeVisible();
  await expect(page.locator("[data-impact]")).toContainText("would have gone otherwise");
  await check(page);
  await page.getByRole("button", { name: "Stop it", exact: true }).click();
  await expect(said(page)).toContainText("Stopped");
  for (const seen of ["after the press", "after a reload"]) {
    await test.step(seen, async () => {
      await expect(harbour.locator(".badge")).toHaveText("Stopped");
      await expect(locations.locator(".badge")).toHaveCount(1); // the others run on
    });
    await page.reload();
  }
  await page.goto(at("inbox"));
  await expect(page.locator("body")).toContainText("Switched off: location:harbour");

  await page.goto(at("autonomy"));
  await harbour.getByRole("button", { name: /Let it run/ }).click();
  await expect(said(page)).toContainText("runs again");
  for (const seen of ["after the press", "after a reload"]) {
    await test.step(seen, async () => {
      await expect(harbour.getByRole("button", { name: /^Stop/ })).toBeVisible();
      await expect(harbour.locator(".badge")).toHaveCount(0);
    });
    await page.reload();
  }
});

test("what acting unasked would have done is seen before it is allowed", async ({ page }) => {
  await page.goto(at("autonomy"));
  await page.getByLabel("Act unasked").check();
  await page.getByLabel("Devices").first().check();
  await page.getByLabel("Words").check();
  await page.getByLabel("Everywhere").check();
  await page.getByRole("button", { name: "Save…" }).click();
  await expect(page.locator("[data-impact]")).toContainText("would have done more unasked");
  await check(page);
  await picture(page, "impact-permits");
  await page.getByRole("link", { name: "Leave it" }).click();
  await expect(page.getByLabel("Act unasked")).not.toBeChecked();
});
