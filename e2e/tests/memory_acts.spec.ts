// What an admin does with what people taught: every act is asked about first, with what it would have
// done, and holds from then on.
import type { Page } from "@playwright/test";
import type { Lesson } from "../club";
import { at, expect, said, test } from "../fixtures";

test.use({ role: "admin" });

const open = async (page: Page, l: Lesson | string) => {
  await page.goto(at(`memory/${typeof l === "string" ? l : l.id}`));
  await expect(page.getByRole("heading", { name: "What it may do" })).toBeVisible();
};

/** A part of the page, by its heading. */
const part = (page: Page, heading: string) => page.locator("section").filter({ has: page.getByRole("heading", { name: heading, exact: true }) });
const situations = (page: Page) => part(page, "Situations").locator("bdi");
const badge = (page: Page) => page.locator(".pagehead .badge").first();

/** Opens the form behind one of the page's acts. */
async function unfold(page: Page, act: string) {
  const form = page.locator("details.confirm").filter({ has: page.locator("summary", { hasText: act }) });
  await form.locator("summary").click();
  return form;
}

/** Checks that an act is asked about first, with what it would have done to the last month, and does it. */
async function sure(page: Page, heading: string, yes: string): Promise<void> {
  await asked(page, heading);
  await page.getByRole("button", { name: yes, exact: true }).click();
}

async function asked(page: Page, heading: string): Promise<void> {
  await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
  await expect(page.locator("[data-impact]")).toContainText("What it would have done to the last 30 days");
  await expect(page.locator("[data-impact]")).toContainText(/in the last 30 days/);
}

/** What a question says of the evidence behind a pattern. */
const evidence = (page: Page, title: string) => part(page, "What becomes of its evidence").locator("li").filter({ hasText: title });

/** Checks something now and after a reload: it is stored, not only shown. */
async function lasts(page: Page, check: () => Promise<void>): Promise<void> {
  await check();
  await page.reload();
  await expect(said(page)).toHaveCount(0);
  await check();
}

