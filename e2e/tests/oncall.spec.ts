import type { Page } from "@playwright/test";
import { check } from "../axe";
import { at, expect, said, test } from "../fixtures";

test.use({ role: "admin" });

const place = (page: Page, name: string) => page.locator("section.card").filter({ has: page.getByRole("heading", { level: 2, name, exact: true }) });

test("who is on call is shown for each place, and a shift that is added is in the week", async ({ page, isMobile }) => {
  // The two projects share a club: each has a place of its own.
  const where = isMobile ? "Old Mill" : "Harbour";
  await page.goto(at("oncall"));
  await expect(place(page, where)).toContainText(/(Opal|Oscar) Operator.* on call/);
  await page.locator("#shift-user").selectOption({ label: "Adam Admin" });
  await page.locator("#shift-location").selectOption({ label: where });
  for (const day of ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]) await page.getByLabel(day, { exact: true }).check();
  await page.locator("#shift-from").fill("00:00");
  await page.locator("#shift-until").fill("00:00");
  await page.getByRole("button", { name: "Add shift" }).click();
  await expect(said(page)).not.toBeEmpty();
  await expect(place(page, where).locator("header")).toContainText("Adam Admin");
  await expect(place(page, where).locator("li.now")).toContainText(["Adam Admin"]);
  await check(page);
  await page.getByRole("button", { name: /^Remove the shift of Adam Admin/ }).filter({ visible: true }).first().click();
  await expect(place(page, where).locator("header")).not.toContainText("Adam Admin");
});

test("a shift without a day is refused with what to do, and what was typed stays", async ({ page, guard }) => {
  guard.allow(/status of 400/);
  await page.goto(at("oncall"));
  await page.locator("#shift-from").fill("20:00");
  await page.locator("#shift-until").fill("23:00");
  await page.getByRole("button", { name: "Add shift" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.locator("#shift-from")).toHaveValue("20:00");
  await check(page);
});

test("somebody who may not change shifts sees who is on call", async ({ as }) => {
  const page = await as("viewer");
  await page.goto(at("oncall"));
  await expect(place(page, "Northside").locator("header")).toContainText("on call");
  await expect(page.getByRole("button", { name: "Add shift" })).toHaveCount(0);
});
