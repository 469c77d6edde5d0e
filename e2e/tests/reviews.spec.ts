import { randomBytes } from "node:crypto";

import { check } from "../axe";
import { until, type Club } from "../club";
import { at, expect, openProposal, said, test } from "../fixtures";

type Waiting = { decision_id: string; thread_id: string };

/** A procedure of the test's own whose words may go out unasked; it returns what calls for it. */
async function safeProcedure(club: Club): Promise<string> {
  const word = randomBytes(6).toString("hex").replace(/\d/g, (d) => "ghijklmnop"[Number(d)]);
  await club.api("POST", "/sop-file", {
    sops: [{
      slug: `hours-${word}`, title: `The ${word} hours`, category: "information", scope: "global", status: "live",
      triggers: [`when is the ${word} open`, `what are the ${word} hours`, `is the ${word} open today`],
      steps: [{ reply: `The ${word} is open from seven.`, safe: true }],
    }],
  });
  return `when is the ${word} open`;
}

/** Has the machine answer a member by itself and waits until it is drawn for a review. */
async function drawn(club: Club, text: string): Promise<Waiting> {
  const m = await club.member();
  await club.text(m, text);
  const { id } = await club.thread(m);
  return until("a review", async () => (await club.api<{ items: Waiting[] }>("GET", "/reviews?limit=200")).items.find((r) => r.thread_id === id), 45_000);
}

test("what was done alone is reviewed by keys: wrong with a lesson, skipped, right", async ({ page, club }) => {
  test.slow(); // two answers, the first of them after a training
  await club.under({ "reviews.share": 1, "replies.auto_safe": true }, async () => {
    const text = await safeProcedure(club);
    const [wrong, right] = [await drawn(club, text), await drawn(club, text)];
    const before = async () => page.goto(at("reviews"));
    await before();
    await check(page);
    const card = page.locator("[data-review]");
    const to = async (id: string) => {
      for (let i = 0; i < 50 && (await card.getAttribute("data-review")) !== id; i++) {
        const shown = await card.getAttribute("data-review");
        await page.keyboard.press("s");
        await expect(card).not.toHaveAttribute("data-review", shown ?? "");
      }
      await expect(card).toHaveAttribute("data-review", id);
    };

    await to(wrong.decision_id);
    await expect(card).toContainText(text);
    await page.keyboard.press("x");
    await page.getByLabel("What was wrong?").selectOption({ label: "What it said was wrong" });
    await page.getByLabel("Or in your own words").fill("It is open from nine on weekends.");
    await check(page);
    await page.getByRole("button", { name: "It was wrong" }).click();
    await expect(said(page)).toContainText("learns from it");

    await before();
    await to(right.decision_id);
    await page.keyboard.press("a");
    await expect(said(page)).toContainText("Right");

    const answer = async (id: string) => (await club.api<{ review: { answer?: string; fault?: string } }>("GET", `/reviews/${id}`)).review;
    expect(await answer(wrong.decision_id)).toMatchObject({ answer: "wrong", fault: "words" });
    expect(await answer(right.decision_id)).toMatchObject({ answer: "right" });
  });
});

test("the results say what it would have done alone, by period and location", async ({ page, club }) => {
  await openProposal(page, club, await club.member());
  await page.locator("[data-proposal]").getByRole("button", { name: "Approve" }).first().click();
  await expect(said(page)).toContainText("Approved");
  await page.goto(at("results"));
  await expect(page.getByRole("heading", { name: "Automated" })).toBeVisible();
  await page.getByLabel("Period").selectOption({ label: "Last 7 days" });
  await expect(page).toHaveURL(/days=7/);
  await expect(page.locator("[data-would]")).toContainText("Would have executed");
  await page.locator("summary", { hasText: "By location" }).click();
  await expect(page.getByRole("table", { name: "By location" })).toBeVisible();
  await check(page);
});