test("two lessons are merged into one that knows the situations of both", async ({ page, club }) => {
  const goes = await club.lesson();
  const stays = await club.lesson(); // the newer one, which is listed first
  await open(page, goes);
  const form = await unfold(page, "Merge into another");
  await form.getByLabel("Pattern that stays").selectOption({ label: stays.title });
  await form.getByRole("button", { name: "Merge…" }).click();
  await asked(page, "Merge these two?");
  await expect(evidence(page, goes.title)).toContainText("Would be a part of the other one");
  await expect(evidence(page, stays.title)).toContainText("Situations 1 → 2");
  await sure(page, "Merge these two?", "Merge");
  await expect(said(page)).toContainText("Merged");
  await lasts(page, async () => {
    await expect(page.getByRole("heading", { name: stays.title, level: 1 })).toBeVisible();
    await expect(situations(page)).toHaveText([...stays.asked, ...goes.asked]);
    await expect(part(page, "What is done")).toContainText(stays.words);
    await expect(part(page, "What is done")).not.toContainText(goes.words);
  });
  await open(page, goes);
  await expect(page.getByText("its situations are part of")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Change it" })).toHaveCount(0);
  await page.getByRole("link", { name: "another pattern" }).click();
  await expect(page).toHaveURL(new RegExp(`memory/${stays.id}$`));
});

test("situations are split off a lesson into one of their own", async ({ page, club }) => {
  const l = await club.lesson(2);
  const [first, second] = l.asked;
  await open(page, l);
  await page.getByLabel(`Split off: ${second}`).check();
  const title = `Only ${second}`;
  await page.getByLabel("Name of the ticked ones").fill(title);
  await page.getByRole("button", { name: "Split the ticked off…" }).click();
  await asked(page, "Split these situations off?");
  await expect(evidence(page, title)).toContainText("Would be made");
  await expect(evidence(page, title)).toContainText("Situations 0 → 1");
  await expect(evidence(page, l.title)).toContainText("Situations 2 → 1");
  await sure(page, "Split these situations off?", "Split them off");
  await expect(said(page)).toContainText("Split off");
  await lasts(page, async () => {
    await expect(page.getByRole("heading", { name: title, level: 1 })).toBeVisible();
    await expect(situations(page)).toHaveText([second]);
    await expect(part(page, "What is done")).toContainText(l.words);
  });
  await open(page, l);
  await expect(situations(page)).toHaveText([first]);
});

test("a lesson that is corrected says the new words and begins a new record", async ({ page, club }) => {
  const l = await club.lesson();
  await open(page, l);
  await expect(part(page, "Outcomes").getByText("counts no more")).toHaveCount(0);
  const form = await unfold(page, "Correct what it says and does");
  await expect(form.getByLabel("Words to the member")).toHaveValue(l.words);
  const [title, words] = [`About ${l.title}`, "Hi {{member_first_name|there}}, it has moved to the bar."];
  await form.getByLabel("Title").fill(title);
  await form.getByLabel("Words to the member").fill(words);
  await form.getByRole("button", { name: "Save the correction…" }).click();
  await asked(page, "Correct what it says and does?");
  await expect(evidence(page, title)).toContainText("outcomes that count 1 → 0");
  await sure(page, "Correct what it says and does?", "Save the correction");
  await expect(said(page)).toContainText("Corrected");
  await lasts(page, async () => {
    await expect(page.getByRole("heading", { name: title, level: 1 })).toBeVisible();
    await expect(part(page, "What is done")).toContainText(words);
    await expect(part(page, "What is done")).not.toContainText(l.words);
    await expect(part(page, "Outcomes").getByText("counts no more")).toHaveCount(1);
    await expect(situations(page)).toHaveText(l.asked);
  });
});

test("words that cannot be filled in are refused with the reason, and nothing changes", async ({ page, club }) => {
  const l = await club.lesson();
  await open(page, l);
  const form = await unfold(page, "Correct what it says and does");
  await form.getByLabel("Words to the member").fill("The code is {{door_code}}.");
  await form.getByRole("button", { name: "Save the correction…" }).click();
  await expect(said(page)).toContainText("door_code");
  await lasts(page, () => expect(part(page, "What is done")).toContainText(l.words));
});

test("a lesson is retired and brought back", async ({ page, club }) => {
  const l = await club.lesson();
  await open(page, l);
  await (await unfold(page, "Retire")).getByRole("button", { name: "Retire it…" }).click();
  await asked(page, "Retire this pattern?");
  await expect(evidence(page, l.title)).toContainText("Would be retired");
  await sure(page, "Retire this pattern?", "Retire it");
  await expect(said(page)).toContainText("Retired");
  await lasts(page, async () => {
    await expect(badge(page)).toHaveText("Retired");
    await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
    await expect(page.locator("summary", { hasText: "Retire" })).toHaveCount(0);
  });
  await page.getByRole("button", { name: "Resume" }).click();
  await asked(page, "Resume this pattern?");
  await expect(evidence(page, l.title)).toContainText("Would no longer be retired");
  await sure(page, "Resume this pattern?", "Resume it");
  await expect(said(page)).toContainText("Resumed");
  await lasts(page, async () => {
    await expect(badge(page)).toHaveText("Quarantine");
    await expect(page.getByRole("button", { name: "Pause", exact: true })).toBeVisible();
    await expect(situations(page)).toHaveText(l.asked);
  });
});

test("a lesson is deleted only by who confirms it, and then is gone for good", async ({ page, club, guard }) => {
  guard.allow(/status of 404/);
  const l = await club.lesson();
  const ask = async () => {
    await open(page, l);
    const form = await unfold(page, "Delete for good");
    await form.getByLabel("Why?").fill("nobody asks for it");
    await form.getByRole("button", { name: "Delete it…" }).click();
    await asked(page, "Delete this pattern for good?");
    await expect(evidence(page, l.title)).toContainText("Would be deleted");
  };
  await ask();
  await page.getByRole("link", { name: "Leave it" }).click();
  await expect(situations(page)).toHaveText(l.asked);
  await ask();
  await sure(page, "Delete this pattern for good?", "Delete it for good");
  await expect(said(page)).toContainText("Deleted for good");
  await expect(page).toHaveURL(/memory$/);
  await lasts(page, () => expect(page.locator("tbody").getByText(l.title)).toHaveCount(0));
  expect((await page.goto(at(`memory/${l.id}`)))?.status()).toBe(404);
  await page.goto(at(`audit?kind=pattern&q=${l.id}`));
  const entry = page.locator("tbody tr").filter({ hasText: "pattern deleted" });
  await expect(entry).toContainText("Adam Admin");
  await expect(entry).toContainText("reason: nobody asks for it");
  await expect(entry).toContainText(`title: ${l.title}`);
});

test("one situation of a lesson is forgotten, the others stay", async ({ page, club }) => {
  const l = await club.lesson(2);
  const [first, second] = l.asked;
  await open(page, l);
  const row = part(page, "Situations").locator("li").filter({ hasText: second });
  await row.getByLabel(`Forget: ${second}`).click();
  await row.getByRole("button", { name: "Forget it…" }).click();
  await asked(page, "Forget this situation?");
  await expect(evidence(page, l.title)).toContainText("Situations 2 → 1 · outcomes that count 2 → 1");
  await sure(page, "Forget this situation?", "Forget it");
  await expect(said(page)).toContainText("Forgotten");
  await lasts(page, async () => {
    await expect(situations(page)).toHaveText([first]);
    await expect(part(page, "Outcomes").locator("tbody tr")).toHaveCount(1);
    await expect(page.locator(".pagehead")).toContainText("Decided so 1 time");
  });
});

test("a breaker is tripped by hand, stands on the memory page, and is closed there", async ({ page, club }) => {
  const l = await club.lesson();
  await open(page, l);
  const form = await unfold(page, "Trip its breaker");
  await form.getByLabel("Why?").fill("the counter was moved");
  await form.getByRole("button", { name: "Trip the breaker…" }).click();
  await asked(page, "Trip its breaker?");
  await expect(evidence(page, l.title)).toContainText("Would be stopped by its breaker");
  await sure(page, "Trip its breaker?", "Trip the breaker");
  await expect(said(page)).toContainText("Tripped");
  const breakers = part(page, "Breakers that have tripped");
  const mine = breakers.locator("li").filter({ hasText: l.title });
  await lasts(page, async () => {
    await expect(mine).toContainText("the counter was moved");
    await expect(mine).toContainText(/0 of \d+ good outcomes in a row/);
    await expect(page.locator("summary", { hasText: "Trip its breaker" })).toHaveCount(0);
  });

  await page.goto(at("memory"));
  await mine.locator("summary", { hasText: "Close" }).click();
  await mine.getByLabel("Why is it good again?").fill("it is back where it was");
  await mine.getByRole("button", { name: "Close the breaker…" }).click();
  await asked(page, "Close this breaker?");
  await expect(evidence(page, l.title)).toContainText("Would no longer be stopped by its breaker");
  await sure(page, "Close this breaker?", "Close the breaker");
  await expect(said(page)).toContainText("Closed");
  await lasts(page, () => expect(mine).toHaveCount(0));
  await open(page, l);
  await expect(breakers).toHaveCount(0);
  await expect(page.locator("summary", { hasText: "Trip its breaker" })).toBeVisible();
});
