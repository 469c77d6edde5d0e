import AxeBuilder from "@axe-core/playwright";
import { randomBytes } from "node:crypto";
import { at, expect, said, test } from "../fixtures";

test.use({ role: "admin" });

test("a file of bookings is shown before it is taken in, and the bad line is named", async ({ page }) => {
  const id = `E2E-${randomBytes(4).toString("hex")}`;
  const day = `2031-${String(1 + randomBytes(1)[0] % 12).padStart(2, "0")}-${String(1 + randomBytes(1)[0] % 28).padStart(2, "0")}`;
  const csv = `booking_id;location;bay;start;end\r\n${id};Northside;1;${day} 18:00;${day} 19:00\r\n${id}-b;Northside;77;${day} 18:00;${day} 19:00\r\n`;
  await page.goto(at("bookings/import"));
  await page.getByLabel("CSV file").setInputFiles({ name: "bookings.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: "See what would change" }).click();
  await expect(page.getByRole("heading", { name: "What would change" })).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "There is no bay called" })).toContainText("3");
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id)).toEqual([]);
  await page.getByRole("button", { name: "Take in 1 change" }).click();
  await expect(said(page)).toContainText("1 new");
  await page.goto(at(`bookings?q=${id}`));
  await page.locator("tbody a").first().click();
  await expect(page.getByText(id, { exact: true })).toBeVisible();
  await expect(page.locator(".timeline")).toContainText("created it");
});

test("a bay is renamed and taken out of use with a reason, then brought back", async ({ page, club }) => {
  const { id } = await club.bay("Old Mill", 3);
  await page.goto(at(`bays/${id}`));
  const name = page.getByLabel("Name");
  const was = await name.inputValue();
  await name.fill(`${was} East`);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${was} East`);
  await page.getByLabel("Why").fill("new carpet");
  await page.getByRole("button", { name: "Take out of use" }).click();
  await expect(page.locator(".pagehead")).toContainText("Out of service");
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id)).toEqual([]);
  await page.getByRole("button", { name: "Back into use" }).click();
  await expect(page.locator(".pagehead")).toContainText("In service");
  await name.fill(was);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(was);
});
