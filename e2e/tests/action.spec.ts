// Doors and bays rest for a while after an action: each test here has a door or a bay of its own, and
// the one without scripts has Northside's door.
import { expect, openProposal, openThread, said, test } from "../fixtures";

const context = "#context";

test("an approved restart is shown as done only after it was looked at again", async ({ page, club }) => {
  test.slow(); // the bay's computer takes its time
  const m = await club.booker("Northside", 1);
  const id = await openProposal(page, club, m, "my screen is frozen");
  await expect(page.locator("[data-proposal] .acts")).toContainText("Restart TrackMan");
  expect(await club.executions(id)).toEqual([]);
  await page.locator("[data-proposal]").getByRole("button", { name: "Approve" }).first().click();
  const row = page.locator(`${context} li`).filter({ hasText: "Restart TrackMan" }).filter({ has: page.locator("small") });
  await expect(row).toBeVisible({ timeout: 20_000 });
  await expect(row).not.toContainText("Verified");
  await expect.poll(async () => (await club.executions(id))[0]?.outcome, { timeout: 40_000 }).toBe("success");
  await expect(row).toContainText("Verified");
  await expect(page.locator("[data-message][data-author=machine]").last()).toContainText("running again");
});

test("the door opens for who booked, after a second press", async ({ page, club }) => {
  const m = await club.booker("Harbour", 2);
  await club.text(m, "I parked near the pier and have a question about my glove", "Harbour");
  const id = await openThread(page, club, m);
  const unlock = page.locator(`${context} details.confirm`).filter({ hasText: "Unlock the door" });
  await unlock.locator("summary").click();
  expect(await club.executions(id)).toEqual([]);
  await unlock.getByRole("button", { name: "Yes, unlock the door" }).click();
  await expect(said(page)).toContainText("under way");
  await expect.poll(async () => (await club.executions(id))[0]?.outcome, { timeout: 20_000 }).toBe("success");
  const row = page.locator(`${context} li.tall`).filter({ hasText: "Unlock the door" });
  await expect(row).toContainText("Verified");
  await expect(row).toContainText("Opal");
});

test("the door stays shut for who has not booked, and the page says why", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "a question about a glove I lost at the gate", "Northside");
  const id = await openThread(page, club, m);
  const unlock = page.locator(`${context} details.confirm`).filter({ hasText: "Unlock the door" });
  await unlock.locator("summary").click();
  await unlock.getByRole("button", { name: "Yes, unlock the door" }).click();
  await expect(said(page)).toHaveAttribute("data-tone", "warn");
  await expect(said(page)).toContainText(/^\s*Refused: .*book/i);
  expect((await club.executions(id)).filter((x) => x.outcome !== "refused")).toEqual([]);
});

test("an action without a known bay cannot be pressed, and the page says why", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "does anybody know who won on sunday");
  await openThread(page, club, m);
  await expect(page.locator(context).getByRole("button", { name: "Restart TrackMan" })).toBeDisabled();
  await expect(page.locator(context)).toContainText("The bay is not known.");
});

test("the same form sent twice acts once", async ({ page, club }) => {
  const m = await club.booker("Harbour", 3);
  await club.text(m, "a thought on the colour of the curtains", "Harbour");
  const id = await openThread(page, club, m);
  const form = page.locator(`${context} form`).filter({ has: page.locator('input[name=action][value=reset_audio]') });
  await expect(form.getByRole("button")).toBeVisible(); // once the bay is known
  const fields: Record<string, string> = {};
  for (const i of await form.locator("input").all()) fields[(await i.getAttribute("name")) ?? ""] = await i.inputValue();
  for (let i = 0; i < 2; i++) {
    const res = await page.request.post((await form.getAttribute("action")) ?? "", { form: fields, headers: { Origin: new URL(page.url()).origin } });
    expect(res.status()).toBe(200);
  }
  await expect.poll(async () => (await club.executions(id))[0]?.outcome, { timeout: 20_000 }).toBe("success");
  expect(await club.executions(id)).toHaveLength(1);
});
